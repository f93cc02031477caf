//! What a call can be refused for, with a stable code and a help text each.

use std::time::Duration;

use dalsegno_engine::{Failure, Status};

/// A refused call. The code is stable; the message is for people.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ServiceError {
    /// Stable.
    pub code: ErrorCode,
    /// What happened, here.
    pub message: String,
    /// When trying again may help.
    pub retry_after: Option<Duration>,
    /// What the guest said, if it was asked.
    pub failure: Option<Box<Failure>>,
}

/// Every reason for refusing a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request makes no sense.
    InvalidArgument,
    /// The arguments are not those that the workflow, or its handler, takes.
    BadArguments,
    /// There is nothing at the address.
    AddressNotFound,
    /// There is something at the address, and it does not take this method.
    MethodNotAllowed,
    /// The client sent its request too slowly.
    RequestTimeout,
    /// A browser made the request for another site's page.
    CrossSiteRefused,
    /// A payload, a body or a module is past its limit.
    TooLarge,
    /// No such namespace.
    NamespaceNotFound,
    /// No such workflow id, or no such run of it.
    WorkflowNotFound,
    /// No such module.
    ModuleNotFound,
    /// No module of the namespace has this workflow type.
    WorkflowTypeNotFound,
    /// A run of this id is open.
    WorkflowAlreadyRunning,
    /// A run of this id has been there, and the reuse policy forbids another.
    WorkflowIdReused,
    /// The run has ended.
    WorkflowClosed,
    /// The run is parked.
    RunBlocked,
    /// The run has not made its first activation, or has inputs that wait for the next.
    RunNotActivated,
    /// The run has taken as many signals as it may.
    SignalLimit,
    /// The guest has no such query.
    QueryNotFound,
    /// The guest's answer to a query is a failure.
    QueryFailed,
    /// No update of the workflow has this id.
    UpdateNotFound,
    /// The guest has no such update.
    UpdateHandlerNotFound,
    /// The run has as many updates as it may.
    UpdateLimit,
    /// The guest could not be asked whether it takes an update.
    ValidatorFailed,
    /// The history of the run takes nothing more.
    HistoryFull,
    /// No attempt waits for this answer.
    AttemptNotFound,
    /// The bytes are no module that this host runs.
    ModuleRefused,
    /// The module is still being compiled.
    ModuleCompiling,
    /// This host does not have it.
    NotSupported,
    /// Another host owns the run, or none does at the moment.
    NotOwner,
    /// This host takes no requests at the moment.
    NotReady,
    /// The database does not answer.
    DatabaseUnavailable,
    /// The host has as much to do as it takes.
    Overloaded,
    /// The host is stopping.
    ShuttingDown,
    /// A bug of the host.
    Internal,
}

impl ErrorCode {
    /// Every code, for documentation.
    pub const ALL: [Self; 34] = [
        Self::InvalidArgument,
        Self::BadArguments,
        Self::AddressNotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::CrossSiteRefused,
        Self::TooLarge,
        Self::NamespaceNotFound,
        Self::WorkflowNotFound,
        Self::ModuleNotFound,
        Self::WorkflowTypeNotFound,
        Self::WorkflowAlreadyRunning,
        Self::WorkflowIdReused,
        Self::WorkflowClosed,
        Self::RunBlocked,
        Self::RunNotActivated,
        Self::SignalLimit,
        Self::QueryNotFound,
        Self::QueryFailed,
        Self::UpdateNotFound,
        Self::UpdateHandlerNotFound,
        Self::UpdateLimit,
        Self::ValidatorFailed,
        Self::HistoryFull,
        Self::AttemptNotFound,
        Self::ModuleRefused,
        Self::ModuleCompiling,
        Self::NotSupported,
        Self::NotOwner,
        Self::NotReady,
        Self::DatabaseUnavailable,
        Self::Overloaded,
        Self::ShuttingDown,
        Self::Internal,
    ];

