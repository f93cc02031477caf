//! Asking a host.

use std::{net::IpAddr, time::Duration};

use reqwest::{Method, Response, Url, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    args::Global,
    error::{CliError, Problem},
    output,
    retry::Patience,
};

/// For a connection to be made.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// For an answer, beside what the host is asked to wait.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// A host, and the namespace within it.
pub(crate) struct Client {
    http: reqwest::Client,
    address: String,
    namespace: Url,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    url: Url,
    body: Option<(&'static str, Vec<u8>)>,
    time_max: Duration,
    repeatable: bool,
    last_event: Option<u64>,
}

/// What the host says.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status, of success.
    pub(crate) status: u16,
    text: String,
}

impl Client {
    /// For what the user named.
    pub(crate) fn new(global: &Global) -> Result<Self, CliError> {
        let address = global.address.trim_end_matches('/').to_owned();
        let url = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(mut namespace) = url.filter(Url::has_host) else {
            return Err(CliError::usage(format!(
                "`{address}` is no address of a host, which begins with http:// or https://, like \
                 http://127.0.0.1:7400"
            )));
        };
        let mut http = reqwest::Client::builder().connect_timeout(CONNECT_TIME_MAX);
        if is_loopback(&namespace) {
            http = http.no_proxy();
        }
        extend(&mut namespace, &["api", "v1", "namespaces", &global.namespace]);
        let http = http.build().map_err(|error| CliError::Other(error.into()))?;
        Ok(Self { http, address, namespace })
    }

    /// Reads something; the path is below the namespace, its parts unescaped.
    pub(crate) fn get(&self, path: &[&str]) -> Call {
        self.call(Method::GET, path, None)
    }

    /// Does something that can be done again without harm.
    pub(crate) fn post(&self, path: &[&str], body: &impl Serialize) -> Result<Call, CliError> {
        let body = serde_json::to_vec(body).map_err(|error| CliError::Other(error.into()))?;
        Ok(self.call(Method::POST, path, Some(("application/json", body))))
    }

    /// Sends a module.
    pub(crate) fn post_module(&self, path: &[&str], bytes: Vec<u8>) -> Call {
        self.call(Method::POST, path, Some(("application/wasm", bytes)))
    }

    fn call(&self, method: Method, path: &[&str], body: Option<(&'static str, Vec<u8>)>) -> Call {
        let mut url = self.namespace.clone();
        extend(&mut url, path);
        Call { method, url, body, time_max: ANSWER_TIME_MAX, repeatable: true, last_event: None }
    }

    /// Asks, again if the host says that it cannot answer at the moment.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, CliError> {
        let mut patience = Patience::default();
        let mut told = false;
        loop {
            let error = match self.send_once(call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = patience.wait_for(&error, call.repeatable) else { return Err(error) };
            if let (CliError::Refused(problem), false) = (&error, told) {
                output::note(&format!("{}; trying again", problem.detail));
                told = true;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Asks once.
    pub(crate) async fn send_once(&self, call: &Call) -> Result<Answer, CliError> {
        let response = self.begin(call, "application/json", Some(call.time_max)).await?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(|error| self.lost(&error))?;
        Ok(Answer { status, text })
    }

    /// Begins an event stream.
    pub(crate) async fn stream(&self, call: &Call) -> Result<Response, CliError> {
        self.begin(call, "text/event-stream", None).await
    }

    async fn begin(
        &self,
        call: &Call,
        accept: &str,
        time_max: Option<Duration>,
    ) -> Result<Response, CliError> {
        let request = self.http.request(call.method.clone(), call.url.clone());
        let mut request = request.header(header::ACCEPT, accept);
        if let Some(last) = call.last_event {
            request = request.header("last-event-id", last);
        }
        if let Some((content_type, body)) = &call.body {
            request = request.header(header::CONTENT_TYPE, *content_type).body(body.clone());
        }
        if let Some(time_max) = time_max {
            request = request.timeout(time_max);
        }
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(|error| self.lost(&error))?;
        Err(CliError::Refused(Box::new(Problem::read(status, &body))))
    }

    /// What to say of a failed connection.
    pub(crate) fn lost(&self, error: &reqwest::Error) -> CliError {
        let address = self.address.clone();
        let problem = if error.is_timeout() { "no answer in time".to_owned() } else { innermost(error) };
        if error.is_connect() {
            CliError::Unreachable { address, problem }
        } else {
            CliError::Lost { address, problem }
        }
    }
}

impl Call {
    /// With a parameter, unless there is no value.
    pub(crate) fn with(mut self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        if let Some(value) = value {
            self.url.query_pairs_mut().append_pair(name, value.as_ref());
        }
        self
    }

    /// The host is asked to wait so long.
    pub(crate) fn waiting(mut self, wait: Duration) -> Self {
        self.time_max = wait + ANSWER_TIME_MAX;
        self.with("wait", Some(format!("{}s", wait.as_secs())))
    }

    /// An event stream goes on after the event with this number.
    pub(crate) fn after_event(mut self, last: Option<u64>) -> Self {
        self.last_event = last;
        self
    }

    /// Doing it twice is not the same as once.
    pub(crate) fn not_repeatable(mut self) -> Self {
        self.repeatable = false;
        self
    }
}

impl Answer {
    /// As it came.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// As JSON of this form.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, CliError> {
        serde_json::from_str(&self.text).map_err(|error| {
            let problem = format!("the host's answer is not understood: {error}; is it of another version?");
            CliError::Failed(problem)
        })
    }
}

fn extend(url: &mut Url, path: &[&str]) {
    // Only an address that cannot have a path has none, and it was refused before.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The last cause, which says most.
fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use crate::args::Form;

    use super::*;

    fn client(address: &str) -> Result<Client, CliError> {
        let (address, namespace) = (address.to_owned(), "default".to_owned());
        Client::new(&Global { address, namespace, output: Form::Text })
    }

    #[test]
    fn ids_are_escaped_in_paths() {
        let client = client("http://127.0.0.1:7400/").expect("an address");
        let call = client.get(&["workflows", "a/b %2F?#ü", "history"]).with("run_id", None::<&str>);
        let path = "/api/v1/namespaces/default/workflows/a%2Fb%20%252F%3F%23%C3%BC/history";
        assert_eq!(call.url.as_str(), format!("http://127.0.0.1:7400{path}"));
        assert!(client.get(&["workflows:count"]).url.as_str().ends_with("/workflows:count"));
    }

    #[test]
    fn an_address_may_have_a_path() {
        let client = client("https://example.com/flows").expect("an address");
        let url = client.get(&["modules"]).with("wait", Some("1 s")).url;
        assert_eq!(url.as_str(), "https://example.com/flows/api/v1/namespaces/default/modules?wait=1+s");
    }

    #[test]
    fn what_is_no_address_is_wrong_usage() {
        for address in ["127.0.0.1:7400", "localhost:7400", "", "ftp://example.com", "http://"] {
            assert!(matches!(client(address), Err(CliError::Usage(_))), "{address}");
        }
    }

    #[test]
    fn loopback_is_known() {
        for (address, expected) in [
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://localhost", true),
            ("http://a.b", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(address).expect("an address")), expected, "{address}");
        }
    }
}
