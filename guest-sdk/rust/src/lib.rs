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
//! - [`macro@workflow`] and [`workflows!`]: workflow types, their signals, queries and updates, and the
//!   component.
//! - [`activity()`], [`local_activity()`] and [`http`]: work outside the sandbox; [`RetryPolicy`]: how it is
//!   repeated.
//! - [`sleep`]: durable timers.
//! - [`child()`]: workflows started by this one; [`external()`]: signals and requests to cancel for others.
//! - [`Context`]: the state that `run` and the handlers share; conditions on it.
//! - [`all_handlers_finished`], [`current_update`], [`headers`]: the handlers at work, and what they were called
//!   with.
//! - [`Failure`]: what every await and every workflow may end with.
//! - [`cancelled`], [`is_cancelled`], [`scope()`], [`shielded`]: requests to cancel, parts that are
//!   cancelled by themselves, clean-up.
//! - [`signals()`]: signals taken where they are needed, without a handler.
//! - [`continue_as_new()`]: a fresh history; [`history`]: whether it is time for one.
//! - [`patched`], [`deprecate_patch`], [`get_version`]: changes of code that open runs must not see.
//! - [`upsert_search_attributes`], [`set_memo`], [`set_details`]: what people find the run by.
//! - [`Payload`]: an argument or a result as it travels, bytes for example.
//! - [`info()`], [`now`], [`random_bytes`], [`log`], [`metrics`]: the surroundings. Crates that ask the
//!   system for the time or for randomness, like `rand` and `uuid`, work as they are.
//!
//! # Concurrency
//!
//! `join!`, `select!`, `FuturesUnordered` and the rest of the `futures` crate work, and so does every crate
//! that needs no runtime of its own. For parts that outlive their place there is [`spawn`]. Tasks take turns
//! only at awaits, in the order in which they were woken. Dropping the future of an activity, a timer or a
//! child cancels it.
//!
//! # Bugs and failures
//!
//! An `Err` from `run` or a signal's handler fails the run; one from an update's handler fails the update. A
//! panic is a bug: it fails the activation only; the host tries again, then parks the run with the message
//! until the code is repaired. The same happens when the result of an activity or the argument of a signal
//! does not fit its type, so that nothing is lost, and when what the code gives has no JSON form.
//!
//! # What it does not do
//!
//! There is no `async` runtime inside, and no thread: the executor is 200 lines. Blocking calls, files and
//! sockets end in an error or a trap that names the replacement.

// The macros name the crate.
#[cfg(test)]
extern crate self as dalsegno_sdk;

mod activity;
mod arguments;
mod attributes;
mod buffer;
mod cancellation;
mod child;
mod child_handle;
mod closing;
mod component;
mod condition;
mod context;
mod continue_as_new;
mod datetime;
mod duration;
mod executor;
mod external;
mod failure;
mod handlers;
mod handling;
mod host;
mod info;
mod inspect;
mod local_activity;
mod logging;
mod operation;
mod patch;
mod payload;
mod retry;
mod run;
mod running;
mod runtime;
mod schema;
mod scope;
mod scoped;
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
#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub mod testing;

