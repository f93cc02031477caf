//! Durable timers.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::FusedFuture;

use crate::{
    duration::milliseconds,
    failure::Failure,
    host::TimerOptions,
    operation::{Kind, Started},
    waits::{Awaited, Waiter},
};

/// Waits by a durable timer, for seconds or for years. The timer starts when the future is first polled.
///
/// Fails only if it is cancelled, with the run or by a [`scope`](crate::scope). Dropping the future before it
/// fires cancels the timer.
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { state: State::New { waiter: Waiter::new(), duration, summary: None } }
}

/// The future of [`sleep`].
#[must_use = "a timer starts when it is awaited"]
pub struct Sleep {
    state: State,
}

enum State {
    New { waiter: Waiter, duration: Duration, summary: Option<String> },
    Started(Started),
    Ended,
}

impl Sleep {
    /// A line for people, shown where the timer is listed.
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        if let State::New { summary, .. } = &mut self.state {
            *summary = Some(text.into());
        }
        self
    }
}

fn start(waiter: Waiter, duration: Duration, summary: Option<String>) -> Started {
    let runtime = waiter.runtime.clone();
    runtime.call_site(waiter.location);
    let options = TimerOptions { summary, extensions: Vec::new() };
    let operation = runtime.host().start_timer(milliseconds(duration), &options);
    Started::new(waiter, operation, Kind::Timer, Awaited::Timer(duration, operation))
}

impl Future for Sleep {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut started = match std::mem::replace(&mut self.state, State::Ended) {
            State::New { mut waiter, duration, summary } => {
                if let Err(failure) = waiter.check_cancelled() {
                    return Poll::Ready(Err(failure));
                }
                start(waiter, duration, summary)
            }
            State::Started(started) => started,
            State::Ended => panic!("the future was polled after it was ready"),
        };
        match started.poll(context) {
            Poll::Ready(outcome) => Poll::Ready(outcome.map(|_| ())),
            Poll::Pending => {
                self.state = State::Started(started);
                Poll::Pending
            }
        }
    }
}

impl FusedFuture for Sleep {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Ended)
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleep")
    }
}
