//! Runs of workflows, as a test talks to them.

use std::time::{Duration, Instant};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    client::Client,
    error::Error,
    failures::{self, duration},
};

/// How long the server waits at a time.
const WAIT: &str = "wait=2s";
/// How long a test waits for an end, in the time of the machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A workflow to be started.
#[derive(Debug)]
#[must_use = "it is not started yet"]
pub struct Start {
    client: Client,
    body: Value,
    input: Input,
}

/// A run of a workflow.
#[derive(Debug, Clone)]
pub struct Run {
    client: Client,
    workflow_id: String,
}

/// A signal to be sent.
#[derive(Debug)]
#[must_use = "it is not sent yet"]
pub struct Signal<'r>(Call<'r>);

/// A query to be asked.
#[derive(Debug)]
#[must_use = "it is not asked yet"]
pub struct Query<'r>(Call<'r>);

/// An update to be called.
#[derive(Debug)]
#[must_use = "it is not called yet"]
pub struct Update<'r>(Call<'r>);

/// What a handler of a run is called with.
#[derive(Debug)]
struct Call<'r> {
    run: &'r Run,
    kind: &'static str,
    name: String,
    input: Input,
}

/// Arguments, or why one has no JSON form.
#[derive(Debug, Default)]
struct Input {
    values: Vec<Value>,
    unfit: Option<String>,
}

impl Input {
    fn add<A: Serialize + ?Sized>(&mut self, argument: &A) {
        match serde_json::to_value(argument) {
            Ok(value) => self.values.push(value),
            Err(error) => self.unfit = Some(error.to_string()),
        }
    }

    fn into_values(self) -> Result<Vec<Value>, Error> {
        match self.unfit {
            None => Ok(self.values),
            Some(error) => Err(Error::Setup(format!("an argument has no JSON form: {error}"))),
        }
    }
}

impl Start {
    pub(super) fn new(client: Client, workflow_type: &str) -> Self {
        Self { client, body: json!({ "workflow_type": workflow_type }), input: Input::default() }
    }

    /// The workflow id; a new one if it is not given.
    pub fn id(mut self, workflow_id: &str) -> Self {
        self.body["workflow_id"] = workflow_id.into();
        self
    }

    /// Adds an argument.
    pub fn input<A: Serialize + ?Sized>(mut self, argument: &A) -> Self {
        self.input.add(argument);
        self
    }

    /// Limits the time of the run.
    pub fn run_timeout(mut self, limit: Duration) -> Self {
        self.body["run_timeout"] = duration(limit).into();
        self
    }

    /// Sets another field of the request, as the HTTP interface has it: `memo`, `search_attributes`, `retry_policy`.
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.body[name] = value.into();
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// The host refuses it.
    pub fn start(self) -> Result<Run, Error> {
        let Self { client, mut body, input } = self;
        body["input"] = input.into_values()?.into();
        let started = client.post(&Client::path(&["workflows"]), &body)?.body;
        let workflow_id = started["workflow_id"].as_str().unwrap_or_default().to_owned();
        Ok(Run { client, workflow_id })
    }

    /// Starts it, and waits for its result.
    ///
    /// # Errors
    /// As for [`Start::start`] and [`Run::result`].
    pub fn execute<R: DeserializeOwned>(self) -> Result<R, Error> {
        self.start()?.result()
    }
}

impl Run {
    /// Its workflow id.
    #[must_use]
    pub fn workflow_id(&self) -> &str {
        &self.workflow_id
    }

    /// Waits for the result, of the whole chain if it continues as new. Time is skipped meanwhile.
    ///
    /// # Errors
    /// [`Error::Closed`]: it ended without one. [`Error::Blocked`]: its code has a bug. [`Error::Unfinished`]: it
    /// waits for something that the test does not do.
    pub fn result<R: DeserializeOwned>(&self) -> Result<R, Error> {
        let begun = Instant::now();
        loop {
            let answer = self.client.get(&format!("{}?{WAIT}", self.path(&["result"])))?;
            if answer.status == 200 {
                return ended(&answer.body);
            }
            self.check_progress(begun)?;
        }
    }

    /// Refuses to wait for what does not come.
    fn check_progress(&self, begun: Instant) -> Result<(), Error> {
        let description = self.describe()?;
        if let Some(reason) = description["blocked"]["reason"].as_str() {
            return Err(Error::Blocked(reason.to_owned()));
        }
        if begun.elapsed() < PATIENCE {
            return Ok(());
        }
        let stack = self.query("__stack_trace").ask::<Value>().unwrap_or_default();
        let stack = stack.as_str().map_or_else(|| stack.to_string(), ToOwned::to_owned);
        Err(Error::Unfinished(format!(
            "the run of `{}` has not ended; it waits for: {stack}",
            self.workflow_id
        )))
    }

