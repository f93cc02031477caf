//! Concurrent parts of a workflow that outlive the place where they begin.

use std::{
    cell::RefCell,
    fmt, mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use futures_core::FusedFuture;

use crate::runtime;

/// Runs a future beside the present code, in the present cancellation scope.
///
/// For parts that end where they begin, `join!` and `select!` of the `futures` crate are simpler. Dropping
/// the handle lets the task go on; the run's end stops it.
#[track_caller]
pub fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    let shared = Rc::new(RefCell::new(State::Running(None)));
    let task = shared.clone();
    runtime::current().spawn("task", async move {
        let value = future.await;
        if let State::Running(Some(waker)) = task.replace(State::Done(value)) {
            waker.wake();
        }
    });
    JoinHandle { shared }
}

/// The future of what a task gives.
pub struct JoinHandle<T> {
    shared: Rc<RefCell<State<T>>>,
}

enum State<T> {
    Running(Option<Waker>),
    Done(T),
    Taken,
}

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = self.shared.borrow_mut();
        match mem::replace(&mut *state, State::Taken) {
            State::Done(value) => Poll::Ready(value),
            State::Running(_) => {
                *state = State::Running(Some(context.waker().clone()));
                Poll::Pending
            }
            State::Taken => panic!("the future was polled after it was ready"),
        }
    }
}

impl<T> FusedFuture for JoinHandle<T> {
    fn is_terminated(&self) -> bool {
        matches!(*self.shared.borrow(), State::Taken)
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinHandle")
    }
}