pub use activity::{Activity, ActivityHandle, CancellationType, Queued, activity};
pub use attributes::{SearchAttribute, set_details, set_memo, upsert_search_attributes};
pub use cancellation::{Cancelled, cancelled, is_cancelled};
pub use child::{ChildCancellationType, IdReusePolicy, ModulePolicy, ParentClosePolicy, StartFailure, child};
pub use child_handle::{Child, ChildHandle, StartChild};
pub use condition::{Condition, ConditionTimeout, wait_condition, wait_condition_timeout};
pub use context::{Context, all_handlers_finished};
pub use continue_as_new::{ContinueAsNew, continue_as_new};
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
/// - `#[update] fn …(&mut self, …)`, or `#[update] async fn …(ctx: Context<Self>, …)`: changes something and
///   answers with a value, or a `Result` of one, whose error fails the update and not the run.
/// - `#[validator(method)] fn …(&self, …)`: decides whether the update of that method, with the same
///   arguments, is accepted. May return a `Result<(), _>`; a refused update leaves no trace. Changes nothing.
///
/// Handlers are known by the names of their methods, or as given: `#[signal(name = "look-up")]`. Arguments
/// are read by `serde`; an `Option` at the end may be left out by the caller.
///
/// # What does not fit
///
/// The host refuses arguments that do not fit, with status 422, before the workflow has them: too many, and those
/// that the JSON Schema of their type does not take. Types of the standard library have a schema; yours have one if
/// you derive it:
///
/// ```
/// # #[cfg(feature = "schemas")] {
/// use dalsegno_sdk::schemars::{self, JsonSchema};
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Payment {
///     cents: u64,
///     currency: String,
/// }
/// # }
/// ```
///
/// A type without a schema is read when its turn comes: a start or an update fails then, a query is refused, and
/// a signal parks the run until the code is repaired. So derive one for whatever signals carry.
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Context, Failure, activity, all_handlers_finished, workflow};
///
/// #[derive(Default)]
/// struct Account {
///     points: u32,
///     is_closed: bool,
/// }
///
/// #[workflow]
/// impl Account {
///     #[run]
///     async fn run(ctx: Context<Self>) -> Result<u32, Failure> {
///         ctx.wait_condition(|account| account.is_closed && all_handlers_finished()).await?;
///         Ok(ctx.state(|account| account.points))
///     }
///
///     /// Takes points; answers with what is left.
///     #[update]
///     async fn redeem(ctx: Context<Self>, points: u32) -> Result<u32, Failure> {
///         ctx.state_mut(|account| account.points -= points);
///         let () = activity("send-voucher").start_to_close(Duration::from_secs(10)).await?;
///         Ok(ctx.state(|account| account.points))
///     }
///
///     #[validator(redeem)]
///     fn has_enough(&self, points: u32) -> Result<(), Failure> {
///         if points > self.points {
///             return Err(Failure::application("TooFew", "there are not so many points"));
///         }
///         Ok(())
///     }
///
///     #[signal]
///     fn close(&mut self) {
///         self.is_closed = true;
///     }
/// }
/// # fn main() {}
/// ```
///
/// An asynchronous handler that has not ended when the run closes is given up, with a warning in the run's
/// log; `#[signal(unfinished = "abandon")]` and `#[update(unfinished = "abandon")]` leave the warning out.
///
/// # Names that no handler has
///
/// A dynamic handler takes them, with the arguments as they came: one each for signals, queries and updates.
/// Without one, signals are kept for [`signals()`], queries and updates are refused.
///
/// ```
/// use std::collections::BTreeMap;
/// use dalsegno_sdk::{Context, Failure, Payload, workflow};
///
/// #[derive(Default)]
/// struct Counters(BTreeMap<String, u64>);
///
/// #[workflow]
/// impl Counters {
///     #[run]
///     async fn run(ctx: Context<Self>) -> Result<(), Failure> {
///         ctx.wait_condition(|_| false).await
///     }
///
///     #[signal(dynamic)]
///     fn count(&mut self, name: String, _input: Vec<Payload>) {
///         *self.0.entry(name).or_default() += 1;
///     }
///
///     #[query(dynamic)]
///     fn counted(&self, name: String, _input: Vec<Payload>) -> u64 {
///         self.0.get(&name).copied().unwrap_or_default()
///     }
/// }
/// # fn main() {}
/// ```
///
/// # Functions
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
pub use external::{CancelRun, External, SignalRun, external};
pub use failure::{ApplicationFailure, Cause, CauseKind, Failure, RetryState, TimeoutKind};
pub use handling::{UpdateInfo, current_update, headers};
pub use info::{ContinueAsNewReason, History, Info, RunIdentity, history, info, now, random_bytes};
pub use local_activity::{Local, LocalActivity, local_activity};
pub use log;
pub use patch::{deprecate_patch, get_version, patched};
pub use payload::{Arguments, FromPayload, Payload, ToPayload};
pub use retry::RetryPolicy;
/// With the feature `schemas`: for `#[derive(JsonSchema)]`, see [`macro@workflow`].
#[cfg(feature = "schemas")]
pub use schemars;
pub use scoped::{CancelScope, ScopeHandle, Shielded, scope, shielded};
pub use signals::{NextSignal, Signals, signals};
pub use task::{JoinHandle, spawn};
pub use timer::{Sleep, sleep};
pub use workflow::Workflow;

/// For the macros alone.
#[doc(hidden)]
pub mod __private {
    pub use crate::{
        arguments::outgoing_result,
        component::{Component, Module},
        handlers::Unfinished,
        schema::{KnownSchema, Probe, UnknownSchema},
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
