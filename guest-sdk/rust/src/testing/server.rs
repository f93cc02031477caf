//! The server of a test.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    activities::StandIns,
    client::{Client, escaped},
    component,
    error::Error,
    failures::duration,
    run::Start,
};
use crate::Failure;

/// A host of its own for a test, which ends with it. Several do not disturb each other.
pub struct TestServer {
    client: Client,
    stand_ins: StandIns,
    process: Child,
}

impl TestServer {
    /// Builds the crate whose tests run as a component, and starts a server with it.
    ///
    /// # Errors
    /// [`Error::Setup`]: the program is not found, or the crate cannot be built.
    pub fn start() -> Result<Self, Error> {
        Self::start_with([component::of_this_crate()?])
    }

    /// Starts a server with components that are built.
    ///
    /// # Errors
    /// [`Error::Setup`]: the program is not found, or refuses a component.
    pub fn start_with(components: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<Self, Error> {
        let mut command = Command::new(component::program()?);
        command.args(["test-server", "--stdin-lifeline"]);
        for component in components {
            command.args([OsStr::new("--module"), component.as_ref().as_os_str()]);
        }
        // Its stdin stays open as long as this program lives, however that ends.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| setup("dalsegno cannot be started", &error))?;
        let address = match address(&mut process) {
            Ok(address) => address,
            Err(error) => {
                end(&mut process);
                return Err(error);
            }
        };
        let (client, stand_ins) = (Client::new(address), StandIns::default());
        let served = (client.clone(), stand_ins.clone());
        thread::spawn(move || served.1.serve(&served.0));
        Ok(Self { client, stand_ins, process })
    }

    /// Uploads another component; new runs of its workflow types use it.
    ///
    /// # Errors
    /// The file cannot be read, or the host refuses it.
    pub fn upload(&self, component: impl AsRef<Path>) -> Result<(), Error> {
        let component = component.as_ref();
        let bytes = std::fs::read(component)
            .map_err(|error| setup(&format!("{} cannot be read", component.display()), &error))?;
        self.client.post_module(&bytes).map(drop)
    }

    /// Calls this instead of an activity. Its argument is the activity's, a tuple of several, or `()`; no time passes
    /// for the workflow until it returns.
    pub fn activity<A, R, F>(&self, activity_type: &str, function: F)
    where
        A: DeserializeOwned + 'static,
        R: Serialize + 'static,
        F: Fn(A) -> Result<R, Failure> + Send + Sync + 'static,
    {
        self.stand_ins.put(activity_type, function);
    }

    /// Ends the attempts of an activity as the value says, from now on, in the server itself: `{"result": …}`,
    /// `{"failure": {"type": …, "message": …}}`, `{"timeout": "start_to_close"}`, or a `sequence` of these.
    ///
    /// # Errors
    /// The value is of another form.
    pub fn answer(&self, activity_type: &str, answer: &Value) -> Result<(), Error> {
        self.client.put(&format!("/test/v1/activities/{}", escaped(activity_type)), answer).map(drop)
    }

    /// A workflow to be started.
    pub fn workflow(&self, workflow_type: &str) -> Start {
        Start::new(self.client.clone(), workflow_type)
    }

    /// Skips time, with all that happens meanwhile.
    ///
    /// # Errors
    /// [`Error::Unfinished`]: something is under way that does not end.
    pub fn advance(&self, time: Duration) -> Result<(), Error> {
        let answer = self.client.post("/test/v1/time/sleep", &json!({"duration": duration(time)}))?;
        match answer.status {
            200 => Ok(()),
            _ => Err(Error::Unfinished(format!(
                "no time can be skipped: {} things are under way, and do not end",
                answer.body["under_way"]
            ))),
        }
    }

    /// The time of the workflows, in the form of RFC 3339.
    ///
    /// # Errors
    /// The server is gone.
    pub fn now(&self) -> Result<String, Error> {
        let time = self.client.get("/test/v1/time")?.body;
        Ok(time["now"].as_str().unwrap_or_default().to_owned())
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// Nothing of it is kept, so it need not stop gracefully.
fn end(process: &mut Child) {
    // It may have ended by itself.
    let _ = process.kill();
    let _ = process.wait();
}

/// What the server says once it is ready.
fn address(process: &mut Child) -> Result<String, Error> {
    let mut line = String::new();
    if let Some(stdout) = process.stdout.take() {
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(|error| setup("dalsegno says nothing", &error))?;
    }
    let told: Option<Value> = serde_json::from_str(&line).ok();
    let address = told.as_ref().and_then(|told| told["address"].as_str());
    address.map(ToOwned::to_owned).ok_or_else(|| {
        Error::Setup("`dalsegno test-server` has not started; what it says stands above".to_owned())
    })
}

fn setup(what: &str, error: &std::io::Error) -> Error {
    Error::Setup(format!("{what}: {error}"))
}
