//! The shop that the examples order from.

use std::{fs, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Client, eventually, process::Process, programs::Program};

/// What the program says once it listens.
const LISTENING: &str = "listening on http://";

/// The shop's services, running. Their ledger outlives every host.
#[derive(Debug)]
pub struct Services {
    authority: String,
    _process: Process,
    _folder: TempDir,
}

impl Services {
    /// Starts them.
    ///
    /// # Panics
    /// If they do not start.
    pub async fn start() -> Self {
        let folder = TempDir::with_prefix("dalsegno-services-");
        let folder = folder.unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let mut command = Command::new(Program::DemoServices.path());
        command.args(["--listen", "127.0.0.1:0"]);
        let mut process = Process::start("services", &mut command, folder.path());
        let log = folder.path().join("services.log");
        let authority = eventually("the services listen", async || {
            let ended = process.has_ended();
            assert!(ended.is_none(), "the services ended instead of listening: {ended:?}");
            let text = fs::read_to_string(&log).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(LISTENING));
            // Whole only with its line break.
            line.filter(|_| text.ends_with('\n')).map(ToOwned::to_owned).ok_or(text)
        });
        let authority = authority.await;
        Self { authority, _process: process, _folder: folder }
    }

    /// `HOST:PORT`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The base of their addresses.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// All that they did: `{id, kind, key, request}` each.
    pub async fn effects(&self) -> Vec<Value> {
        let answer = Client::new(&self.url()).get("/ledger").await.json(200);
        answer["effects"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until they have done something more.
    pub async fn do_more(&self) {
        let before = self.effects().await.len();
        eventually("the host does something", async || {
            let done = self.effects().await.len();
            if done > before { Ok(()) } else { Err(format!("{done} effects, {before} before")) }
        })
        .await;
    }

    /// The kinds of what they did for an order, in order. Refunds and releases are found by what they undo.
    pub async fn kinds_of_order(&self, order: &str) -> Vec<String> {
        kinds_of_order(&self.effects().await, order)
    }
}

/// The kinds of effects that belong to an order, in order.
#[must_use]
pub fn kinds_of_order(effects: &[Value], order: &str) -> Vec<String> {
    let mut ids: Vec<&Value> = Vec::new();
    let mut kinds = Vec::new();
    for effect in effects {
        let request = &effect["request"];
        let of_order = request["order_id"] == order
            || request["subject"].as_str().is_some_and(|subject| subject.ends_with(&format!(" {order}")))
            || ids.iter().any(|id| **id == request["charge"] || **id == request["reservation"]);
        if of_order {
            ids.push(&effect["id"]);
            kinds.push(effect["kind"].as_str().unwrap_or_default().to_owned());
        }
    }
    kinds
}
