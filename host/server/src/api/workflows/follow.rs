//! Histories as event streams: each event as it becomes durable, until the run closes.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    http::StatusCode,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event as Message, KeepAlive},
    },
};
use dalsegno_engine::{
    event::{Event, EventAttributes},
    ids::EventId,
};
use futures_util::{Stream, stream};

use crate::{
    api::{
        payloads::{PayloadForm, written_out},
        problem::Problem,
        serve::Draining,
    },
    service::{HistoryPage, RunRef, Service},
};

/// Events that are read at once.
const READ_EVENTS: u32 = 1_000;
/// How long to wait for news before looking anyway.
const WAIT: Duration = Duration::from_secs(30);
/// A silence after which the client is told that the stream is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A history that is being followed.
struct Follower {
    service: Arc<Service>,
    /// With its run id.
    run: RunRef,
    /// The first event that the client lacks.
    wanted: EventId,
    /// Where the next page begins; transitions are read whole.
    from: EventId,
    read: VecDeque<Event>,
    /// There is another page already.
    more: bool,
    /// Nothing follows what was read.
    ended: bool,
    form: PayloadForm,
    draining: Draining,
}

/// Answers with the events after `last`, and those to come.
pub(crate) async fn follow(
    service: Arc<Service>,
    run: RunRef,
    last: Option<EventId>,
    form: PayloadForm,
    draining: Draining,
) -> Result<Response, Problem> {
    let row = service.resolve(&run).await?;
    let run = RunRef { run_id: Some(row.key.run_id), ..run };
    let wanted = last.unwrap_or_default().saturating_add(1);
    let read = VecDeque::new();
    let mut follower =
        Follower { service, run, wanted, from: wanted, read, more: false, ended: false, form, draining };
    // The first look is made here, so that what is wrong gets a proper status.
    follower.first_look().await?;
    if follower.ended && follower.read.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(messages(follower)).keep_alive(keep_alive).into_response())
}

fn messages(follower: Follower) -> impl Stream<Item = Result<Message, Infallible>> {
    stream::unfold(follower, |mut follower| async move {
        let message = follower.message().await?;
        Some((Ok(message), follower))
    })
}

impl Follower {
    /// The next message, once there is one; `None` at the end.
    async fn message(&mut self) -> Option<Message> {
        loop {
            if let Some(event) = self.read.pop_front() {
                return Some(self.write(event));
            }
            if self.ended {
                return None;
            }
            if let Err(problem) = self.next_look().await {
                self.ended = true;
                let body = serde_json::to_string(&problem.body()).unwrap_or_default();
                return Some(Message::default().event("problem").data(body));
            }
        }
    }

    /// Finds the place. A client may have stopped in the middle of a transition, so this goes back until it has
    /// an event that is not after the wanted one.
    async fn first_look(&mut self) -> Result<(), Problem> {
        let mut back = 1;
        loop {
            let from = self.wanted.saturating_sub(back).max(1);
            let page = self.service.history(&self.run, from, READ_EVENTS).await?;
            let first = page.history.events.first().map(|event| event.event_id);
            if from == 1 || first.is_some_and(|first| first <= self.wanted) {
                self.take(page);
                return Ok(());
            }
            back = back.saturating_mul(8);
        }
    }

    /// Looks again when there may be something.
    async fn next_look(&mut self) -> Result<(), Problem> {
        if let (Some(run_id), false) = (&self.run.run_id, self.more) {
            tokio::select! {
                () = self.service.wait_for_events(run_id, self.from - 1, WAIT) => {}
                () = self.draining.begun() => {
                    self.ended = true;
                    return Ok(());
                }
            }
        }
        let page = self.service.history(&self.run, self.from, READ_EVENTS).await?;
        self.take(page);
        Ok(())
    }

    fn take(&mut self, page: HistoryPage) {
        let events = page.history.events;
        self.more = page.next.is_some();
        // The run may have closed between looking at it and reading its events.
        let closes = events.last().is_some_and(|last| closes(&last.attributes));
        self.ended = closes || (page.closed && !self.more);
        self.from = events.last().map_or(self.from, |last| last.event_id + 1);
        let wanted = self.wanted;
        self.read.extend(events.into_iter().filter(|event| event.event_id >= wanted));
    }

    fn write(&self, mut event: Event) -> Message {
        let id = event.event_id.to_string();
        let text = match self.form {
            PayloadForm::Inline => {
                event.show();
                serde_json::to_string(&event)
            }
            PayloadForm::Raw => written_out(&mut event).map(|json| json.to_string()),
        };
        Message::default().id(id).data(one_line(text.unwrap_or_default()))
    }
}

/// Whether nothing follows such an event.
fn closes(event: &EventAttributes) -> bool {
    matches!(
        event,
        EventAttributes::WorkflowExecutionCompleted { .. }
            | EventAttributes::WorkflowExecutionFailed { .. }
            | EventAttributes::WorkflowExecutionCanceled { .. }
            | EventAttributes::WorkflowExecutionTerminated { .. }
            | EventAttributes::WorkflowExecutionTimedOut { .. }
            | EventAttributes::WorkflowExecutionContinuedAsNew(_)
    )
}

/// A message cannot carry line breaks as they are; in JSON they are white space between tokens.
fn one_line(text: String) -> String {
    if text.contains(['\r', '\n']) { text.replace(['\r', '\n'], " ") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_between_tokens_become_spaces() {
        assert_eq!(one_line("{\r\n\"a\": \"x\\n\"}".to_owned()), "{  \"a\": \"x\\n\"}");
        assert_eq!(one_line("{}".to_owned()), "{}");
    }
}
