//! Attempts that are made elsewhere: each waits for somebody who polls for it, is given to them, and waits for their
//! answer.
//!
//! An attempt first meets a poller, then asks for leave to begin, and is given away after that, so nobody gets one that
//! must not begin. All of it is in memory, and goes with the attempts of a host that is lost.

use std::collections::{HashMap, VecDeque};

use dalsegno_engine::{
    Failure, Payload,
    ids::{Namespace, TaskQueue},
};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::{ActivityContext, ActivityInfo};

/// Those who poll, and the attempts that wait for them.
#[derive(Default)]
pub(crate) struct Pollers {
    line: Mutex<Line>,
    given: Mutex<HashMap<String, Given>>,
}

/// Who waits for whom; at most one of the two sides waits for the same.
#[derive(Default)]
struct Line {
    attempts: VecDeque<(ActivityInfo, oneshot::Sender<Seat>)>,
    polls: VecDeque<(Wanted, oneshot::Sender<PolledTask>)>,
}

/// What somebody polls for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Any if absent.
    pub(crate) namespace: Option<Namespace>,
    /// Any if absent.
    pub(crate) task_queue: Option<TaskQueue>,
    /// Any if empty.
    pub(crate) activity_types: Vec<String>,
}

/// An attempt to be made elsewhere.
#[derive(Debug)]
pub(crate) struct PolledTask {
    /// By which it is answered.
    pub(crate) token: String,
    pub(crate) context: ActivityContext,
    pub(crate) input: Vec<Payload>,
    /// Tells the attempt that its poller has gone without it.
    back: mpsc::UnboundedSender<()>,
}

/// Who polls, and gives back what comes when he has gone.
struct Polling(oneshot::Receiver<PolledTask>);

/// A poller who has been met, and is to get a task.
#[derive(Debug)]
pub(crate) struct Seat(oneshot::Sender<PolledTask>);

/// An attempt that is being made elsewhere.
struct Given {
    context: ActivityContext,
    answer: oneshot::Sender<Result<Option<Payload>, Failure>>,
}

/// No attempt of this token waits for an answer.
#[derive(Debug)]
pub(crate) struct NotWaiting;

/// Forgets an attempt whose answer is not waited for any more.
struct Forget<'a> {
    pollers: &'a Pollers,
    token: &'a str,
}

impl Wanted {
    fn fits(&self, info: &ActivityInfo) -> bool {
        let types = &self.activity_types;
        self.namespace.as_ref().is_none_or(|wanted| *wanted == info.namespace)
            && self.task_queue.as_ref().is_none_or(|wanted| *wanted == info.task_queue)
            && (types.is_empty() || types.iter().any(|wanted| wanted == info.activity_type.as_str()))
    }
}

impl Pollers {
    /// Waits for an attempt that may begin.
    pub(crate) async fn poll(&self, wanted: &Wanted) -> PolledTask {
        loop {
            let (seat, task) = oneshot::channel();
            self.sit_down(wanted, seat);
            let mut polling = Polling(task);
            // An attempt that was met and then may not begin gives its seat up.
            if let Ok(task) = (&mut polling.0).await {
                return task;
            }
        }
    }

    fn sit_down(&self, wanted: &Wanted, seat: oneshot::Sender<PolledTask>) {
        let mut line = self.line.lock();
        line.attempts.retain(|(_, meet)| !meet.is_closed());
        line.polls.retain(|(_, seat)| !seat.is_closed());
        let mut seat = Seat(seat);
        while let Some(first) = line.attempts.iter().position(|(info, _)| wanted.fits(info))
            && let Some((_, meet)) = line.attempts.remove(first)
        {
            match meet.send(seat) {
                Ok(()) => return,
                Err(back) => seat = back,
            }
        }
        line.polls.push_back((wanted.clone(), seat.0));
    }

    /// Waits for somebody who makes such attempts.
    pub(crate) async fn meet(&self, info: &ActivityInfo) -> Seat {
        loop {
            let (meet, met) = oneshot::channel();
            {
                let mut line = self.line.lock();
                line.polls.retain(|(_, seat)| !seat.is_closed());
                if let Some(first) = line.polls.iter().position(|(wanted, _)| wanted.fits(info))
                    && let Some((_, seat)) = line.polls.remove(first)
                {
                    return Seat(seat);
                }
                line.attempts.push_back((info.clone(), meet));
            }
            if let Ok(seat) = met.await {
                return seat;
            }
        }
    }

