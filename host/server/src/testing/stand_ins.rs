//! Answers registered for activities, which are then given instead of calling any code.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use dalsegno_engine::{Failure, Payload, failure::TimeoutKind};
use parking_lot::Mutex;

use crate::activities::{Activity, ActivityContext, AttemptFuture};

/// How an attempt ends.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Result(Option<Payload>),
    Failure(Failure),
    /// As if this limit had been exceeded.
    Timeout(TimeoutKind),
}

/// Who stands in for which activity.
#[derive(Default)]
pub(crate) struct StandIns(Mutex<HashMap<String, Arc<StandIn>>>);

/// Answers, one for each attempt; the last one is given to all further attempts.
struct StandIn(Mutex<VecDeque<Answer>>);

impl StandIns {
    /// From now on, attempts of the activity end like this.
    ///
    /// **Invariant:** there is one answer at least.
    pub(crate) fn put(&self, activity_type: &str, answers: Vec<Answer>) {
        self.0.lock().insert(activity_type.to_owned(), Arc::new(StandIn(Mutex::new(answers.into()))));
    }

    /// From now on, nobody stands in for the activity. False: nobody did.
    pub(crate) fn remove(&self, activity_type: &str) -> bool {
        self.0.lock().remove(activity_type).is_some()
    }

    pub(crate) fn get(&self, activity_type: &str) -> Option<Arc<dyn Activity>> {
        let found = self.0.lock().get(activity_type).cloned();
        found.map(|stand_in| stand_in as Arc<dyn Activity>)
    }
}

impl StandIn {
    fn next(&self) -> Option<Answer> {
        let mut answers = self.0.lock();
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
    }
}

impl Activity for StandIn {
    fn attempt(&self, _: ActivityContext, _: Vec<Payload>) -> AttemptFuture {
        let answer = self.next();
        Box::pin(async move {
            match answer {
                Some(Answer::Result(result)) => Ok(result),
                Some(Answer::Failure(failure)) => Err(failure),
                Some(Answer::Timeout(kind)) => {
                    Err(Failure::timeout(kind, "the attempt exceeded its limit of time"))
                }
                None => Ok(None),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(answer: Option<Answer>) -> Option<Vec<u8>> {
        match answer {
            Some(Answer::Result(Some(payload))) => Some(payload.data.to_vec()),
            _ => None,
        }
    }

    #[test]
    fn answers_come_in_order_and_the_last_one_goes_on() {
        let answers = ["1", "2"].map(|number| Answer::Result(Some(Payload::json(number))));
        let stand_in = StandIn(Mutex::new(answers.into()));
        let given: Vec<_> = (0..4).map(|_| number(stand_in.next())).collect();
        assert_eq!(given, ["1", "2", "2", "2"].map(|number| Some(number.as_bytes().to_vec())));
    }

    #[test]
    fn who_was_removed_stands_in_no_more() {
        let stand_ins = StandIns::default();
        stand_ins.put("charge", vec![Answer::Result(None)]);
        assert!(stand_ins.get("charge").is_some() && stand_ins.get("refund").is_none());
        assert!(stand_ins.remove("charge") && !stand_ins.remove("charge"));
        assert!(stand_ins.get("charge").is_none());
    }
}
