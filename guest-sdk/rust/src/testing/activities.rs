//! Closures that stand in for activities: attempts are polled for, made, and answered.

use std::{
    any::Any,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{client::Client, failures};
use crate::Failure;

/// Makes an attempt of its arguments.
type StandIn = Arc<dyn Fn(Vec<Value>) -> Result<Value, Failure> + Send + Sync>;

/// Who stands in for which activity.
#[derive(Clone, Default)]
pub(super) struct StandIns(Arc<Mutex<HashMap<String, StandIn>>>);

impl StandIns {
    pub(super) fn put<A, R, F>(&self, activity_type: &str, function: F)
    where
        A: DeserializeOwned,
        R: Serialize,
        F: Fn(A) -> Result<R, Failure> + Send + Sync + 'static,
    {
        let name = activity_type.to_owned();
        let stand_in = move |input| {
            let argument = argument(&name, input)?;
            let result = function(argument)?;
            Ok(serde_json::to_value(result)?)
        };
        let mut stand_ins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stand_ins.insert(activity_type.to_owned(), Arc::new(stand_in));
    }

    fn get(&self, activity_type: &str) -> Option<StandIn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(activity_type).cloned()
    }

    /// Makes attempts until the server is gone.
    pub(super) fn serve(&self, client: &Client) {
        // The end of the server is the end of the connection.
        while let Ok(polled) = client.post("/test/v1/activities:poll", &json!({})) {
            if polled.status == 200 {
                let (stand_ins, client) = (self.clone(), client.clone());
                thread::spawn(move || stand_ins.answer(&client, &polled.body));
            }
        }
    }

    fn answer(&self, client: &Client, task: &Value) {
        let text = |name: &str| task[name].as_str().unwrap_or_default();
        let input = task["input"].as_array().cloned().unwrap_or_default();
        let (verb, body) = match self.attempt(text("activity_type"), input) {
            Ok(result) => ("complete", json!({ "result": result })),
            Err(failure) => ("fail", json!({ "failure": failures::written(&failure) })),
        };
        // One that came too late is not waited for any more.
        let _ = client.post(&Client::path(&["activities", text("token"), verb]), &body);
    }

    fn attempt(&self, activity_type: &str, input: Vec<Value>) -> Result<Value, Failure> {
        let Some(stand_in) = self.get(activity_type) else {
            let message = format!(
                "the test says nothing of the activity `{activity_type}`: \
                 server.activity(\"{activity_type}\", |…| Ok(…))"
            );
            return Err(Failure::application("ActivityNotStoodInFor", message).non_retryable());
        };
        catch_unwind(AssertUnwindSafe(|| stand_in(input)))
            .unwrap_or_else(|panic| Err(Failure::application("Panic", panic_text(&*panic)).non_retryable()))
    }
}

/// One argument as itself, several as a tuple, none as the unit.
fn argument<A: DeserializeOwned>(activity_type: &str, mut input: Vec<Value>) -> Result<A, Failure> {
    let value = match input.len() {
        0 => Value::Null,
        1 => input.remove(0),
        _ => Value::Array(input),
    };
    serde_json::from_value(value).map_err(|error| {
        let message = format!("the arguments of `{activity_type}` do not fit what stands in for it: {error}");
        Failure::application("BadArguments", message).non_retryable()
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_one_or_a_tuple_or_nothing() {
        let stand_ins = StandIns::default();
        stand_ins.put("one", |number: u8| Ok(number + 1));
        stand_ins.put("two", |(a, b): (u8, u8)| Ok(a + b));
        stand_ins.put("none", |()| Ok("done"));
        assert_eq!(stand_ins.attempt("one", vec![1.into()]), Ok(2.into()));
        assert_eq!(stand_ins.attempt("two", vec![1.into(), 2.into()]), Ok(3.into()));
        assert_eq!(stand_ins.attempt("none", vec![]), Ok("done".into()));
    }

    #[test]
    fn what_cannot_be_done_is_told_and_not_repeated() {
        let stand_ins = StandIns::default();
        stand_ins.put("one", |number: u8| Ok(number));
        stand_ins.put("panics", |()| -> Result<(), Failure> { panic!("with a word") });
        for (name, input, failure_type, word) in [
            ("one", vec!["x".into()], "BadArguments", "do not fit"),
            ("panics", vec![], "Panic", "with a word"),
            ("absent", vec![], "ActivityNotStoodInFor", "server.activity(\"absent\""),
        ] {
            let failure = stand_ins.attempt(name, input).unwrap_err();
            assert_eq!(failure.application_type(), Some(failure_type));
            assert!(failure.message().contains(word), "{failure}");
            assert!(failure.application_failure().unwrap().non_retryable);
        }
    }
}
