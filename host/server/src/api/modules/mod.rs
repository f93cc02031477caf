//! Modules: one file for each call, and how they all show one.

mod describe;
mod list;
mod upload;

use dalsegno_engine::{
    Timestamp,
    ids::{ModuleDigest, WorkflowType},
};
use dalsegno_sandbox::{HandlerDefinition, ModuleDefinition, WorkflowDefinition};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, problem::Problem};
use crate::service::{ErrorCode, ModuleInfo, ModuleStatus};

/// Every call of modules, beside its documentation.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list::list, upload::upload)).routes(routes!(describe::describe))
}

/// A module.
#[derive(Serialize, ToSchema)]
#[schema(as = Module)]
pub(crate) struct ModuleBody {
    /// Its name by content: `sha256:` and 64 hexadecimal digits.
    #[schema(value_type = String)]
    digest: ModuleDigest,
    status: StatusBody,
    /// Its size.
    bytes: u64,
    /// Present once it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    uploaded_at: Option<Timestamp>,
    /// Present once it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    sdk: Option<SdkBody>,
    /// What it holds; present once it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    workflows: Option<Vec<WorkflowBody>>,
    /// Workflow types whose new runs get it; present once it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    deployed: Option<Vec<WorkflowType>>,
    /// Why it is refused; present if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::problem::ProblemBody>)]
    problem: Option<serde_json::Value>,
}

/// Where a module stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ModuleStatus)]
pub(crate) enum StatusBody {
    /// It is being compiled.
    Compiling,
    /// Its workflows can be started.
    Ready,
    /// It cannot be run.
    Refused,
}

/// The library a module was written with.
#[derive(Serialize, ToSchema)]
#[schema(as = ModuleSdk)]
pub(crate) struct SdkBody {
    name: String,
    version: String,
}

/// A workflow type of a module.
#[derive(Serialize, ToSchema)]
#[schema(as = ModuleWorkflow)]
pub(crate) struct WorkflowBody {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Names of the signals it handles.
    signals: Vec<String>,
    /// Names of the queries it answers.
    queries: Vec<String>,
    /// Names of the updates it handles.
    updates: Vec<String>,
    /// Whether it takes signals of other names too.
    dynamic_signals: bool,
    /// Whether it answers queries of other names too.
    dynamic_queries: bool,
    /// Whether it takes updates of other names too.
    dynamic_updates: bool,
}

impl From<ModuleInfo> for ModuleBody {
    fn from(module: ModuleInfo) -> Self {
        let mut body = Self {
            digest: module.digest,
            status: StatusBody::Compiling,
            bytes: module.bytes,
            uploaded_at: module.uploaded_at,
            sdk: None,
            workflows: None,
            deployed: None,
            problem: None,
        };
        match module.status {
            ModuleStatus::Compiling => {}
            ModuleStatus::Ready { definition, deployed } => {
                let ModuleDefinition { sdk_name: name, sdk_version: version, workflows } = *definition;
                body.status = StatusBody::Ready;
                body.sdk = Some(SdkBody { name, version });
                body.workflows = Some(workflows.into_iter().map(WorkflowBody::from).collect());
                body.deployed = Some(deployed);
            }
            ModuleStatus::Refused(why) => {
                let problem = Problem::new(ErrorCode::ModuleRefused, why);
                body.status = StatusBody::Refused;
                body.problem = serde_json::to_value(problem.body()).ok();
            }
        }
        body
    }
}

impl From<WorkflowDefinition> for WorkflowBody {
    fn from(workflow: WorkflowDefinition) -> Self {
        let names = |handlers: Vec<HandlerDefinition>| {
            handlers.into_iter().map(|handler| handler.name).collect::<Vec<_>>()
        };
        Self {
            name: workflow.name,
            description: workflow.description,
            signals: names(workflow.signals),
            queries: names(workflow.queries),
            updates: names(workflow.updates),
            dynamic_signals: workflow.dynamic_signals,
            dynamic_queries: workflow.dynamic_queries,
            dynamic_updates: workflow.dynamic_updates,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: ModuleStatus) -> serde_json::Value {
        let info = ModuleInfo { digest: ModuleDigest::new("sha256:0"), bytes: 7, uploaded_at: None, status };
        serde_json::to_value(ModuleBody::from(info)).expect("plain data")
    }

    #[test]
    fn a_compiling_module_has_no_workflows_yet() {
        let body = serde_json::json!({"digest": "sha256:0", "status": "compiling", "bytes": 7});
        assert_eq!(shown(ModuleStatus::Compiling), body);
    }

    #[test]
    fn a_refused_module_says_why() {
        let body = shown(ModuleStatus::Refused("it imports wasi:http".to_owned()));
        assert_eq!(body["status"], "refused");
        assert_eq!(body["problem"]["code"], "module_refused");
        assert_eq!(body["problem"]["detail"], "it imports wasi:http");
    }

    #[test]
    fn handlers_are_shown_by_name() {
        let handler = |name: &str| HandlerDefinition {
            name: name.to_owned(),
            description: None,
            input_schemas: None,
            result_schema: None,
        };
        let workflow = WorkflowDefinition {
            name: "approval".to_owned(),
            description: None,
            input_schemas: None,
            result_schema: None,
            signals: vec![handler("approve"), handler("reject")],
            queries: vec![handler("status")],
            updates: Vec::new(),
            dynamic_signals: false,
            dynamic_queries: true,
            dynamic_updates: false,
        };
        let definition = ModuleDefinition {
            sdk_name: "rust".to_owned(),
            sdk_version: "0.1.0".to_owned(),
            workflows: vec![workflow],
        };
        let deployed = vec![WorkflowType::new("approval")];
        let body = shown(ModuleStatus::Ready { definition: Box::new(definition), deployed });
        assert_eq!(body["status"], "ready");
        assert_eq!(body["workflows"][0]["signals"], serde_json::json!(["approve", "reject"]));
        assert_eq!(body["workflows"][0]["queries"], serde_json::json!(["status"]));
        assert_eq!(body["deployed"], serde_json::json!(["approval"]));
    }
}