    /// A signal.
    pub fn signal(&self, name: &str) -> Signal<'_> {
        Signal(self.call("signals", name))
    }

    /// A query.
    pub fn query(&self, name: &str) -> Query<'_> {
        Query(self.call("queries", name))
    }

    /// An update.
    pub fn update(&self, name: &str) -> Update<'_> {
        Update(self.call("updates", name))
    }

    /// Asks it to stop; it may clean up.
    ///
    /// # Errors
    /// The host refuses it.
    pub fn cancel(&self) -> Result<(), Error> {
        self.client.post(&self.path(&["cancel"]), &json!({})).map(drop)
    }

    /// What the host knows of it, as the HTTP interface says it.
    ///
    /// # Errors
    /// The host refuses it.
    pub fn describe(&self) -> Result<Value, Error> {
        Ok(self.client.get(&self.path(&[]))?.body)
    }

    fn call(&self, kind: &'static str, name: &str) -> Call<'_> {
        Call { run: self, kind, name: name.to_owned(), input: Input::default() }
    }

    fn path(&self, parts: &[&str]) -> String {
        Client::path(&[&["workflows", &self.workflow_id], parts].concat())
    }
}

impl Call<'_> {
    fn post(self) -> Result<Value, Error> {
        let path = self.run.path(&[self.kind, &self.name]);
        let body = json!({ "input": self.input.into_values()? });
        Ok(self.run.client.post(&path, &body)?.body)
    }
}

impl Signal<'_> {
    /// Adds an argument.
    pub fn input<A: Serialize + ?Sized>(mut self, argument: &A) -> Self {
        self.0.input.add(argument);
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// The host refuses it.
    pub fn send(self) -> Result<(), Error> {
        self.0.post().map(drop)
    }
}

impl Query<'_> {
    /// Adds an argument.
    pub fn input<A: Serialize + ?Sized>(mut self, argument: &A) -> Self {
        self.0.input.add(argument);
        self
    }

    /// Asks it.
    ///
    /// # Errors
    /// The host refuses it, or the workflow's code does.
    pub fn ask<R: DeserializeOwned>(self) -> Result<R, Error> {
        decoded(&self.0.post()?["result"])
    }
}

impl Update<'_> {
    /// Adds an argument.
    pub fn input<A: Serialize + ?Sized>(mut self, argument: &A) -> Self {
        self.0.input.add(argument);
        self
    }

    /// Calls it, and waits for its result. Time is skipped meanwhile.
    ///
    /// # Errors
    /// [`Error::Update`]: its validator rejects it, or its handler fails. Or the host refuses it.
    pub fn call<R: DeserializeOwned>(self) -> Result<R, Error> {
        let (run, begun) = (self.0.run, Instant::now());
        let mut update = self.0.post()?;
        loop {
            match update["status"].as_str() {
                Some("accepted") => {}
                _ if update["failure"].is_object() => {
                    return Err(Error::Update(failures::read(&update["failure"])));
                }
                _ => return decoded(&update["result"]),
            }
            run.check_progress(begun)?;
            let id = update["update_id"].as_str().unwrap_or_default();
            update = run.client.get(&format!("{}?{WAIT}", run.path(&["updates", id])))?.body;
        }
    }
}

/// The result of a run that has ended.
fn ended<R: DeserializeOwned>(result: &Value) -> Result<R, Error> {
    match result["status"].as_str() {
        Some("completed") => decoded(&result["result"]),
        status => {
            let status = status.unwrap_or_default().to_owned();
            Err(Error::Closed { status, failure: failures::read(&result["failure"]) })
        }
    }
}

fn decoded<R: DeserializeOwned>(value: &Value) -> Result<R, Error> {
    R::deserialize(value).map_err(|error| Error::Setup(format!("the result does not fit: {error}: {value}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_run_is_a_result_or_a_failure() {
        assert_eq!(ended::<u8>(&json!({"status": "completed", "result": 7})).unwrap(), 7);
        assert!(ended::<()>(&json!({"status": "completed", "result": null})).is_ok());
        let failure =
            json!({"message": "no", "stack_trace": "", "kind": {"application": {"type": "Declined"}}});
        let error = ended::<u8>(&json!({"status": "failed", "failure": failure})).unwrap_err();
        assert_eq!(error.application_type(), Some("Declined"));
        assert_eq!(error.to_string(), "the run failed: [Declined] no");
    }
}
