//! What `#[workflow]` makes of a type, and how the SDK drives it without knowing the type.

use std::pin::Pin;

use crate::{
    bindings::{
        dalsegno::workflow::types::Request,
        exports::dalsegno::workflow::guest::{HandlerDefinition, WorkflowDefinition},
    },
    context::Context,
    failure::Failure,
    handlers::Unfinished,
    payload::{Arguments, Payload},
};

/// A future that stays on its thread.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// A workflow type. Implemented by [`#[workflow]`](macro@crate::workflow), not by hand.
pub trait Workflow: Sized + 'static {
    /// Its name.
    const NAME: &'static str;

    /// Its name, handlers and schemas.
    fn definition() -> Definition;

    /// The state before anything has happened.
    ///
    /// # Errors
    /// The arguments do not fit.
    fn init(input: Arguments<'_>) -> Result<Self, Failure>;

    /// The main routine.
    ///
    /// # Errors
    /// The arguments do not fit.
    fn run(
        context: Context<Self>,
        input: Arguments<'_>,
    ) -> Result<LocalFuture<Result<Payload, Failure>>, Failure>;

    /// Handles a signal.
    fn signal(context: &Context<Self>, name: &str, input: Arguments<'_>) -> Handled<()>;

    /// Handles an update that was accepted.
    fn update(context: &Context<Self>, name: &str, input: Arguments<'_>) -> Handled<Payload>;

    /// Decides whether an update is accepted; `None` if no handler has this name.
    fn validate(&self, name: &str, input: Arguments<'_>) -> Option<Result<(), Failure>>;

    /// Answers a query; `None` if no handler has this name.
    fn query(&self, name: &str, input: Arguments<'_>) -> Option<Result<Payload, Failure>>;
}

/// What the handler of a signal or an update did.
pub enum Handled<T> {
    /// It is done.
    Done(Result<T, Failure>),
    /// It goes on as a task.
    Task(LocalFuture<Result<T, Failure>>, Unfinished),
    /// The arguments do not fit.
    BadArguments(Failure),
    /// There is none of this name.
    Unknown,
}

/// What a signal's handler or a validator may return: nothing, or a result.
pub trait HandlerResult {
    /// As a result.
    ///
    /// # Errors
    /// The handler's own.
    fn into_result(self) -> Result<(), Failure>;
}

impl HandlerResult for () {
    fn into_result(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: Into<Failure>> HandlerResult for Result<(), E> {
    fn into_result(self) -> Result<(), Failure> {
        self.map_err(Into::into)
    }
}

/// The name and the handlers of a workflow type.
#[derive(Debug)]
pub struct Definition(pub(crate) WorkflowDefinition);

impl Definition {
    /// A type without handlers, and the schemas of its arguments.
    #[must_use]
    pub fn new(name: &str, description: &str, input: Vec<String>) -> Self {
        Self(WorkflowDefinition {
            name: name.to_owned(),
            description: some_text(description),
            input_schemas: Some(input),
            result_schema: None,
            signals: Vec::new(),
            queries: Vec::new(),
            updates: Vec::new(),
            dynamic_signals: false,
            dynamic_queries: false,
            dynamic_updates: false,
            extensions: Vec::new(),
        })
    }

    /// Adds a signal.
    #[must_use]
    pub fn signal(mut self, name: &str, description: &str, input: Vec<String>) -> Self {
        self.0.signals.push(handler(name, description, input));
        self
    }

    /// Adds a query.
    #[must_use]
    pub fn query(mut self, name: &str, description: &str, input: Vec<String>) -> Self {
        self.0.queries.push(handler(name, description, input));
        self
    }

    /// Adds an update.
    #[must_use]
    pub fn update(mut self, name: &str, description: &str, input: Vec<String>) -> Self {
        self.0.updates.push(handler(name, description, input));
        self
    }

    /// Says that signals of other names have a handler.
    #[must_use]
    pub fn dynamic_signal(mut self) -> Self {
        self.0.dynamic_signals = true;
        self
    }

    /// Says that queries of other names have a handler.
    #[must_use]
    pub fn dynamic_query(mut self) -> Self {
        self.0.dynamic_queries = true;
        self
    }

    /// Says that updates of other names have a handler.
    #[must_use]
    pub fn dynamic_update(mut self) -> Self {
        self.0.dynamic_updates = true;
        self
    }
}

fn handler(name: &str, description: &str, input: Vec<String>) -> HandlerDefinition {
    HandlerDefinition {
        name: name.to_owned(),
        description: some_text(description),
        input_schemas: Some(input),
        result_schema: None,
    }
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Makes the state of a run from the arguments of its start.
pub(crate) type StartInstance = fn(&[Payload]) -> Result<Box<dyn Instance>, Failure>;

/// A workflow type of a module. Made by [`workflows!`](crate::workflows).
pub struct WorkflowType {
    pub(crate) name: &'static str,
    pub(crate) definition: fn() -> Definition,
    pub(crate) start: StartInstance,
}

impl WorkflowType {
    /// The type that `W` implements.
    #[must_use]
    pub fn of<W: Workflow>() -> Self {
        Self {
            name: W::NAME,
            definition: W::definition,
            start: |input| Ok(Box::new(Context::new(W::init(Arguments::new(input))?))),
        }
    }
}

/// A workflow of any type.
pub(crate) trait Instance {
    fn run(&self, input: &[Payload]) -> Result<LocalFuture<Result<Payload, Failure>>, Failure>;
    fn signal(&self, signal: &Request) -> Handled<()>;
    fn update(&self, update: &Request) -> Handled<Payload>;
    fn validate(&self, update: &Request) -> Option<Result<(), Failure>>;
    fn query(&self, query: &Request) -> Option<Result<Payload, Failure>>;
}

impl<W: Workflow> Instance for Context<W> {
    fn run(&self, input: &[Payload]) -> Result<LocalFuture<Result<Payload, Failure>>, Failure> {
        W::run(self.clone(), Arguments::new(input))
    }

    fn signal(&self, signal: &Request) -> Handled<()> {
        W::signal(self, &signal.name, Arguments::new(&signal.input))
    }

    fn update(&self, update: &Request) -> Handled<Payload> {
        W::update(self, &update.name, Arguments::new(&update.input))
    }

    fn validate(&self, update: &Request) -> Option<Result<(), Failure>> {
        self.borrow().validate(&update.name, Arguments::new(&update.input))
    }

    fn query(&self, query: &Request) -> Option<Result<Payload, Failure>> {
        self.borrow().query(&query.name, Arguments::new(&query.input))
    }
}
