//! Runs that may begin: their code is there, and how they begin is settled.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use dalsegno_engine::{
    Payload, Seed, Timestamp,
    attributes::Attributes,
    event::{Origin, WorkflowExecutionStarted},
    history::ENGINE_SEMANTICS,
    ids::{
        DEFAULT_TASK_QUEUE, ModuleDigest, Namespace, RequestId, RunId, TaskQueue, WorkflowId, WorkflowType,
    },
};
use dalsegno_sandbox::Module;
use sha2::{Digest, Sha256};

use super::{
    ErrorCode, IdConflictPolicy, IdReusePolicy, ModuleStatus, Service, ServiceError, StartRequest, lookup,
};
use crate::{
    modules::{Call, Callee},
    owner::Owner,
};

/// Workflow types that are named to who asks for one that is not there.
const TYPES_TOLD_MAX: usize = 20;

/// A run that may begin.
#[derive(Clone)]
pub(super) struct Fresh {
    /// Its code, as long as it lives.
    pub(super) module: Module,
    /// How it begins.
    pub(super) started: WorkflowExecutionStarted,
    /// What closed runs of its id mean.
    pub(super) id_reuse_policy: IdReusePolicy,
    /// What an open run of its id means.
    pub(super) id_conflict_policy: IdConflictPolicy,
    /// Its workflow id is new, so no other run can have it.
    pub(super) made_up: bool,
}

impl Service {
    /// Settles all of a new run but when it begins.
    pub(super) async fn prepare(&self, owner: &Owner, request: StartRequest) -> Result<Fresh, ServiceError> {
        let module = self.module_for(owner, &request).await?;
        let workflow_type = &request.workflow_type;
        let callee = Callee { module: module.digest(), workflow_type, call: Call::Start };
        self.check_arguments(callee, &request.input).await?;
        let made_up = request.workflow_id.is_none() && request.request_id.is_none();
        let workflow_id = workflow_id(&request)?;
        if let Some(policy) = &request.retry_policy {
            policy.check().map_err(|problem| ServiceError::invalid(format!("retry_policy: {problem}")))?;
        }
        let started = WorkflowExecutionStarted {
            workflow_type: request.workflow_type,
            workflow_id,
            task_queue: request.task_queue.unwrap_or_else(|| TaskQueue::new(DEFAULT_TASK_QUEUE)),
            input: request.input,
            headers: request.headers,
            module: module.digest().clone(),
            seed: Seed(random()?),
            engine_semantics: ENGINE_SEMANTICS,
            first_run_id: new_run_id(owner.clock.now())?,
            attempt: 1,
            execution_timeout: request.execution_timeout,
            run_timeout: request.run_timeout,
            start_delay: request.start_delay,
            memo: checked_memo(request.memo)?,
            search_attributes: checked_search_attributes(request.search_attributes)?,
            request_id: request.request_id,
            namespace: request.namespace,
            retry_policy: request.retry_policy,
            origin: Origin::default(),
        };
        let (id_reuse_policy, id_conflict_policy) = (request.id_reuse_policy, request.id_conflict_policy);
        Ok(Fresh { module, started, id_reuse_policy, id_conflict_policy, made_up })
    }

    /// The module the new run will have as long as it lives.
    async fn module_for(&self, owner: &Owner, request: &StartRequest) -> Result<Module, ServiceError> {
        let (namespace, workflow_type) = (&request.namespace, &request.workflow_type);
        let digest: ModuleDigest = match &request.module {
            Some(digest) => {
                let found = self.store.module(namespace, digest).await?;
                let missing =
                    || ServiceError::new(ErrorCode::ModuleNotFound, format!("there is no module {digest}"));
                found.ok_or_else(missing)?.digest
            }
            None => {
                let found = owner.modules.deployed(namespace, workflow_type).await?;
                match found {
                    Some(digest) => digest,
                    None => return Err(self.type_not_found(namespace, workflow_type).await?),
                }
            }
        };
        let definition = owner.modules.definition(&digest).await.map_err(lookup::module)?;
        if !definition.workflows.iter().any(|workflow| workflow.name == workflow_type.as_str()) {
            let known: Vec<&str> =
                definition.workflows.iter().map(|workflow| workflow.name.as_str()).collect();
            let message = format!(
                "the module {digest} has no workflow type `{workflow_type}`; it has: {}",
                known.join(", ")
            );
            return Err(ServiceError::new(ErrorCode::WorkflowTypeNotFound, message));
        }
        owner.modules.load(&digest).await.map_err(lookup::module)
    }

