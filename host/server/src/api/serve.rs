//! Serving connections, within limits of time and number, until told to stop.

mod patience;

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::FromRequestParts, http::request::Parts};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use patience::Patience;

/// Connections at the same time; the next ones wait to be accepted.
const CONNECTIONS_MAX: usize = 16_384;
/// For the head of a request, and for the next request of a connection that is kept.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);
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
    let connections = Connections {
        router,
        draining: Draining(Some(shutdown.clone())),
        given_up: CancellationToken::new(),
    };
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => connections.spawn(stream, place, graceful.watcher()),
            Err(error) => {
                // The machine is out of descriptors, or the client is gone already.
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests had no answer when the time for stopping was up");
    }
    connections.given_up.cancel();
    Ok(())
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Answers are small and written at once: waiting for more to send would only delay them.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

/// What all connections share.
struct Connections {
    router: Router,
    draining: Draining,
    /// Those that are still there are dropped.
    given_up: CancellationToken,
}

impl Connections {
    fn spawn(&self, stream: TcpStream, place: OwnedSemaphorePermit, watcher: Watcher) {
        let (router, draining) = (self.router.clone(), self.draining.clone());
        let given_up = self.given_up.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(draining.clone());
            router.clone().oneshot(request)
        });
        let stream = TokioIo::new(Patience::new(stream, WRITE_IDLE_MAX));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME_MAX)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(stream, service);
        let connection = watcher.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                ended = connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection broke off");
                    }
                }
                () = given_up.cancelled() => {}
            }
        });
    }
}

#[cfg(test)]
mod tests;
