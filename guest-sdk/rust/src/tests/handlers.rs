//! Signals, queries, arguments, and what a module says of itself.

use std::time::Duration;

use serde_json::{Value, json};

use super::rig::{Rig, request, signalled};
use crate::{
    Context, Failure, SearchAttribute, Workflow, activity, all_handlers_finished,
    bindings::exports::dalsegno::workflow::guest::Event, signals, upsert_search_attributes, workflow,
};

/// Keeps what it hears.
#[derive(Default)]
struct Diary {
    lines: Vec<String>,
}

#[workflow]
impl Diary {
    #[init]
    fn new(first: String) -> Self {
        Self { lines: vec![first] }
    }

    #[run]
    async fn run(ctx: Context<Self>, _first: String) -> Result<Vec<String>, Failure> {
        ctx.state_mut(|diary| diary.lines.push("run".to_owned()));
        ctx.wait_condition(|diary| diary.lines.iter().any(|line| line == "end")).await?;
        ctx.wait_condition(|_| all_handlers_finished()).await?;
        Ok(ctx.state(|diary| diary.lines.clone()))
    }

    /// Adds a line.
    #[signal]
    fn add(&mut self, line: String) -> Result<(), Failure> {
        if line.is_empty() {
            return Err(Failure::application("EmptyLine", "a line has words"));
        }
        self.lines.push(line);
        Ok(())
    }

    #[signal(name = "look-up")]
    async fn look_up(ctx: Context<Self>, word: String) -> Result<(), Failure> {
        let line: String = activity("look-up").input(&word).start_to_close(Duration::from_secs(1)).await?;
        ctx.state_mut(|diary| diary.lines.push(line));
        Ok(())
    }

    #[signal(name = "tear-out")]
    async fn tear_out(_: Context<Self>) -> Result<(), Failure> {
        activity("tear").start_to_close(Duration::from_secs(1)).await
    }

    #[query]
    fn line(&self, index: usize) -> Result<String, Failure> {
        self.lines.get(index).cloned().ok_or_else(|| Failure::application("NoSuchLine", "too far"))
    }

    #[query]
    fn count(&self) -> usize {
        self.lines.len()
    }
}

