//! Uploads: checked, compiled, kept, deployed. The work goes on if the client does not wait for it.
//!
//! **Invariant:** a module is worked on once at a time, however often a client asks; who asks again meanwhile waits for
//! the same end.

use std::{
    collections::{BTreeSet, HashMap},
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use dalsegno_engine::{
    Timestamp,
    ids::{ModuleDigest, Namespace, WorkflowType},
};
use dalsegno_sandbox::ModuleDefinition;
use dalsegno_store::ModuleRow;
use lru::LruCache;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::{ModuleError, Modules, arguments::check_schemas, blocking};

/// Modules that are uploaded at a time; the bytes of each are in memory.
const UPLOADS_MAX: usize = 16;
/// Refused uploads that are remembered, so that whoever polls is told why.
const REFUSED_REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(256).expect("it is positive");
/// What a module says of itself, in bytes of JSON.
const DEFINITION_BYTES_MAX: usize = 1 << 20;

/// What became of an upload, so far.
#[derive(Debug, Clone)]
pub(crate) enum Progress {
    Compiling,
    /// Kept; false: it was there.
    Ready(bool),
    Failed(ModuleError),
}

/// An upload.
#[derive(Clone)]
pub(crate) struct Upload {
    pub(crate) namespace: Namespace,
    pub(crate) digest: ModuleDigest,
    pub(crate) bytes: Bytes,
    /// Its types' new runs get it, even if they have another.
    pub(crate) deploy: bool,
}

type UploadKey = (Namespace, ModuleDigest);

/// The uploads under way, and those that were refused a short time ago.
pub(super) struct Uploads {
    under_way: Mutex<HashMap<UploadKey, UnderWay>>,
    refused: Mutex<LruCache<UploadKey, String>>,
}

struct UnderWay {
    progress: watch::Receiver<Progress>,
    /// As one of those who sent it wants it.
    deploy: bool,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { under_way: Mutex::default(), refused: Mutex::new(LruCache::new(REFUSED_REMEMBERED_MAX)) }
    }
}

impl Uploads {
    /// Joins an upload that is under way, or begins one and gives by what its end is told.
    ///
    /// # Errors
    /// [`ModuleError::TooManyUploads`].
    fn join(
        &self,
        key: &UploadKey,
        deploy: bool,
    ) -> Result<(watch::Receiver<Progress>, Option<watch::Sender<Progress>>), ModuleError> {
        let mut under_way = self.under_way.lock();
        if let Some(known) = under_way.get_mut(key) {
            known.deploy |= deploy;
            return Ok((known.progress.clone(), None));
        }
        if under_way.len() >= UPLOADS_MAX {
            return Err(ModuleError::TooManyUploads(under_way.len()));
        }
        let (tell, progress) = watch::channel(Progress::Compiling);
        under_way.insert(key.clone(), UnderWay { progress: progress.clone(), deploy });
        Ok((progress, Some(tell)))
    }

    fn is_to_be_deployed(&self, key: &UploadKey) -> bool {
        self.under_way.lock().get(key).is_some_and(|known| known.deploy)
    }

    /// Ends an upload that was deployed like this. False: somebody has joined it who wants it deployed otherwise.
    fn end(&self, key: &UploadKey, deployed: bool) -> bool {
        let mut under_way = self.under_way.lock();
        let ends = deployed || under_way.get(key).is_none_or(|known| !known.deploy);
        if ends {
            under_way.remove(key);
        }
        ends
    }

    /// Ends an upload that cannot be kept.
    fn fail(&self, key: UploadKey, error: &ModuleError) {
        self.under_way.lock().remove(&key);
        if let ModuleError::Refused(problem) = error {
            self.refused.lock().put(key, problem.clone());
        }
    }
}

impl Modules {
    /// Takes an upload, and waits for its end as long as asked.
    pub(crate) async fn upload(
        self: &Arc<Self>,
        upload: Upload,
        wait: Duration,
    ) -> Result<Progress, ModuleError> {
        let (sandbox, bytes) = (self.sandbox.clone(), upload.bytes.clone());
        blocking(move || Ok(sandbox.validate(&bytes)?)).await?;
        let mut progress = self.begin_upload(upload)?;
        let ended = progress.wait_for(|progress| !matches!(progress, Progress::Compiling));
        match tokio::time::timeout(wait, ended).await {
            Ok(Ok(ended)) => match &*ended {
                Progress::Failed(error) => Err(error.clone()),
                ended => Ok(ended.clone()),
            },
            Ok(Err(_)) => Err(ModuleError::Broken("the upload was given up".to_owned())),
            Err(_) => Ok(Progress::Compiling),
        }
    }

    fn begin_upload(self: &Arc<Self>, upload: Upload) -> Result<watch::Receiver<Progress>, ModuleError> {
        let key = (upload.namespace.clone(), upload.digest.clone());
        let (progress, tell) = self.uploads.join(&key, upload.deploy)?;
        if let Some(tell) = tell {
            let modules = self.clone();
            tokio::spawn(async move {
                let ended = match modules.keep_and_deploy(&key, upload.bytes).await {
                    Ok(new) => Progress::Ready(new),
                    Err(error) => {
                        modules.uploads.fail(key, &error);
                        Progress::Failed(error)
                    }
                };
                let _ = tell.send(ended);
            });
        }
        Ok(progress)
    }

