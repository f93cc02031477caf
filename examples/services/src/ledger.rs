//! What the services do and did: pure, so that its rules are tested without a network.
//!
//! Invariant: a key acts once. Every later request with it gets the first answer.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// A kind of effect, each with a path of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Charge,
    BackupCharge,
    Refund,
    Reservation,
    Release,
    Cleanup,
    Shipment,
    Insurance,
    Email,
    Account,
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Charge,
        Self::BackupCharge,
        Self::Refund,
        Self::Reservation,
        Self::Release,
        Self::Cleanup,
        Self::Shipment,
        Self::Insurance,
        Self::Email,
        Self::Account,
    ];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Charge => "/payments/charges",
            Self::BackupCharge => "/backup-payments/charges",
            Self::Refund => "/payments/refunds",
            Self::Reservation => "/inventory/reservations",
            Self::Release => "/inventory/releases",
            Self::Cleanup => "/inventory/cleanups",
            Self::Shipment => "/shipping/shipments",
            Self::Insurance => "/shipping/insurances",
            Self::Email => "/notifications/emails",
            Self::Account => "/accounts",
        }
    }

    /// Why the service refuses for good, with its status.
    fn refusal(self, body: &Value) -> Option<(u16, &'static str)> {
        let has_item = |sku: &str| {
            body["items"].as_array().is_some_and(|items| items.iter().any(|item| item["sku"] == sku))
        };
        match self {
            Self::Charge | Self::BackupCharge if body["card"] == "declined" => {
                Some((402, "the card was declined"))
            }
            Self::Reservation if has_item("out-of-stock") => Some((409, "an item is out of stock")),
            Self::Shipment if body["address"] == "unreachable" => Some((422, "nobody ships there")),
            _ => None,
        }
    }
}

/// A request.
pub(crate) struct Ask {
    pub(crate) kind: Kind,
    pub(crate) key: String,
    /// `flaky: n` lets the first n tries of the key fail.
    pub(crate) body: Value,
}

/// What the caller gets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Effect {
    id: String,
    kind: Kind,
    key: String,
    request: Value,
}

/// All that was done and answered.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    effects: Vec<Effect>,
    answers: BTreeMap<String, Answer>,
    tries: BTreeMap<String, u64>,
    made: BTreeMap<Kind, u64>,
    /// How often each job was asked for.
    jobs: BTreeMap<String, u64>,
}

/// What a sku costs, in cents.
pub(crate) fn price(sku: &str) -> Answer {
    let cents = match sku {
        "pen" => 199,
        "lamp" => 1_999,
        "desk" => 24_900,
        _ => return Answer { status: 404, body: json!({ "error": "it has no price" }) },
    };
    Answer { status: 200, body: json!({ "sku": sku, "cents": cents }) }
}

impl Ledger {
    /// Whether a job is ready, which it is when it was asked for so many times before.
    pub(crate) fn ask_for_job(&mut self, name: &str, ready_after: u64) -> Answer {
        let asked = self.jobs.entry(name.to_owned()).or_default();
        *asked += 1;
        if *asked <= ready_after {
            return Answer { status: 503, body: json!({ "error": "it is not ready" }) };
        }
        Answer { status: 200, body: json!({ "job": name, "asked": asked }) }
    }

    pub(crate) fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Acts, unless the key has acted before.
    pub(crate) fn answer(&mut self, ask: Ask) -> Answer {
        if let Some(answer) = self.answers.get(&ask.key) {
            return answer.clone();
        }
        let tries = self.tries.entry(ask.key.clone()).or_default();
        *tries += 1;
        if *tries <= ask.body["flaky"].as_u64().unwrap_or(0) {
            return Answer { status: 503, body: json!({ "error": "flaky: try again" }) };
        }
        let answer = match ask.kind.refusal(&ask.body) {
            Some((status, error)) => Answer { status, body: json!({ "error": error }) },
            None => self.act(&ask),
        };
        self.answers.insert(ask.key, answer.clone());
        answer
    }

    fn act(&mut self, ask: &Ask) -> Answer {
        let number = self.made.entry(ask.kind).or_default();
        *number += 1;
        let id = format!("{}-{number}", json!(ask.kind).as_str().unwrap_or_default());
        let effect =
            Effect { id: id.clone(), kind: ask.kind, key: ask.key.clone(), request: ask.body.clone() };
        self.effects.push(effect);
        Answer { status: 201, body: json!({ "id": id }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(ledger: &mut Ledger, kind: Kind, key: &str, body: Value) -> Answer {
        ledger.answer(Ask { kind, key: key.to_owned(), body })
    }

    #[test]
    fn a_repeated_key_gets_the_first_answer_and_acts_once() {
        let mut ledger = Ledger::default();
        let first = ask(&mut ledger, Kind::Charge, "k", json!({ "cents": 5 }));
        let second = ask(&mut ledger, Kind::Charge, "k", json!({ "cents": 5 }));
        assert_eq!(first, Answer { status: 201, body: json!({ "id": "charge-1" }) });
        assert_eq!(first, second);
        assert_eq!(ledger.effects().len(), 1);
    }

    #[test]
    fn a_flaky_request_works_after_its_failures() {
        let mut ledger = Ledger::default();
        let statuses = [(); 4].map(|()| ask(&mut ledger, Kind::Email, "k", json!({ "flaky": 2 })).status);
        assert_eq!(statuses, [503, 503, 201, 201]);
        assert_eq!(ledger.effects().len(), 1);
    }

    #[test]
    fn a_refusal_is_final_and_leaves_no_effect() {
        let mut ledger = Ledger::default();
        assert_eq!(ask(&mut ledger, Kind::Charge, "a", json!({ "card": "declined" })).status, 402);
        assert_eq!(ask(&mut ledger, Kind::Charge, "a", json!({ "card": "good" })).status, 402);
        let items = json!({ "items": [{ "sku": "pen" }, { "sku": "out-of-stock" }] });
        assert_eq!(ask(&mut ledger, Kind::Reservation, "b", items).status, 409);
        assert_eq!(ask(&mut ledger, Kind::Shipment, "c", json!({ "address": "unreachable" })).status, 422);
        assert!(ledger.effects().is_empty());
    }

    #[test]
    fn a_job_is_ready_after_it_was_asked_for() {
        let mut ledger = Ledger::default();
        let answers = [(); 3].map(|()| ledger.ask_for_job("report", 2));
        assert_eq!(answers.each_ref().map(|answer| answer.status), [503, 503, 200]);
        assert_eq!(answers[2].body, json!({ "job": "report", "asked": 3 }));
        assert_eq!(ledger.ask_for_job("other", 0).status, 200);
    }

    #[test]
    fn the_second_payment_provider_has_ids_of_its_own() {
        let mut ledger = Ledger::default();
        let first = ask(&mut ledger, Kind::BackupCharge, "k", json!({}));
        assert_eq!(first.body, json!({ "id": "backup_charge-1" }));
    }
}
