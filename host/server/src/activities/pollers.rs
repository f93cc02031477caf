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
use tokio::sync::oneshot;

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
}

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
            let (seat, mut task) = oneshot::channel();
            self.sit_down(wanted, seat);
            // An attempt that was met and then may not begin gives its seat up.
            if let Ok(task) = (&mut task).await {
                return task;
            }
        }
    }

    fn sit_down(&self, wanted: &Wanted, seat: oneshot::Sender<PolledTask>) {
        let mut line = self.line.lock();
        line.attempts.retain(|(_, meet)| !meet.is_closed());
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
        let (answer, answered) = oneshot::channel();
        self.given.lock().insert(token.clone(), Given { context: context.clone(), answer });
        let _forget = Forget { pollers: self, token: &token };
        let mut task = PolledTask { token: token.clone(), context, input };
        while let Err(back) = seat.0.send(task) {
            task = back;
            seat = self.meet(&info).await;
        }
        match answered.await {
            Ok(result) => result,
            Err(_) => Err(Failure::cancelled("nobody can answer any more")),
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

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.pollers.given.lock().remove(self.token);
    }
}
