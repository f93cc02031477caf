//! Durable workflows in Rust, for the Dalsegno host.
//!
//! A workflow is ordinary asynchronous code whose progress survives everything: the host records what the
//! code did, and repeats it to the same point whenever it has to. So the code runs in a sandbox that has no
//! clock, randomness, files or network of its own; the host answers for these, and work outside is done by
//! activities.
//!
//! ```
//! use std::time::Duration;
//!
//! use dalsegno_sdk::{Context, Failure, activity, workflow};
//!
//! #[derive(Default)]
//! struct Approval {
//!     approved_by: Option<String>,
//! }
//!
//! /// Pays once somebody has approved, within a week.
//! #[workflow]
//! impl Approval {
//!     #[run]
//!     async fn run(ctx: Context<Self>, cents: u64) -> Result<String, Failure> {
//!         let week = Duration::from_secs(7 * 24 * 60 * 60);
//!         if !ctx.wait_condition_timeout(|approval| approval.approved_by.is_some(), week).await? {
//!             return Err(Failure::application("Expired", "nobody approved within a week"));
//!         }
//!         activity("pay").input(&cents).start_to_close(Duration::from_secs(10)).await
//!     }
//!
//!     /// Says yes.
//!     #[signal]
//!     fn approve(&mut self, by: String) {
//!         self.approved_by = Some(by);
//!     }
//!
//!     /// Who said yes.
//!     #[query]
//!     fn approved_by(&self) -> Option<&str> {
//!         self.approved_by.as_deref()
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! A crate of type `cdylib` ends with `dalsegno_sdk::workflows![Approval];` and is built for the target
//! `wasm32-wasip2`; the `.wasm` file is what is uploaded.
//!
//! # What is where
//!
//! - [`macro@workflow`] and [`workflows!`]: workflow types, their signals and queries, and the component.
//! - [`activity`] and [`http`]: work outside the sandbox; [`sleep`]: durable timers.
//! - [`Context`]: the state that `run` and the handlers share; conditions on it.
//! - [`Failure`]: what every await and every workflow may end with.
//! - [`shielded`], [`cancelled`], [`is_cancelled`]: requests to cancel.
//! - [`signals`]: signals taken where they are needed, without a handler.
//! - [`info`], [`now`], [`random_bytes`], [`log`], [`metrics`]: the surroundings.
//!
//! # Concurrency
//!
//! `join!`, `select!`, `FuturesUnordered` and the rest of the `futures` crate work, and so does every crate
//! that needs no runtime of its own. For parts that outlive their place there is [`spawn`]. Tasks take turns
//! only at awaits, in the order in which they were woken. Dropping the future of an activity or a timer
//! cancels it.
//!
//! # Bugs and failures
//!
//! An `Err` from `run` or a handler fails the run. A panic is a bug: it fails the activation only; the host
//! tries again, then parks the run with the message until the code is repaired. The same happens when the
//! result of an activity or the argument of a signal does not fit its type, so that nothing is lost.
//!
//! # What it does not do
//!
//! There is no `async` runtime inside, and no thread: the executor is 200 lines. Blocking calls, files and
//! sockets end in an error or a trap that names the replacement.

// The macros name the crate.
#[cfg(test)]
extern crate self as dalsegno_sdk;

mod activity;
mod cancellation;
mod component;
mod condition;
mod context;
mod duration;
mod executor;
mod failure;
mod host;
mod info;
mod inspect;
mod logging;
mod operation;
mod payload;
mod retry;
mod run;
mod runtime;
mod scope;
mod signals;
mod task;
mod timer;
mod waits;
mod workflow;

#[cfg(test)]
mod tests;

#[expect(missing_docs, reason = "generated code")]
pub mod bindings;
pub mod http;
pub mod metrics;

pub use activity::{Activity, ActivityHandle, CancellationType, activity};
pub use cancellation::{Cancelled, cancelled, is_cancelled};
pub use condition::{Condition, ConditionTimeout, wait_condition, wait_condition_timeout};
pub use context::{Context, all_handlers_finished};
/// Makes a workflow type of an `impl` block, or of an `async fn`.
///
/// The type's name is the Rust name in kebab case (`OrderFulfilment` is `order-fulfilment`), or as given:
/// `#[workflow(name = "orders")]`. The comment on the block is its description.
///
/// In an `impl` block the methods are:
/// - `#[run] async fn run(ctx: Context<Self>, …)`: the main routine, exactly one. Its arguments are those
///   of the start; it returns a value or a `Result` of one, with any error that becomes a [`Failure`].
/// - `#[init] fn new(…) -> Self`: makes the state from the same arguments, before any handler runs. Without
///   it the type has to be `Default`.
/// - `#[signal] fn …(&mut self, …)`, or `#[signal] async fn …(ctx: Context<Self>, …)`: runs before the main
///   routine goes on. May return a `Result<(), _>`, whose error fails the run.
/// - `#[query] fn …(&self, …)`: answers with a value, or a `Result` of one. Changes nothing.
///
/// Handlers are known by the names of their methods, or as given: `#[signal(name = "look-up")]`. Arguments
/// are read by `serde`; an `Option` at the end may be left out by the caller.
///
/// A workflow without handlers can be a function:
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Failure, sleep, workflow};
///
/// /// Greets after a second.
/// #[workflow]
/// async fn hello(name: String) -> Result<String, Failure> {
///     sleep(Duration::from_secs(1)).await?;
///     Ok(format!("Hello, {name}!"))
/// }
/// # fn main() {}
/// ```
pub use dalsegno_sdk_macros::workflow;
pub use failure::{ApplicationFailure, Cause, CauseKind, Failure, RetryState, TimeoutKind};
pub use info::{Info, RunIdentity, info, now, random_bytes};
pub use log;
pub use payload::{Arguments, Payload};
pub use retry::RetryPolicy;
pub use scope::{Shielded, shielded};
pub use signals::{NextSignal, Signals, signals};
pub use task::{JoinHandle, spawn};
pub use timer::{Sleep, sleep};
pub use workflow::Workflow;

/// For the macros alone.
#[doc(hidden)]
pub mod __private {
    pub use crate::{
        component::{Component, Module},
        workflow::{Definition, Handled, HandlerResult, LocalFuture, WorkflowType},
    };
}

/// Makes the component of these workflow types: once in a crate of type `cdylib`.
#[macro_export]
macro_rules! workflows {
    ($($workflow:ty),+ $(,)?) => {
        const _: () = {
            struct Module;

            impl $crate::__private::Module for Module {
                fn workflow_types() -> ::std::vec::Vec<$crate::__private::WorkflowType> {
                    ::std::vec![$($crate::__private::WorkflowType::of::<$workflow>()),+]
                }
            }

            type Component = $crate::__private::Component<Module>;
            $crate::bindings::export!(Component with_types_in $crate::bindings);
        };
    };
}
