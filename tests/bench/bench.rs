//! What the workloads share.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::{
    args::Settings,
    backend::{Backend, Databases},
    code::Code,
    host::{HostOptions, HostProcess},
    report::SharedReport,
};

/// The folder of built guests.
const GUESTS_VARIABLE: &str = "DALSEGNO_GUESTS";

/// One run of the benchmark.
pub(crate) struct Bench {
    pub(crate) settings: Settings,
    pub(crate) report: SharedReport,
    /// The component of all workloads.
    pub(crate) component: Vec<u8>,
    pub(crate) databases: Databases,
    folder: Arc<TempDir>,
}

impl Bench {
    pub(crate) fn new(settings: Settings, report: SharedReport) -> anyhow::Result<Self> {
        let folder = match &settings.dir {
            Some(dir) => tempfile::Builder::new().prefix("bench-").tempdir_in(dir),
            None => tempfile::Builder::new().prefix("bench-").tempdir(),
        };
        let folder = Arc::new(folder.context("cannot make a temporary folder")?);
        let databases = Databases::new(folder.path().to_owned());
        Ok(Self { settings, report, component: component()?, databases, folder })
    }

    /// The folder of everything; removed with the last of these.
    pub(crate) fn folder(&self) -> Arc<TempDir> {
        self.folder.clone()
    }

    /// Where hosts and the benchmark itself keep compiled modules.
    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.path().join("modules")
    }

    /// The component, loaded in this process.
    pub(crate) fn code(&self) -> anyhow::Result<Code> {
        Code::load(&self.component, self.cache())
    }

    /// A host with a database of its own, and the component.
    pub(crate) async fn host(&self, backend: Backend, options: HostOptions) -> anyhow::Result<HostProcess> {
        let database = self.databases.fresh(backend).await?;
        let host = HostProcess::start(&database, &self.cache(), options).await?;
        host.client().await?.upload(&self.component).await?;
        Ok(host)
    }

    /// How long a measurement under load takes.
    pub(crate) fn time(&self) -> Duration {
        if self.settings.quick {
            Duration::from_millis(500)
        } else {
            Duration::from_secs_f64(self.settings.seconds)
        }
    }

    /// How often something is measured that is counted rather than timed.
    pub(crate) fn count(&self, usually: usize) -> usize {
        if self.settings.quick { usually.div_ceil(20) } else { usually }
    }
}

fn component() -> anyhow::Result<Vec<u8>> {
    let folder = std::env::var_os(GUESTS_VARIABLE).map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/guests/wasm"),
        PathBuf::from,
    );
    let path = folder.join("chain.wasm");
    std::fs::read(&path).with_context(|| {
        format!(
            "cannot read {}; build the guests: export {GUESTS_VARIABLE}=$(tests/toolchain/guests)",
            path.display()
        )
    })
}
