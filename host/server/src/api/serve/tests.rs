use axum::{http::StatusCode, routing::get};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const REQUEST: &[u8] = b"GET /wait HTTP/1.1\r\nHost: here\r\n\r\n";

/// A router that answers when the host begins to stop.
fn waiting() -> Router {
    Router::new().route(
        "/wait",
        get(|draining: Draining| async move {
            draining.begun().await;
            StatusCode::ACCEPTED
        }),
    )
}

async fn started(
    router: Router,
) -> (std::net::SocketAddr, CancellationToken, tokio::task::JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound");
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, router, shutdown.clone()));
    (address, shutdown, serving)
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("it is text");
    text
}

#[tokio::test]
async fn a_stop_answers_what_is_under_way() {
    let (address, shutdown, serving) = started(waiting()).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(REQUEST).await.expect("it reads");
    let mut idle = TcpStream::connect(address).await.expect("it listens");
    // Both connections are known to be served once a third is answered.
    let mut third = TcpStream::connect(address).await.expect("it listens");
    third
        .write_all(b"GET /none HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        .await
        .expect("it reads");
    assert!(answer(&mut third).await.starts_with("HTTP/1.1 404"));
    shutdown.cancel();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 202"));
    assert_eq!(answer(&mut idle).await, "");
    serving.await.expect("it does not panic").expect("it ends well");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let (address, _shutdown, _serving) = started(waiting()).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let mut request = b"GET /wait HTTP/1.1\r\n".to_vec();
    request.extend((0..=HEADERS_MAX).flat_map(|number| format!("x-{number}: 1\r\n").into_bytes()));
    request.extend(b"\r\n");
    stream.write_all(&request).await.expect("it reads");
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_given_up() {
    let (address, _shutdown, _serving) = started(waiting()).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(b"GET /wait HTTP/1.1\r\nHost: ").await.expect("it reads");
    let begun = tokio::time::Instant::now();
    answer(&mut stream).await;
    assert!(begun.elapsed() >= HEAD_TIME_MAX);
}
