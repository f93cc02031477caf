//! A host that writes down what it is asked.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use crate::{
    Failure, Payload,
    bindings::dalsegno::workflow::types::Failure as ContractFailure,
    host::{
        ActivityOptions, Changes, Child, ChildOptions, ContinueAsNewOptions, Host, Level,
        LocalActivityOptions, Operation, RunInfo, SignalOptions, Target, TimerOptions,
    },
};

/// What was written down, and how the host is to behave.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) calls: RefCell<Vec<String>>,
    pub(super) log: RefCell<Vec<String>>,
    operations: Cell<Operation>,
    /// Whether cancelling an activity or a child waits for its end.
    pub(super) cancel_waits: Cell<bool>,
    pub(super) call_sites: Cell<bool>,
    /// The ids that runs of this age have not passed with their patch.
    pub(super) unpatched: RefCell<BTreeSet<String>>,
    /// What travelled with the start.
    pub(super) headers: RefCell<Vec<(String, Payload)>>,
    /// The options of the last call of each kind.
    pub(super) activity: RefCell<Option<ActivityOptions>>,
    pub(super) local_activity: RefCell<Option<LocalActivityOptions>>,
    pub(super) child: RefCell<Option<ChildOptions>>,
    pub(super) signal: RefCell<Option<(Target, SignalOptions)>>,
    pub(super) successor: RefCell<Option<ContinueAsNewOptions>>,
}

pub(super) struct Recorder(pub(super) Rc<Notes>);

impl Recorder {
    fn note(&self, call: String) {
        self.0.calls.borrow_mut().push(call);
    }

    fn next(&self) -> Operation {
        self.0.operations.set(self.0.operations.get() + 1);
        self.0.operations.get()
    }

    fn changes(&self, what: &str, changes: &Changes) {
        let changes = changes.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={}", text(std::slice::from_ref(value))),
            None => format!("no {name}"),
        });
        self.note(format!("{what} {}", changes.collect::<Vec<_>>().join(", ")));
    }
}

fn text(payloads: &[Payload]) -> String {
    let texts = payloads.iter().map(|payload| String::from_utf8_lossy(&payload.data).into_owned());
    texts.collect::<Vec<_>>().join(", ")
}

impl Host for Recorder {
    fn schedule_activity(&self, name: &str, input: &[Payload], options: &ActivityOptions) -> Operation {
        self.note(format!("schedule {name}({})", text(input)));
        self.0.activity.replace(Some(options.clone()));
        self.next()
    }

    fn schedule_local_activity(
        &self,
        name: &str,
        input: &[Payload],
        options: &LocalActivityOptions,
    ) -> Operation {
        self.note(format!("schedule local {name}({})", text(input)));
        self.0.local_activity.replace(Some(options.clone()));
        self.next()
    }

    fn cancel_activity(&self, operation: Operation) -> bool {
        self.note(format!("cancel activity {operation}"));
        !self.0.cancel_waits.get()
    }

    fn start_timer(&self, duration_ms: u64, _: &TimerOptions) -> Operation {
        self.note(format!("timer {duration_ms} ms"));
        self.next()
    }

    fn cancel_timer(&self, operation: Operation) -> bool {
        self.note(format!("cancel timer {operation}"));
        true
    }

    fn start_child(&self, workflow_type: &str, input: &[Payload], options: &ChildOptions) -> Child {
        let id = options.workflow_id.as_deref().unwrap_or("?");
        self.note(format!("start {workflow_type}({}) as {id}", text(input)));
        self.0.child.replace(Some(options.clone()));
        Child { started: self.next(), closed: self.next() }
    }

    fn cancel_child(&self, closed: Operation, reason: &str) -> bool {
        self.note(format!("cancel child {closed} {reason}").trim_end().to_owned());
        !self.0.cancel_waits.get()
    }

    fn signal_run(
        &self,
        target: &Target,
        name: &str,
        input: &[Payload],
        options: &SignalOptions,
    ) -> Operation {
        self.note(format!("signal {name}({}) to {}", text(input), target.workflow_id));
        self.0.signal.replace(Some((target.clone(), options.clone())));
        self.next()
    }

    fn cancel_run(&self, target: &Target, reason: &str) -> Operation {
        self.note(format!("cancel {} {reason}", target.workflow_id).trim_end().to_owned());
        self.next()
    }

    fn complete(&self, result: &Payload) {
        self.note(format!("complete {}", text(std::slice::from_ref(result))));
    }

    fn fail(&self, failure: &ContractFailure) {
        self.note(format!("fail {}", Failure::from_contract(failure.clone())));
    }

    fn cancelled(&self, details: &[Payload]) {
        self.note(format!("cancelled {}", text(details)).trim_end().to_owned());
    }

    fn continue_as_new(&self, input: &[Payload], options: &ContinueAsNewOptions) {
        self.note(format!("continue as new ({})", text(input)));
        self.0.successor.replace(Some(options.clone()));
    }

    fn info(&self) -> RunInfo {
        RunInfo {
            namespace: "default".to_owned(),
            workflow_id: "order-1".to_owned(),
            run_id: "run-1".to_owned(),
            first_run_id: "run-1".to_owned(),
            continued_run_id: None,
            workflow_type: "order".to_owned(),
            task_queue: "default".to_owned(),
            attempt: 1,
            start_time_us: 1_000_000,
            execution_timeout_ms: None,
            run_timeout_ms: Some(5_000),
            retry_policy: None,
            parent: None,
            root: None,
            memo: vec![("note".to_owned(), Payload::json("as started").unwrap())],
            search_attributes: vec![(
                "Region".to_owned(),
                crate::SearchAttribute::keyword("EU").into_payload(),
            )],
            headers: self.0.headers.borrow().clone(),
            last_completion_result: Some(Payload::json(&7).unwrap()),
            last_failure: None,
            module_digest: "sha256:0".to_owned(),
            extensions: Vec::new(),
        }
    }

    fn random_bytes(&self, length: u32) -> Vec<u8> {
        vec![0xab; length as usize]
    }

    fn patched(&self, id: &str) -> bool {
        self.note(format!("patched {id}"));
        !self.0.unpatched.borrow().contains(id)
    }

    fn deprecate_patch(&self, id: &str) {
        self.note(format!("deprecate {id}"));
    }

    fn get_version(&self, change_id: &str, minimum: i32, maximum: i32) -> i32 {
        self.note(format!("version {change_id} {minimum} {maximum}"));
        if self.0.unpatched.borrow().contains(change_id) { minimum } else { maximum }
    }

    fn upsert_search_attributes(&self, attributes: &Changes) {
        self.changes("search", attributes);
    }

    fn set_memo(&self, fields: &Changes) {
        self.changes("memo", fields);
    }

    fn set_details(&self, details: &str) {
        self.note(format!("details {details}"));
    }

    fn complete_update(&self, id: &str, result: &Payload) {
        self.note(format!("complete update {id}: {}", text(std::slice::from_ref(result))));
    }

    fn fail_update(&self, id: &str, failure: &ContractFailure) {
        self.note(format!("fail update {id}: {}", Failure::from_contract(failure.clone())));
    }

    fn log(&self, _: Level, message: &str, _: &[(String, String)]) {
        self.0.log.borrow_mut().push(message.to_owned());
    }

    fn count(&self, _: &str, _: u64, _: &[(String, String)]) {}

    fn record(&self, _: &str, _: f64, _: &[(String, String)]) {}

    fn wants_call_sites(&self) -> bool {
        self.0.call_sites.get()
    }

    fn call_site(&self, frames: &[String]) {
        self.note(format!("at {}", frames.join(", ")));
    }
}
