//! Children: workflows started by this one.

use std::{cell::OnceCell, rc::Rc, time::Duration};

use crate::{
    arguments::Outgoing,
    attributes::SearchAttribute,
    bindings::dalsegno::workflow::{
        children,
        types::{ChildWorkflowFailure, RetryState},
    },
    child_handle::{Child, StartChild},
    duration::milliseconds,
    failure::Failure,
    host::{ChildOptions, Operation},
    info,
    operation::{Kind, Started},
    payload::{FromPayload, Payload, ToPayload},
    retry::RetryPolicy,
    waits::{Awaited, Waiter},
};

pub use children::{
    CancellationType as ChildCancellationType, IdReusePolicy, ModulePolicy, ParentClosePolicy,
};

/// Another workflow, started by this one, by its type. Is started when it is first polled.
///
/// Awaiting it runs it to its end; [`start`](Child::start) waits for its durable start only, and gives a
/// [`ChildHandle`](crate::ChildHandle).
///
/// ```
/// use dalsegno_sdk::{Failure, ParentClosePolicy, child};
/// use futures::future::try_join_all;
///
/// /// All lines at the same time; then an audit that outlives us.
/// async fn fulfil(lines: Vec<String>) -> Result<Vec<String>, Failure> {
///     let parcels = lines.iter().map(|line| child::<String>("order-line").input(line));
///     let parcels = try_join_all(parcels).await?;
///     let audit = child::<()>("audit").workflow_id("audit").parent_close(ParentClosePolicy::Abandon);
///     audit.input(&parcels).start().await?.detach();
///     Ok(parcels)
/// }
/// ```
///
/// The result is read as the type that the caller expects. A child that fails is a failure with a cause of
/// the kind `ChildWorkflow`; one that could not be started, see [`StartFailure`]. Dropping the future before
/// its outcome cancels the child, and so does cancelling the scope: what is then waited for is the
/// [`cancellation`](Child::cancellation) type's to say. A child that is still open when this run closes is
/// terminated all the same, unless [`parent_close`](Child::parent_close) says otherwise.
#[track_caller]
pub fn child<T: FromPayload>(workflow_type: impl Into<String>) -> Child<T> {
    Child::new(Request {
        waiter: Waiter::new(),
        workflow_type: workflow_type.into(),
        outgoing: Outgoing::default(),
        options: no_options(),
    })
}

/// A child before it is started.
pub(crate) struct Request {
    waiter: Waiter,
    workflow_type: String,
    outgoing: Outgoing,
    options: ChildOptions,
}

fn no_options() -> ChildOptions {
    ChildOptions {
        workflow_id: None,
        namespace: None,
        task_queue: None,
        execution_timeout_ms: None,
        run_timeout_ms: None,
        retry_policy: None,
        id_reuse_policy: IdReusePolicy::Allow,
        parent_close_policy: ParentClosePolicy::Terminate,
        cancellation_type: ChildCancellationType::WaitCompleted,
        module_policy: ModulePolicy::Inherit,
        memo: Vec::new(),
        search_attributes: Vec::new(),
        summary: None,
        headers: Vec::new(),
        extensions: Vec::new(),
    }
}

impl<T: FromPayload> Child<T> {
    /// Adds an argument.
    pub fn input<A: ToPayload + ?Sized>(self, argument: &A) -> Self {
        self.change(|request| request.outgoing.add(argument))
    }

    /// The workflow id; a random one if none is given.
    pub fn workflow_id(self, id: impl Into<String>) -> Self {
        self.change(|request| request.options.workflow_id = Some(id.into()))
    }

    /// The namespace, if not this run's own.
    pub fn namespace(self, name: impl Into<String>) -> Self {
        self.change(|request| request.options.namespace = Some(name.into()))
    }

    /// The task queue, if not this run's own.
    pub fn task_queue(self, name: impl Into<String>) -> Self {
        self.change(|request| request.options.task_queue = Some(name.into()))
    }

    /// The time limit of the child with all that continues it.
    pub fn execution_timeout(self, limit: Duration) -> Self {
        self.change(|request| request.options.execution_timeout_ms = Some(milliseconds(limit)))
    }

    /// The time limit of each of its runs.
    pub fn run_timeout(self, limit: Duration) -> Self {
        self.change(|request| request.options.run_timeout_ms = Some(milliseconds(limit)))
    }