    /// That no new run can have this type, and which it can.
    async fn type_not_found(
        &self,
        namespace: &Namespace,
        workflow_type: &WorkflowType,
    ) -> Result<ServiceError, ServiceError> {
        let mut deployed = BTreeSet::new();
        for module in self.modules(namespace).await? {
            if let ModuleStatus::Ready { deployed: types, .. } = module.status {
                deployed.extend(types.iter().map(ToString::to_string));
            }
        }
        let mut message = format!("no module with the workflow type `{workflow_type}` is deployed");
        if !deployed.is_empty() {
            let more = if deployed.len() > TYPES_TOLD_MAX { ", …" } else { "" };
            let told: Vec<String> = deployed.into_iter().take(TYPES_TOLD_MAX).collect();
            message.push_str(&format!("; there is: {}{more}", told.join(", ")));
        }
        Ok(ServiceError::new(ErrorCode::WorkflowTypeNotFound, message))
    }
}

fn checked_memo(memo: BTreeMap<String, Payload>) -> Result<BTreeMap<String, Payload>, ServiceError> {
    let checked = Attributes { memo, ..Attributes::default() }.fresh();
    checked.map(|fresh| fresh.memo).map_err(|problem| ServiceError::new(ErrorCode::TooLarge, problem))
}

fn checked_search_attributes(
    search_attributes: BTreeMap<String, Payload>,
) -> Result<BTreeMap<String, Payload>, ServiceError> {
    let checked = Attributes { search_attributes, ..Attributes::default() }.fresh();
    let checked = checked.map(|fresh| fresh.search_attributes);
    checked.map_err(|problem| ServiceError::invalid(format!("search_attributes: {problem}")))
}

/// The id as given; from the request id, so that asking again means the same workflow; else at random.
fn workflow_id(request: &StartRequest) -> Result<WorkflowId, ServiceError> {
    match (&request.workflow_id, &request.request_id) {
        (Some(id), _) => Ok(id.clone()),
        (None, Some(request_id)) => Ok(derived_id(request, request_id)),
        (None, None) => Ok(WorkflowId::new(random_uuid()?)),
    }
}

fn derived_id(request: &StartRequest, request_id: &RequestId) -> WorkflowId {
    let mut hasher = Sha256::new();
    for part in [request.namespace.as_str(), request.workflow_type.as_str(), request_id.as_str()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut id = String::with_capacity(32);
    for byte in &hasher.finalize()[..16] {
        // Writing to a string does not fail.
        let _ = write!(id, "{byte:02x}");
    }
    WorkflowId::new(id)
}

fn new_run_id(now: Timestamp) -> Result<RunId, ServiceError> {
    let millis = now.as_micros() / 1000;
    Ok(RunId::new(uuid::Builder::from_unix_timestamp_millis(millis, &random()?).into_uuid().to_string()))
}

/// An id that nobody else has.
pub(super) fn random_uuid() -> Result<String, ServiceError> {
    Ok(uuid::Builder::from_random_bytes(random()?).into_uuid().to_string())
}

fn random<const N: usize>() -> Result<[u8; N], ServiceError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        ServiceError::new(ErrorCode::Internal, format!("the machine gives no randomness: {error}"))
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use dalsegno_engine::attributes::TYPE;
    use rstest::rstest;

    use super::*;

    fn named(json: &'static str) -> BTreeMap<String, Payload> {
        BTreeMap::from([("Name".to_owned(), Payload::json(json))])
    }

    #[rstest]
    #[case("\"EU\"", "keyword")]
    #[case("3", "int")]
    #[case("0.5", "double")]
    #[case("[\"a\"]", "keyword-list")]
    fn search_attributes_without_a_type_get_one(#[case] json: &'static str, #[case] r#type: &str) {
        let checked = checked_search_attributes(named(json)).expect("it can be searched");
        assert_eq!(checked["Name"].metadata[TYPE], r#type);
    }

    #[test]
    fn what_cannot_be_searched_is_refused_by_name() {
        let error = checked_search_attributes(named("{}")).expect_err("it is no value of a type");
        assert!(error.code == ErrorCode::InvalidArgument && error.message.contains("`Name`"), "{error}");
    }

    #[test]
    fn null_means_no_note_and_no_attribute() {
        assert!(checked_memo(named("null")).expect("nothing is wrong").is_empty());
        assert!(checked_search_attributes(named("null")).expect("nothing is wrong").is_empty());
    }
}
