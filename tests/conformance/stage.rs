//! Where a scenario is played: a host that the scenarios of a language share, and what the scenario asks of it.

use std::collections::BTreeMap;

use dalsegno_tests::{Answer, Backend, Client, Host, Settings, eventually, programs::Program};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::languages::Language;

/// How guests live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They stay in memory, and the histories on SQLite.
    Resident,
    /// They are dropped after each activation, and replayed before the next. The histories are on Postgres.
    Evicted,
}

/// A scenario's view of its host.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) client: Client,
    /// The scenario's name, and the id of its workflow.
    pub(crate) id: String,
    /// What it asked, and what it was told.
    pub(crate) told: Vec<(String, Value)>,
    /// Workflows that are part of it beside its own.
    others: Vec<String>,
    /// Whether payloads hold what was drawn by lot.
    pub(crate) draws: bool,
}

/// The host of a language and mode, with its module.
async fn host(language: Language, mode: Mode) -> &'static Host {
    static HOSTS: [[OnceCell<Host>; 2]; Language::ALL.len()] =
        [const { [const { OnceCell::const_new() }; 2] }; Language::ALL.len()];
    let place = &HOSTS[language as usize][mode as usize];
    place.get_or_init(async || begin(language, mode).await).await
}

/// Starts a host for a language, with its module.
pub(crate) async fn begin(language: Language, mode: Mode) -> Host {
    let settings = Settings::default().program(Program::TestHost).command("silent", "cat >/dev/null");
    let (backend, settings) = match mode {
        Mode::Resident => (Backend::Sqlite, settings),
        Mode::Evicted => (Backend::Postgres, settings.set("resident_bytes_max", "1")),
    };
    let host = Host::with(backend, settings).await;
    host.client().upload(language.component()).await;
    host
}

impl Stage {
    /// Prepares for a scenario.
    pub(crate) async fn set(language: Language, mode: Mode, name: &str) -> Self {
        let client = host(language, mode).await.client();
        Self { client, id: name.to_owned(), told: Vec::new(), others: Vec::new(), draws: false }
    }

    /// Starts the workflow of the scenario's own name.
    pub(crate) async fn begin(&self, input: Value) {
        self.begin_type(&self.id, input).await;
    }

    /// Starts a workflow of another name as the scenario's own.
    pub(crate) async fn begin_type(&self, workflow_type: &str, input: Value) {
        self.client.begin(workflow_type, &self.id, input).await;
    }

    /// Says that another workflow is part of the scenario.
    pub(crate) fn joined_by(&mut self, id: &str) {
        self.others.push(id.to_owned());
    }

    /// The id of the workflow's only child, which is part of the scenario.
    pub(crate) fn child(&mut self) -> String {
        let id = format!("{}-child", self.id);
        self.joined_by(&id);
        id
    }

    /// Sends the workflow a signal.
    pub(crate) async fn signal(&self, name: &str, input: Value) {
        self.client.signal(&self.id, name, input).await;
    }

    /// Notes an answer.
    pub(crate) fn tell(&mut self, what: &str, answer: Value) {
        self.told.push((what.to_owned(), answer));
    }

    /// Asks something, and notes the answer.
    pub(crate) async fn ask(&mut self, query: &str, input: Value) {
        let path = format!("/workflows/{}/queries/{query}?payloads=raw", self.id);
        let answer = self.client.post(&path, &json!({ "input": input })).await;
        self.note(&format!("query {query}"), &answer, &["result"]);
    }

    /// Calls an update's handler, and notes the outcome.
    pub(crate) async fn update(&mut self, name: &str, input: Value) {
        let number = self.told.len();
        let path = format!("/workflows/{}/updates/{name}?wait=60s&payloads=raw", self.id);
        let body = json!({ "input": input, "update_id": format!("{name}-{number}") });
        let answer = self.client.post(&path, &body).await;
        self.note(&format!("update {name}"), &answer, &["status", "result", "failure"]);
    }

    /// Notes these parts of an answer, or the code of a refusal.
    pub(crate) fn note(&mut self, what: &str, answer: &Answer, parts: &[&str]) {
        let value = answer.value();
        let parts = if answer.status < 300 { parts } else { &["status", "code", "failure"] };
        let told: BTreeMap<&str, &Value> = parts.iter().map(|part| (*part, &value[*part])).collect();
        self.tell(what, json!(told));
    }

    /// Waits until a query is answered in this way.
    pub(crate) async fn until(&self, query: &str, answer: Value) {
        eventually(query, async || {
            let told = self.client.query(&self.id, query).await;
            if told == answer { Ok(()) } else { Err(told) }
        })
        .await;
    }

    /// Waits until the workflow's newest run has so many events of a type.
    pub(crate) async fn until_events(&self, name: &str, number: usize) {
        self.until_events_of(&self.id, name, number).await;
    }

    /// The same of another workflow.
    pub(crate) async fn until_events_of(&self, id: &str, name: &str, number: usize) {
        eventually(&format!("{id} has {number} events {name}"), async || {
            let path = format!("/workflows/{id}/history?page_size=1000");
            let answer = self.client.read(&path).await;
            let events = if answer.status == 200 { answer.value()["events"].clone() } else { json!([]) };
            let found = events.as_array().into_iter().flatten().filter(|event| event["type"] == name).count();
            if found >= number { Ok(()) } else { Err(events) }
        })
        .await;
    }

    /// Asks the workflow to cancel.
    pub(crate) async fn cancel(&self) {
        self.client.cancel(&self.id, "enough").await;
    }

    /// The histories of all runs of the scenario, once they have ended: of each workflow the first run first.
    pub(crate) async fn histories(&self) -> Vec<Value> {
        let mut histories = Vec::new();
        for id in std::iter::once(&self.id).chain(&self.others) {
            self.client.ended(id).await;
            for run in self.client.chain(id).await {
                let run_id = run["run_id"].as_str().unwrap_or_default();
                let path = format!("/workflows/{id}/history?run_id={run_id}&page_size=1000&payloads=raw");
                histories.push(self.client.read(&path).await.json(200));
            }
        }
        histories
    }
}