    /// How the child is repeated when it fails; not at all by default.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.change(|request| request.options.retry_policy = Some(policy.into_contract()))
    }

    /// Whether the id of a closed workflow may be used again; it may by default.
    pub fn id_reuse(self, policy: IdReusePolicy) -> Self {
        self.change(|request| request.options.id_reuse_policy = policy)
    }

    /// What happens to the child when this run closes; it is terminated by default.
    pub fn parent_close(self, policy: ParentClosePolicy) -> Self {
        self.change(|request| request.options.parent_close_policy = policy)
    }

    /// What cancelling waits for; for the child's end by default.
    pub fn cancellation(self, cancellation_type: ChildCancellationType) -> Self {
        self.change(|request| request.options.cancellation_type = cancellation_type)
    }

    /// Which module it runs; this run's own by default, if that has the type.
    pub fn module(self, policy: ModulePolicy) -> Self {
        self.change(|request| request.options.module_policy = policy)
    }

    /// Adds a memo field.
    pub fn memo<V: ToPayload + ?Sized>(self, name: impl Into<String>, value: &V) -> Self {
        self.change(|request| {
            let value = request.outgoing.payload(value);
            request.options.memo.extend(value.map(|value| (name.into(), value)));
        })
    }

    /// Adds a search attribute.
    pub fn search_attribute(self, name: impl Into<String>, value: impl Into<SearchAttribute>) -> Self {
        self.change(|request| {
            request.options.search_attributes.push((name.into(), value.into().into_payload()))
        })
    }

    /// A line for people.
    pub fn summary(self, text: impl Into<String>) -> Self {
        self.change(|request| request.options.summary = Some(text.into()))
    }

    /// Adds a value that travels with the call beside its arguments.
    pub fn header<V: ToPayload + ?Sized>(self, name: impl Into<String>, value: &V) -> Self {
        self.change(|request| request.outgoing.add_header(name.into(), value))
    }

    /// Adds values that travel with the call, as they came: [`headers`](crate::headers) of the present code.
    pub fn headers(self, headers: impl IntoIterator<Item = (String, Payload)>) -> Self {
        self.change(|request| request.outgoing.headers.extend(headers))
    }

    /// Starts it, before its end is awaited. The future is ready once the child is durably started.
    pub fn start(self) -> StartChild<T> {
        self.into_start()
    }
}

impl Request {
    /// Starts the child; the operation is its start.
    pub(crate) fn start(mut self) -> Result<(Started, Rc<ChildIdentity>), Failure> {
        self.waiter.check_cancelled()?;
        let runtime = self.waiter.runtime.clone();
        self.outgoing.check(&runtime, format_args!("child `{}`", self.workflow_type))?;
        self.options.headers = self.outgoing.headers;
        // The host's own choice would not be told to us.
        let workflow_id = self.options.workflow_id.get_or_insert_with(info::random_id).clone();
        runtime.call_site(self.waiter.location);
        let child = runtime.host().start_child(&self.workflow_type, &self.outgoing.input, &self.options);
        // The child may end in the same activation in which it starts.
        runtime.expect(child.closed);
        let awaited = Awaited::ChildStart(self.workflow_type.clone(), workflow_id.clone(), child.started);
        let identity = Rc::new(ChildIdentity {
            namespace: self.options.namespace,
            workflow_type: self.workflow_type,
            workflow_id,
            run_id: OnceCell::new(),
            closed: child.closed,
        });
        let started = Started::new(self.waiter, child.started, Kind::Child(identity.clone()), awaited);
        Ok((started, identity))
    }
}

/// Which child it is.
#[derive(Debug)]
pub(crate) struct ChildIdentity {
    /// None: the parent's.
    pub(crate) namespace: Option<String>,
    pub(crate) workflow_type: String,
    pub(crate) workflow_id: String,
    /// Once it is started.
    pub(crate) run_id: OnceCell<String>,
    /// The operation of its end.
    pub(crate) closed: Operation,
}

impl ChildIdentity {
    /// What to say of a child that was given up.
    pub(crate) fn cancelled(&self) -> Failure {
        Failure::child_cancelled(ChildWorkflowFailure {
            namespace: self.namespace.clone().unwrap_or_else(|| info::info().namespace),
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id.get().cloned().unwrap_or_default(),
            workflow_type: self.workflow_type.clone(),
            retry_state: RetryState::CancelRequested,
        })
    }
}

/// Why a child could not be started.
///
/// ```
/// use dalsegno_sdk::{Failure, StartFailure, child};
///
/// /// Whoever comes second leaves the work to the first.
/// async fn once(day: &str) -> Result<bool, Failure> {
///     let report = child::<()>("daily-report").workflow_id(format!("report-{day}"));
///     match report.start().await {
///         Ok(report) => report.await.map(|()| true),
///         Err(failure) if StartFailure::of(&failure) == Some(StartFailure::AlreadyRunning) => Ok(false),
///         Err(failure) => Err(failure),
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartFailure {
    /// An open workflow has this id: `WorkflowAlreadyRunning`.
    AlreadyRunning,
    /// A closed workflow had this id, and it may not be used again: `WorkflowIdReused`.
    IdReused,
    /// No module has the type: `WorkflowTypeNotFound`.
    UnknownType,
    /// There is no such namespace: `NamespaceNotFound`.
    UnknownNamespace,
    /// The code of the child cannot be loaded, or fails at once in a way that stores nothing: `ModuleUnusable`.
    UnusableModule,
}

impl StartFailure {
    /// Reads it from the failure of [`Child::start`], or of a [`Child`] that was awaited as a whole. `None` for any
    /// other failure: of a child that was started and failed, whatever it says of itself, or of another's.
    #[must_use]
    pub fn of(failure: &Failure) -> Option<Self> {
        match failure.start_type()? {
            "WorkflowAlreadyRunning" => Some(Self::AlreadyRunning),
            "WorkflowIdReused" => Some(Self::IdReused),
            "WorkflowTypeNotFound" => Some(Self::UnknownType),
            "NamespaceNotFound" => Some(Self::UnknownNamespace),
            "ModuleUnusable" => Some(Self::UnusableModule),
            _ => None,
        }
    }
}
