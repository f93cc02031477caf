//! Durable workflows in Rust, for the Dalsegno host.

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

#[expect(
    missing_docs,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]
pub mod bindings;
pub mod http;
pub mod metrics;

pub use activity::{Activity, ActivityHandle, CancellationType, activity};
pub use cancellation::{Cancelled, cancelled, is_cancelled};
pub use condition::{Condition, ConditionTimeout, wait_condition, wait_condition_timeout};
pub use context::{Context, all_handlers_finished};
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
