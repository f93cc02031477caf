//! What every request goes through, whatever it asks for.

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;

use super::problem::{self, Problem};
use crate::service::ErrorCode;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Puts everything around the calls that is the same for all.
pub(crate) fn front(routes: Router) -> Router {
    routes
        .fallback(nothing_there)
        .method_not_allowed_fallback(other_method)
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn(around))
}

async fn nothing_there(uri: Uri) -> Problem {
    Problem::new(ErrorCode::AddressNotFound, format!("there is nothing at {}", uri.path()))
}

async fn other_method(method: Method, uri: Uri) -> Problem {
    Problem::new(ErrorCode::MethodNotAllowed, format!("{} does not take {method}", uri.path()))
}

async fn around(request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let mut response = if is_cross_site(&method, request.headers()) {
        let detail = "the request comes from a page of another site";
        Problem::new(ErrorCode::CrossSiteRefused, detail).into_response()
    } else {
        next.run(request).await
    };
    // A feature that is not there is no trouble of the host.
    if response.status().is_server_error() && response.status() != StatusCode::NOT_IMPLEMENTED {
        tracing::warn!(%method, path = uri.path(), status = response.status().as_u16(), "a request was not answered well");
    }
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a browser makes the request for a page that this host does not serve.
///
/// Without credentials, everybody who reaches the host may use it, and a browser on the same machine reaches it for
/// whatever page it shows. Browsers tell, and pages cannot prevent that.
fn is_cross_site(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        // What they answer stays unreadable to other sites, since nothing allows them to.
        return false;
    }
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let authority = origin.to_str().ok().and_then(|origin| Some(origin.split_once("://")?.1));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    authority.is_none() || authority != host
}

#[cfg(test)]
mod tests;
