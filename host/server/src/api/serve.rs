//! Serving connections, within limits of time and number, until told to stop.

mod patience;

use std::{
    convert::Infallible,
    io,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{FromRequestParts, Request},
    http::request::Parts,
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use patience::Patience;

/// Connections at the same time; the next ones wait to be accepted.
const CONNECTIONS_MAX: usize = 16_384;
/// For the head of a request, and for the next request of a connection that is kept.
const HEAD_TIME_MAX: Duration = Duration::from_secs(75);
/// Headers of a request.
const HEADERS_MAX: usize = 100;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// How long a client may take no byte of an answer.
const WRITE_IDLE_MAX: Duration = Duration::from_secs(30);
/// How long a stop waits for answers under way.
pub const DRAIN_MAX: Duration = Duration::from_secs(8);
/// The wait after a connection could not be accepted.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Says when the host has begun to stop, so that long waits end early.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draining(Option<CancellationToken>);

impl Draining {
    /// Comes back once the host has begun to stop.
    pub(crate) async fn begun(&self) {
        match &self.0 {
            Some(token) => token.cancelled().await,
            None => std::future::pending().await,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Draining {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// Serves until `shutdown`, then answers what is under way, for [`DRAIN_MAX`] at most.
///
/// # Errors
/// The listener has no address.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening");
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepting = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            () = shutdown.cancelled() => break,
            (place, Ok((stream, _))) = accepting => (place, stream),
            else => {
                // The machine is out of descriptors, or the client is gone already.
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            }
        };
        let connection = connection(stream, router.clone(), Draining(Some(shutdown.clone())));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests had no answer when the time for stopping was up");
    }
    Ok(())
}

type Connection = http1::Connection<TokioIo<Patience<TcpStream>>, HyperService>;

/// The router, as the connection calls it.
type HyperService = TowerToHyperService<RequestService>;
type RequestService = tower::util::MapRequest<Router, WithDraining>;

/// Hands the token to the handlers, with each request.
#[derive(Clone)]
struct WithDraining(Draining);
