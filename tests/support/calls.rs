//! What a client asks of workflows beyond starts and signals.

use serde_json::{Value, json};

use crate::{Answer, Client};

impl Client {
    /// Calls an update handler, and waits for its outcome.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn try_update(&self, id: &str, name: &str, body: &Value) -> Answer {
        self.post(&format!("/workflows/{id}/updates/{name}?wait=60s"), body).await
    }

    /// The result of an update that is sure to be accepted and to succeed.
    ///
    /// # Panics
    /// If it is not.
    pub async fn update(&self, id: &str, name: &str, input: Value) -> Value {
        let updated = self.try_update(id, name, &json!({ "input": input })).await.json(200);
        assert_eq!(updated["status"], "completed", "{updated}");
        assert_eq!(updated["failure"], Value::Null, "{updated}");
        updated["result"].clone()
    }

    /// The failure of an update that is sure to be rejected.
    ///
    /// # Panics
    /// If it is not.
    pub async fn rejected(&self, id: &str, name: &str, input: Value) -> Value {
        let updated = self.try_update(id, name, &json!({ "input": input })).await.json(200);
        assert_eq!(updated["status"], "rejected", "{updated}");
        updated["failure"].clone()
    }

    /// Asks a workflow to cancel, which is sure to be open.
    ///
    /// # Panics
    /// If it is not.
    pub async fn cancel(&self, id: &str, reason: &str) {
        let _ = self.post(&format!("/workflows/{id}/cancel"), &json!({ "reason": reason })).await.json(202);
    }

    /// The status of a workflow.
    ///
    /// # Panics
    /// If there is no such workflow.
    pub async fn status(&self, id: &str) -> String {
        self.describe(id).await["status"].as_str().unwrap_or_default().to_owned()
    }

    /// How one run of a workflow stands.
    ///
    /// # Panics
    /// If there is no such run.
    pub async fn describe_run(&self, id: &str, run_id: &str) -> Value {
        self.read(&format!("/workflows/{id}?run_id={run_id}")).await.json(200)
    }

    /// The runs of a workflow, the first one first, found from the newest one backwards.
    ///
    /// # Panics
    /// If one of them is not there.
    pub async fn chain(&self, id: &str) -> Vec<Value> {
        let mut runs = vec![self.describe(id).await];
        while let Some(before) = runs[runs.len() - 1]["continued_run_id"].as_str() {
            let before = self.describe_run(id, before).await;
            runs.push(before);
        }
        runs.reverse();
        runs
    }

    /// The attributes of each event of this type in a workflow's newest run.
    ///
    /// # Panics
    /// If there is no history.
    pub async fn events_of(&self, id: &str, name: &str) -> Vec<Value> {
        let events = self.events(id).await;
        events
            .into_iter()
            .filter(|event| event["type"] == name)
            .map(|event| event["attributes"].clone())
            .collect()
    }

    /// A figure of the host's metrics: all its labels together.
    ///
    /// # Panics
    /// If there is none of this name.
    pub async fn metric(&self, name: &str) -> f64 {
        let figures = self.get("/metrics").await.text;
        let of_line = |line: &str| {
            let rest = line.strip_prefix(name)?;
            let is_whole = rest.starts_with('{') || rest.starts_with(' ');
            if is_whole { rest.rsplit(' ').next()?.parse::<f64>().ok() } else { None }
        };
        let found: Vec<f64> = figures.lines().filter_map(of_line).collect();
        assert!(!found.is_empty(), "{name} is not among {figures}");
        found.iter().sum()
    }
}