#[test]
fn signals_of_the_first_activation_come_before_the_main_routine() {
    let rig = Rig::new::<Diary>();
    let start = rig.start(json!(["first"]));
    rig.activate([start, signalled("add", json!(["a"])), signalled("add", json!(["end"]))]).unwrap();
    assert_eq!(rig.calls(), [r#"complete ["first","a","end","run"]"#]);
}

#[test]
fn an_asynchronous_handler_begins_before_the_main_routine_goes_on() {
    let rig = Rig::new::<Diary>();
    let start = rig.start(json!(["first"]));
    rig.activate([start, signalled("look-up", json!(["x"])), signalled("add", json!(["end"]))]).unwrap();
    assert_eq!(rig.calls(), [r#"schedule look-up("x")"#]);
    rig.resume(1, "found");
    assert_eq!(rig.calls(), [r#"complete ["first","end","run","found"]"#]);
}

/// A balance that two kinds of handlers change.
#[derive(Default)]
struct Till {
    cents: i64,
    lowest: i64,
}

#[workflow]
impl Till {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<i64, Failure> {
        ctx.wait_condition(|till| till.cents == 5 && all_handlers_finished()).await?;
        Ok(ctx.state(|till| till.lowest))
    }

    #[signal]
    async fn put(ctx: Context<Self>, cents: i64) -> Result<(), Failure> {
        ctx.state_mut(|till| till.cents += cents);
        activity("print").input(&cents).start_to_close(Duration::from_secs(1)).await
    }

    #[signal]
    fn take(&mut self, cents: i64) -> Result<(), Failure> {
        if cents < 0 {
            return Err(Failure::application("NegativeCents", "they are taken"));
        }
        self.cents -= cents;
        self.lowest = self.lowest.min(self.cents);
        upsert_search_attributes([("Cents", SearchAttribute::from(self.cents))]);
        Ok(())
    }
}

#[test]
fn handlers_begin_in_the_order_of_their_signals_whether_they_wait_or_not() {
    let rig = Rig::new::<Till>();
    let start = rig.start(json!([]));
    let (put, take) = (signalled("put", json!([9])), signalled("take", json!([4])));
    rig.activate([start, put, take]).unwrap();
    assert_eq!(rig.calls(), ["schedule print(9)", "search Cents=5"]);
    rig.resume(1, ());
    assert_eq!(rig.calls(), ["complete 0"]);
}

#[test]
fn carried_signals_after_the_end_are_left_alone() {
    let rig = Rig::new::<Till>();
    let Event::Started(mut start) = rig.start(json!([])) else { panic!("it is the start") };
    start.carried_signals = vec![request("take", json!([-1])), request("take", json!([4]))];
    rig.activate([Event::Started(start)]).unwrap();
    assert_eq!(rig.calls(), ["fail [NegativeCents] they are taken"]);
}

#[test]
fn a_handlers_failure_fails_the_run() {
    let rig = Rig::started::<Diary>(json!(["first"]));
    rig.signal("add", json!([""]));
    assert_eq!(rig.calls(), ["fail [EmptyLine] a line has words"]);
}

#[test]
fn a_handler_that_fails_the_run_is_at_work_no_more() {
    let rig = Rig::started::<Diary>(json!(["first"]));
    rig.signal("tear-out", json!([]));
    rig.fail(1, Failure::application("Glued", "it does not come off"));
    assert_eq!(rig.calls(), ["schedule tear()", "fail [Glued] it does not come off"]);
    assert!(rig.log().is_empty(), "nobody is left at work");
}

#[test]
fn a_signal_that_does_not_fit_fails_the_activation_only() {
    let rig = Rig::started::<Diary>(json!(["first"]));
    let failure = rig.activate([signalled("add", json!([1]))]).unwrap_err();
    assert_eq!(failure.application_type(), Some("BadArguments"));
    assert!(failure.message().starts_with("signal `add`: argument 1, `line`: invalid type"), "{failure}");
}

#[test]
fn queries_answer_before_and_after_the_end() {
    let rig = Rig::started::<Diary>(json!(["first"]));
    assert_eq!(rig.query("count", json!([])).unwrap(), json!(2));
    rig.signal("add", json!(["end"]));
    assert_eq!(rig.query("line", json!([2])).unwrap(), json!("end"));
    let failure = rig.query("line", json!([3])).unwrap_err();
    assert_eq!(failure.application_type(), Some("NoSuchLine"));
}

#[test]
fn wrong_queries_say_what_is_wrong() {
    let rig = Rig::started::<Diary>(json!(["first"]));
    let failure = rig.query("lines", json!([])).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "[UnknownQuery] the workflow has no query named `lines`; it has: line, count, __stack_trace, __metadata"
    );
    let failure = rig.query("line", json!(["one"])).unwrap_err();
    assert_eq!(failure.application_type(), Some("BadArguments"));
}

#[test]
fn wrong_arguments_fail_the_run() {
    let rig = Rig::started::<Diary>(json!([42]));
    let calls = rig.calls();
    assert!(calls[0].starts_with("fail [BadArguments] argument 1, `first`: invalid type"), "{calls:?}");
    assert_eq!(rig.query("count", json!([])).unwrap_err().application_type(), Some("NotStarted"));
    assert_eq!(rig.query("__stack_trace", json!([])).unwrap(), json!(""));
}

#[test]
fn the_definition_names_the_handlers_with_their_comments() {
    let rig = Rig::started::<Diary>(json!(["first"]));
    let metadata = rig.query("__metadata", json!([])).unwrap();
    assert_eq!(metadata["workflow_type"], "diary");
    assert_eq!(metadata["signals"][0], json!({ "name": "add", "description": "Adds a line." }));
    assert_eq!(metadata["signals"][1]["name"], "look-up");
    assert_eq!(metadata["queries"][0]["name"], "line");
    assert_eq!(metadata["updates"], json!([]));
    assert_eq!(Diary::definition().0.signals.len(), 3);
}

#[test]
fn the_stack_trace_tells_what_each_task_waits_for() {
    let rig = Rig::started::<Diary>(json!(["first"]));
    rig.signal("look-up", json!(["x"]));
    let trace = rig.query("__stack_trace", json!([])).unwrap();
    let lines: Vec<&str> = trace.as_str().unwrap().lines().collect();
    assert_eq!(lines[0], "run");
    assert!(lines[1].starts_with("    condition, at src/tests/handlers.rs:"), "{lines:?}");
    assert_eq!(lines[2], "signal look-up");
    assert!(
        lines[3].starts_with("    activity look-up (operation 1), at src/tests/handlers.rs:"),
        "{lines:?}"
    );
}

#[workflow]
async fn adds() -> Result<u64, Failure> {
    let (mut numbers, mut sum) = (signals::<Option<u64>>("number"), 0);
    while let Some(number) = numbers.next().await? {
        sum += number;
    }
    Ok(sum)
}

#[test]
fn signals_without_a_handler_are_kept_in_order() {
    let rig = Rig::new::<adds>();
    let start = rig.start(json!([]));
    rig.activate([start, signalled("number", json!([1])), signalled("number", json!([2]))]).unwrap();
    rig.signal("number", json!([3]));
    assert!(rig.calls().is_empty());
    rig.signal("number", json!([]));
    assert_eq!(rig.calls(), ["complete 6"]);
}

#[test]
fn a_signal_that_nobody_took_is_warned_of() {
    let rig = Rig::started::<adds>(json!([]));
    rig.signal("typo", json!([]));
    rig.signal("number", json!([Value::Null]));
    assert_eq!(rig.log(), ["the run closes without having taken 1 signals named `typo`"]);
}