    /// Gives an attempt to a poller, or to the next one if that has gone, and waits for the answer.
    pub(crate) async fn attempt(
        &self,
        mut seat: Seat,
        context: ActivityContext,
        input: Vec<Payload>,
    ) -> Result<Option<Payload>, Failure> {
        let info = context.info().clone();
        let token = format!("{}.{}", info.idempotency_key.replace('/', "."), info.attempt);
        let (answer, mut answered) = oneshot::channel();
        let (back, mut came_back) = mpsc::unbounded_channel();
        self.given.lock().insert(token.clone(), Given { context: context.clone(), answer });
        let _forget = Forget { pollers: self, token: &token };
        loop {
            let (token, context) = (token.clone(), context.clone());
            let task = PolledTask { token, context, input: input.clone(), back: back.clone() };
            if seat.0.send(task).is_ok() {
                tokio::select! {
                    biased;
                    result = &mut answered => return match result {
                        Ok(result) => result,
                        Err(_) => Err(Failure::cancelled("nobody can answer any more")),
                    },
                    _ = came_back.recv() => {}
                }
            }
            seat = self.meet(&info).await;
        }
    }

    /// Ends an attempt.
    ///
    /// # Errors
    /// [`NotWaiting`]: it has ended, or has exceeded a limit of time.
    pub(crate) fn answer(
        &self,
        namespace: &Namespace,
        token: &str,
        result: Result<Option<Payload>, Failure>,
    ) -> Result<(), NotWaiting> {
        let mut given = self.given.lock();
        if given.get(token).is_none_or(|given| given.context.info().namespace != *namespace) {
            return Err(NotWaiting);
        }
        let given = given.remove(token).ok_or(NotWaiting)?;
        given.answer.send(result).map_err(|_| NotWaiting)
    }

    /// Shows that an attempt is alive. True: it is to stop.
    ///
    /// # Errors
    /// As for [`Pollers::answer`].
    pub(crate) fn heartbeat(
        &self,
        namespace: &Namespace,
        token: &str,
        details: Vec<Payload>,
    ) -> Result<bool, NotWaiting> {
        let given = self.given.lock();
        let given = given.get(token).filter(|given| given.context.info().namespace == *namespace);
        let context = &given.ok_or(NotWaiting)?.context;
        context.heartbeat_payloads(details);
        Ok(context.is_cancelled())
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        self.0.close();
        if let Ok(task) = self.0.try_recv() {
            // The attempt may have ended meanwhile.
            let _ = task.back.send(());
        }
    }
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.pollers.given.lock().remove(self.token);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dalsegno_engine::{
        Timestamp,
        ids::{ActivityId, ActivityType, RunId, WorkflowId, WorkflowType},
    };
    use futures_util::FutureExt as _;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::activities::context::Pulse;

    fn info() -> ActivityInfo {
        ActivityInfo {
            namespace: Namespace::new("default"),
            workflow_id: WorkflowId::new("order-1"),
            run_id: RunId::new("run-1"),
            workflow_type: WorkflowType::new("order"),
            activity_id: ActivityId::new("1"),
            activity_type: ActivityType::new("charge"),
            task_queue: TaskQueue::new("default"),
            attempt: 1,
            idempotency_key: "run-1/1".to_owned(),
            scheduled_at: Timestamp::from_micros(0),
            start_to_close: None,
            heartbeat_timeout: None,
            headers: Vec::new(),
        }
    }

    #[test]
    fn a_task_for_a_poller_who_has_gone_is_given_to_the_next_one() {
        let pollers = Pollers::default();
        let any = Wanted { namespace: None, task_queue: None, activity_types: Vec::new() };
        let mut first = Box::pin(pollers.poll(&any));
        assert!(first.as_mut().now_or_never().is_none(), "there is nothing to do yet");
        let seat = pollers.meet(&info()).now_or_never().expect("somebody polls");
        let pulse = Arc::new(Pulse::new());
        let context = ActivityContext::new(info(), CancellationToken::new(), pulse, Vec::new());
        let mut attempt = Box::pin(pollers.attempt(seat, context, Vec::new()));
        assert!(attempt.as_mut().now_or_never().is_none(), "it waits for its answer");
        // His time is up before he has seen it.
        drop(first);
        assert!(attempt.as_mut().now_or_never().is_none(), "it waits for another poller");
        let mut second = Box::pin(pollers.poll(&any));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(attempt.as_mut().now_or_never().is_none());
        let task = second.now_or_never().expect("it is given to him");
        pollers.answer(&info().namespace, &task.token, Ok(None)).expect("it waits for the answer");
        assert_eq!(attempt.now_or_never(), Some(Ok(None)));
    }
}