    /// False: the module was there.
    async fn keep_and_deploy(&self, key: &UploadKey, bytes: Bytes) -> Result<bool, ModuleError> {
        let (namespace, digest) = key;
        let new = self.keep(namespace, digest, bytes).await?;
        loop {
            let deploy = self.uploads.is_to_be_deployed(key);
            self.deploy(namespace, digest, !deploy).await?;
            if self.uploads.end(key, deploy) {
                tracing::info!(%namespace, module = %digest, new, "a module was uploaded");
                return Ok(new);
            }
        }
    }

    /// Compiles a module, asks it what it holds, and keeps it. False: it was there.
    async fn keep(
        &self,
        namespace: &Namespace,
        digest: &ModuleDigest,
        bytes: Bytes,
    ) -> Result<bool, ModuleError> {
        self.compile(digest, async { Ok(bytes.clone()) }).await?;
        let definition = self.definition(digest).await?;
        check_definition(&definition)?;
        let checked = definition.clone();
        blocking(move || check_schemas(&checked).map_err(ModuleError::Refused)).await?;
        let text = serde_json::to_string(&*definition);
        let text = text.map_err(|error| ModuleError::Broken(error.to_string()))?;
        if text.len() > DEFINITION_BYTES_MAX {
            return Err(ModuleError::Refused(format!(
                "what the module tells of its workflows has {} bytes, {DEFINITION_BYTES_MAX} are allowed: divide it \
                 into several modules",
                text.len()
            )));
        }
        let row = ModuleRow {
            namespace: namespace.clone(),
            digest: digest.clone(),
            bytes: bytes.len() as u64,
            definition: text,
            uploaded_at: now(),
        };
        Ok(self.store.put_module(&row, &bytes).await?)
    }

    /// Whether a module is being compiled, or was refused, and why.
    pub(crate) fn unfinished(&self, namespace: &Namespace, digest: &ModuleDigest) -> Option<Progress> {
        let key = (namespace.clone(), digest.clone());
        if let Some(known) = self.uploads.under_way.lock().get(&key) {
            return Some(known.progress.borrow().clone());
        }
        let refused = self.uploads.refused.lock().get(&key).cloned();
        refused.map(|problem| Progress::Failed(ModuleError::Refused(problem)))
    }
}

fn check_definition(definition: &ModuleDefinition) -> Result<(), ModuleError> {
    if definition.workflows.is_empty() {
        return Err(ModuleError::Refused("the module defines no workflow; export at least one".to_owned()));
    }
    let mut names = BTreeSet::new();
    for workflow in &definition.workflows {
        if let Err(problem) = WorkflowType::parse(&workflow.name) {
            return Err(ModuleError::Refused(format!("a workflow type of the module {problem}")));
        }
        if !names.insert(&workflow.name) {
            return Err(ModuleError::Refused(format!(
                "the module defines the workflow `{}` twice",
                workflow.name
            )));
        }
    }
    Ok(())
}

/// When a module was uploaded is for people; nothing depends on it.
fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digest: &str) -> UploadKey {
        (Namespace::new("default"), ModuleDigest::new(digest))
    }

    #[test]
    fn who_sends_a_module_again_joins_the_upload_under_way() {
        let uploads = Uploads::default();
        let (_, tell) = uploads.join(&key("a"), false).expect("there is room");
        assert!(tell.is_some());
        let (mut progress, again) = uploads.join(&key("a"), false).expect("it is known");
        assert!(again.is_none());
        assert!(uploads.end(&key("a"), false));
        let _ = tell.expect("it was begun").send(Progress::Ready(true));
        assert!(matches!(*progress.borrow_and_update(), Progress::Ready(true)));
        assert!(uploads.under_way.lock().is_empty());
    }

    #[test]
    fn who_joins_an_upload_late_has_it_deployed_all_the_same() {
        let uploads = Uploads::default();
        let _begun = uploads.join(&key("a"), false).expect("there is room");
        let deployed = uploads.is_to_be_deployed(&key("a"));
        let _joined = uploads.join(&key("a"), true).expect("it is known");
        assert!(!uploads.end(&key("a"), deployed), "the other wants it deployed");
        assert!(uploads.is_to_be_deployed(&key("a")) && uploads.end(&key("a"), true));
    }

    #[test]
    fn uploads_beyond_the_limit_are_refused_until_others_end() {
        let uploads = Uploads::default();
        for number in 0..UPLOADS_MAX {
            drop(uploads.join(&key(&number.to_string()), false).expect("there is room"));
        }
        assert!(matches!(uploads.join(&key("more"), false), Err(ModuleError::TooManyUploads(UPLOADS_MAX))));
        assert!(uploads.join(&key("0"), true).is_ok(), "joining takes no room");
        uploads.fail(key("0"), &ModuleError::Refused("no".to_owned()));
        assert!(uploads.join(&key("more"), false).is_ok());
    }
}
