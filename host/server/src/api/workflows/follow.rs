//! Histories as event streams: each event as it becomes durable, until the run closes.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    http::StatusCode,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event as Message, KeepAlive},
    },
};
use dalsegno_engine::{event::Event, ids::EventId};
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
    next: EventId,
    read: VecDeque<Event>,
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
    let next = last.unwrap_or_default().saturating_add(1);
    let mut follower =
        Follower { service, run, next, read: VecDeque::new(), ended: false, form, draining };
    // The first look is made here, so that what is wrong gets a proper status.
    follower.look().await?;
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

    /// Looks again when there may be something.
    async fn next_look(&mut self) -> Result<(), Problem> {
        if let Some(run_id) = &self.run.run_id {
            tokio::select! {
                () = self.service.wait_for_events(run_id, self.next - 1, WAIT) => {}
                () = self.draining.begun() => {
                    self.ended = true;
                    return Ok(());
                }
            }
        }
        self.look().await
    }

    async fn look(&mut self) -> Result<(), Problem> {
        let page = self.service.history(&self.run, self.next, READ_EVENTS).await?;
        self.take(page);
        Ok(())
    }

    fn take(&mut self, page: HistoryPage) {
        let next = self.next;
        self.read.extend(page.history.events.into_iter().filter(|event| event.event_id >= next));
        self.next = self.read.back().map_or(next, |last| last.event_id + 1);
        self.ended = page.closed && page.next.is_none();
    }

    fn write(&self, mut event: Event) -> Message {
        let id = event.event_id.to_string();
        let text = match self.form {
            PayloadForm::Inline => serde_json::to_string(&event),
            PayloadForm::Raw => written_out(&mut event).map(|json| json.to_string()),
        };
        Message::default().id(id).data(one_line(text.unwrap_or_default()))
    }
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
