//! Uploading modules, and telling of them.

use std::time::Duration;

use bytes::Bytes;
use dalsegno_engine::ids::{ModuleDigest, Namespace, WorkflowType};
use dalsegno_sandbox::{ModuleDefinition, Sandbox};
use dalsegno_store::ModuleRow;

use super::{ErrorCode, ModuleInfo, ModuleStatus, Service, ServiceError, Uploaded, lookup};
use crate::modules::{Progress, Upload};

impl Service {
    /// Takes a module; waits for its compiling up to `wait`. Its types that have none yet get it for new
    /// runs; with `deploy`, all do.
    ///
    /// # Errors
    /// [`ErrorCode::ModuleRefused`]: nothing is kept. Or as for every call.
    pub async fn upload(
        &self,
        namespace: &Namespace,
        bytes: Bytes,
        wait: Duration,
        deploy: bool,
    ) -> Result<Uploaded, ServiceError> {
        self.check_namespace(namespace).await?;
        let owner = self.owner()?;
        let digest = Sandbox::digest(&bytes);
        let size = bytes.len() as u64;
        let upload = Upload { namespace: namespace.clone(), digest: digest.clone(), bytes, deploy };
        match owner.modules.upload(upload, wait).await.map_err(lookup::module)? {
            Progress::Ready(new) => Ok(Uploaded { module: self.module(namespace, &digest).await?, new }),
            Progress::Compiling | Progress::Failed(_) => {
                let module =
                    ModuleInfo { digest, bytes: size, uploaded_at: None, status: ModuleStatus::Compiling };
                Ok(Uploaded { module, new: true })
            }
        }
    }

    /// Lists modules, the newest first.
    ///
    /// # Errors
    /// As for every call.
    pub async fn modules(&self, namespace: &Namespace) -> Result<Vec<ModuleInfo>, ServiceError> {
        self.check_namespace(namespace).await?;
        let mut modules = Vec::new();
        for row in self.store.modules(namespace).await? {
            modules.push(self.ready(row).await?);
        }
        Ok(modules)
    }

    /// Tells of a module.
    ///
    /// # Errors
    /// [`ErrorCode::ModuleNotFound`], or as for every call.
    pub async fn module(
        &self,
        namespace: &Namespace,
        digest: &ModuleDigest,
    ) -> Result<ModuleInfo, ServiceError> {
        self.check_namespace(namespace).await?;
        // Asked first: what is stored is ready only once its types have been deployed, with which the upload ends.
        let unfinished = self.modules.unfinished(namespace, digest);
        if !matches!(unfinished, Some(Progress::Compiling | Progress::Ready(_)))
            && let Some(row) = self.store.module(namespace, digest).await?
        {
            return self.ready(row).await;
        }
        let status = match unfinished {
            Some(Progress::Compiling | Progress::Ready(_)) => ModuleStatus::Compiling,
            Some(Progress::Failed(error)) => ModuleStatus::Refused(error.to_string()),
            None => {
                let message = format!("there is no module {digest}");
                return Err(ServiceError::new(ErrorCode::ModuleNotFound, message));
            }
        };
        Ok(ModuleInfo { digest: digest.clone(), bytes: 0, uploaded_at: None, status })
    }

    async fn ready(&self, row: ModuleRow) -> Result<ModuleInfo, ServiceError> {
        let definition: ModuleDefinition = serde_json::from_str(&row.definition).map_err(|error| {
            ServiceError::new(ErrorCode::Internal, format!("module {}: {error}", row.digest))
        })?;
        let mut deployed = Vec::new();
        for workflow in &definition.workflows {
            let workflow_type = WorkflowType::new(&workflow.name);
            if self.modules.deployed(&row.namespace, &workflow_type).await?.as_ref() == Some(&row.digest) {
                deployed.push(workflow_type);
            }
        }
        let status = ModuleStatus::Ready { definition: Box::new(definition), deployed };
        Ok(ModuleInfo { digest: row.digest, bytes: row.bytes, uploaded_at: Some(row.uploaded_at), status })
    }
}