    /// The stable text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::BadArguments => "bad_arguments",
            Self::AddressNotFound => "address_not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::RequestTimeout => "request_timeout",
            Self::CrossSiteRefused => "cross_site_refused",
            Self::TooLarge => "too_large",
            Self::NamespaceNotFound => "namespace_not_found",
            Self::WorkflowNotFound => "workflow_not_found",
            Self::ModuleNotFound => "module_not_found",
            Self::WorkflowTypeNotFound => "workflow_type_not_found",
            Self::WorkflowAlreadyRunning => "workflow_already_running",
            Self::WorkflowIdReused => "workflow_id_reused",
            Self::WorkflowClosed => "workflow_closed",
            Self::RunBlocked => "run_blocked",
            Self::RunNotActivated => "run_not_activated",
            Self::SignalLimit => "signal_limit",
            Self::QueryNotFound => "query_not_found",
            Self::QueryFailed => "query_failed",
            Self::UpdateNotFound => "update_not_found",
            Self::UpdateHandlerNotFound => "update_handler_not_found",
            Self::UpdateLimit => "update_limit",
            Self::ValidatorFailed => "validator_failed",
            Self::HistoryFull => "history_full",
            Self::AttemptNotFound => "attempt_not_found",
            Self::ModuleRefused => "module_refused",
            Self::ModuleCompiling => "module_compiling",
            Self::NotSupported => "not_supported",
            Self::NotOwner => "not_owner",
            Self::NotReady => "not_ready",
            Self::DatabaseUnavailable => "database_unavailable",
            Self::Overloaded => "overloaded",
            Self::ShuttingDown => "shutting_down",
            Self::Internal => "internal",
        }
    }

    /// What it means, and what to do.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::InvalidArgument => {
                "The request is not of the form this call takes. The detail names the field; /openapi.json describes all of them."
            }
            Self::BadArguments => {
                "The arguments are not those that the workflow, or its handler, takes; nothing was accepted. The detail names the argument and what does not fit; the query `__metadata` describes the handlers."
            }
            Self::AddressNotFound => {
                "There is nothing at this address. /openapi.json lists all there is; an id with a slash has to be written with %2F."
            }
            Self::MethodNotAllowed => {
                "The address does not take this method. The header Allow says which it takes."
            }
            Self::RequestTimeout => {
                "The request did not arrive in time. Send it faster, or in smaller parts."
            }
            Self::CrossSiteRefused => {
                "Pages of other sites may not use the host through a browser. Call it from a program, or from pages it serves itself."
            }
            Self::TooLarge => {
                "One payload may have 2 MiB, a request 8 MiB, a module what the host is configured to take. Keep large values elsewhere, and pass a reference."
            }
            Self::NamespaceNotFound => {
                "The address names a namespace that does not exist. `default` always does."
            }
            Self::WorkflowNotFound => {
                "No run has this workflow id, or the workflow has no such run. Runs are found within their namespace only."
            }
            Self::ModuleNotFound => {
                "No module of this namespace has the digest. Upload it first: `dalsegno module upload FILE.wasm`."
            }
            Self::WorkflowTypeNotFound => {
                "No module of this namespace has the workflow type, or none of those that do is deployed. `dalsegno module list` shows what is there."
            }
            Self::WorkflowAlreadyRunning => {
                "A workflow id has at most one open run. Take another id, wait for that run, or set id_conflict_policy to use_existing or terminate_existing."
            }
            Self::WorkflowIdReused => {
                "A run of this workflow id exists and id_reuse_policy forbids another. Take another id or another policy."
            }
            Self::WorkflowClosed => {
                "The run has ended; it takes no more signals, updates, cancellations or terminations."
            }
            Self::RunBlocked => {
                "The run is parked after failing the same way again. `dalsegno workflow describe` shows why."
            }
            Self::RunNotActivated => {
                "The guest has not seen all that the run has taken: it waits for the start delay, or an activation fails. Describe the run to see which."
            }
            Self::SignalLimit => {
                "The run has taken 10,000 signals, or 12 MiB of them. A workflow that takes many has to continue as new."
            }
            Self::QueryNotFound => {
                "The workflow has no such query. The query `__metadata` lists those it has."
            }
            Self::QueryFailed => {
                "The query handler raised a failure, or did what a query must not do. The run itself is unharmed."
            }
            Self::UpdateNotFound => {
                "No update of this workflow has the id. A rejected update leaves nothing behind, and outcomes are kept as long as their runs."
            }
            Self::UpdateHandlerNotFound => {
                "The workflow has no such update. The query `__metadata` lists those it has."
            }
            Self::UpdateLimit => {
                "10 updates of a run may be under way, and a run takes 2,000. Wait for one to end; a workflow that takes many has to continue as new."
            }
            Self::ValidatorFailed => {
                "The update's validator trapped, or did what a validator must not do; or the workflow's code failed before it could be asked. The update was not accepted."
            }
            Self::HistoryFull => {
                "The history of the run is as long as it may be. Terminate the run; a workflow that lives long has to continue as new."
            }
            Self::AttemptNotFound => {
                "Only test hosts refuse so. No attempt of an activity with this token waits for an answer: it was answered, or exceeded a limit of time. Drop what was done for it; the workflow goes by what it was told."
            }
            Self::ModuleRefused => {
                "The bytes are no component that this host runs. The detail says what is wrong and how to build it right."
            }
            Self::ModuleCompiling => {
                "The module is valid and still being compiled. Try again shortly; `GET /modules/{digest}` shows the status."
            }
            Self::NotSupported => "This version of the host does not have this feature.",
            Self::NotOwner => {
                "Another host owns the run at the moment, or ownership is changing. Try again after the time in Retry-After."
            }
            Self::NotReady => {
                "The host takes no requests at the moment; the detail says why. It becomes ready by itself once that is over."
            }
            Self::DatabaseUnavailable => {
                "The database does not answer. The host reconnects by itself; try again after the time in Retry-After. What was not acknowledged may or may not have happened; a request_id makes trying again safe."
            }
            Self::Overloaded => {
                "The host has as much to do as it takes. Try again after the time in Retry-After."
            }
            Self::ShuttingDown => "The host is stopping. Try again shortly.",
            Self::Internal => "A bug of the host. Its log says more.",
        }
    }
}

impl ServiceError {
    /// An error of this code.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let transient = matches!(
            code,
            ErrorCode::NotOwner
                | ErrorCode::NotReady
                | ErrorCode::DatabaseUnavailable
                | ErrorCode::Overloaded
                | ErrorCode::ShuttingDown
                | ErrorCode::ModuleCompiling
        );
        let retry_after = transient.then_some(Duration::from_secs(1));
        Self { code, message: message.into(), retry_after, failure: None }
    }

    /// An error of [`ErrorCode::InvalidArgument`].
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, message)
    }

    /// The run of this id has ended so.
    #[must_use]
    pub fn closed(status: Status) -> Self {
        Self::new(ErrorCode::WorkflowClosed, format!("the run is closed: {}", status.as_str()))
    }
}

impl From<dalsegno_store::StoreError> for ServiceError {
    fn from(error: dalsegno_store::StoreError) -> Self {
        let code = match error {
            dalsegno_store::StoreError::Unavailable(_) => ErrorCode::DatabaseUnavailable,
            dalsegno_store::StoreError::Damaged(_) => ErrorCode::Internal,
        };
        Self::new(code, error.to_string())
    }
}
