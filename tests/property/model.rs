//! What a program comes to, told without a host.

use std::collections::BTreeMap;

use crate::program::{Op, Program, caught, sum_up};

/// A number, or the name of a failure.
pub(crate) type Outcome = Result<i64, String>;

/// What is sent to a run: numbers by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    pub(crate) signals: BTreeMap<String, i64>,
    pub(crate) updates: BTreeMap<String, i64>,
}

/// The outcome of a program that is sent all it waits for.
pub(crate) fn run(program: &Program, sent: &Sent, attempts: u32) -> Outcome {
    let mut outcome = Err("Again".to_owned());
    for attempt in 1..=attempts {
        outcome = stages(program, sent, attempt);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn stages(program: &Program, sent: &Sent, attempt: u32) -> Outcome {
    let mut done = program.done;
    for stage in &program.stages {
        done = sum_up([done, op(stage, sent, attempt)?]);
    }
    Ok(done)
}

fn op(what: &Op, sent: &Sent, attempt: u32) -> Outcome {
    match what {
        Op::Value(number) | Op::Activity(number) | Op::Local(number) => Ok(*number),
        Op::Fail(name) => Err(name.clone()),
        Op::FailUntil(until) if attempt < *until => Err("Again".to_owned()),
        Op::FailUntil(until) => Ok(i64::from(*until)),
        Op::BadActivity => Err("CommandFailed".to_owned()),
        Op::Timer(_) | Op::TellSelf(..) => Ok(0),
        Op::Signal(name) => Ok(sent.signals[name]),
        Op::Update(name) => Ok(sent.updates[name]),
        Op::Child { program, signals, attempts, .. } => {
            let signals = signals.iter().cloned().collect();
            run(program, &Sent { signals, updates: BTreeMap::new() }, attempts.unwrap_or(1))
        }
        Op::Sequence(ops) => {
            let numbers: Result<Vec<i64>, _> = ops.iter().map(|what| op(what, sent, attempt)).collect();
            numbers.map(sum_up)
        }
        Op::Parallel(ops) => {
            let numbers: Result<Vec<i64>, _> = ops.iter().map(|what| op(what, sent, attempt)).collect();
            numbers.map(sum_up)
        }
        Op::Catch(inner) => Ok(op(inner, sent, attempt).unwrap_or_else(|failure| caught(&failure))),
        Op::Cancel { first, cleanup, .. } => {
            let first = op(first, sent, attempt)?;
            Ok(sum_up([first, op(cleanup, sent, attempt)?]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_knows_failures_retries_and_signals() {
        let program = |stages: Vec<Op>| Program { stages, done: 0, given: BTreeMap::new() };
        let sent = Sent { signals: [("s".to_owned(), 5)].into(), ..Sent::default() };
        let one = |what: Op, attempts| run(&program(vec![what]), &sent, attempts);
        assert_eq!(one(Op::Signal("s".to_owned()), 1), Ok(sum_up([0, 5])));
        assert_eq!(one(Op::Sequence(vec![Op::Value(1), Op::Fail("F".to_owned())]), 1), Err("F".to_owned()));
        assert_eq!(one(Op::FailUntil(3), 2), Err("Again".to_owned()));
        assert_eq!(one(Op::FailUntil(3), 3), Ok(sum_up([0, 3])));
        let caught_failure = Op::Catch(Box::new(Op::BadActivity));
        assert_eq!(one(caught_failure, 1), Ok(sum_up([0, caught("CommandFailed")])));
    }
}
