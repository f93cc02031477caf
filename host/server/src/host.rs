//! A host, put together and served.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use dalsegno_sandbox::{Sandbox, SandboxConfig};
use dalsegno_store::{OpenError, OpenOptions, SharedStore};
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    activities::{
        Activities, Activity, ActivityFn, Queues,
        command::CommandActivity,
        http::{AllowList, HttpActivity},
        typed,
    },
    api,
    config::{ByteSize, HostConfig, TASK_QUEUE_CONCURRENCY},
    modules::Modules,
    owner::{
        Parts,
        guests::GuestThreads,
        tenure::{Identity, Tenure},
    },
    service::Service,
    telemetry::metrics::Metrics,
    testing::Testing,
};

/// Wait before trying a database again that does not answer at the start.
const DATABASE_RETRY: Duration = Duration::from_secs(1);
/// Guest threads at least, so that one guest that computes long leaves others a thread.
const GUEST_THREADS_MIN: usize = 2;

/// What a stop may take beyond the configured wait for attempts.
const FAREWELL_MAX: Duration = Duration::from_secs(4);
/// The time for closing the connections to the database.
const CLOSE_MAX: Duration = Duration::from_millis(500);

/// A host, to be served. Embed it to register activities in Rust:
///
/// ```no_run
/// # async fn example() -> anyhow::Result<()> {
/// use dalsegno_server::{ActivityContext, Host};
///
/// dalsegno_sandbox::compile_child_main();
/// let host = Host::builder()
///     .activity("double", |_: ActivityContext, number: u64| async move { Ok(number * 2) })
///     .build()
///     .await?;
/// host.serve(Default::default()).await
/// # }
/// ```
pub struct Host {
    config: HostConfig,
    listener: TcpListener,
    tenure: Arc<Tenure>,
    service: Arc<Service>,
    store: SharedStore,
    testing: Option<Testing>,
}

/// A host in the making.
#[derive(Default)]
pub struct HostBuilder {
    config: HostConfig,
    activities: HashMap<String, Arc<dyn Activity>>,
    is_for_tests: bool,
}

impl Host {
    /// A host with all defaults.
    #[must_use]
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The socket has no address.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What clients can ask, for a program that is its own client.
    #[must_use]
    pub fn service(&self) -> Arc<Service> {
        self.service.clone()
    }

    /// Serves until `shutdown`, then stops gracefully: it takes no new calls, lets attempts that are under
    /// way end as long as configured, stores what runs have done, and gives the runs up.
    ///
    /// # Errors
    /// The HTTP server failed.
    pub async fn serve(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let stopped = CancellationToken::new();
        let drain = self.config.drain.as_duration();
        let tenure = self.tenure.clone();
        let (asked, stop) = (shutdown.clone(), stopped.clone().drop_guard());
        let tenure = tokio::spawn(async move {
            tenure.hold(asked).await;
            tenure.drain(drain).await;
            drop(stop);
        });
        let module_bytes_max = self.config.module_bytes_max.as_usize();
        let router = match self.testing {
            None => api::router_with(self.service.clone(), module_bytes_max),
            Some(testing) => api::test_router(self.service.clone(), module_bytes_max, testing),
        };
        let late = async {
            shutdown.cancelled().await;
            tokio::time::sleep(drain + FAREWELL_MAX).await;
        };
        let served = tokio::select! {
            served = api::serve(self.listener, router, stopped) => served,
            () = late => {
                tracing::warn!("some requests had no answer when the time for stopping was up");
                Ok(())
            }
        };
        shutdown.cancel();
        tenure.await.context("the host stopped in the middle of its work")?;
        if tokio::time::timeout(CLOSE_MAX, self.store.close()).await.is_err() {
            tracing::warn!("the database did not close in time; everything that was acknowledged is stored");
        }
        Ok(served?)
    }
}

impl HostBuilder {
    /// With these settings.
    #[must_use]
    pub fn config(mut self, config: HostConfig) -> Self {
        self.config = config;
        self
    }

    /// With an activity: `async fn(ActivityContext, A) -> Result<R, ActivityError>`. `A` is the argument, a
    /// tuple of several, or `()`.
    #[must_use]
    pub fn activity<F, A, R>(mut self, name: &str, function: F) -> Self
    where
        F: ActivityFn<A, R>,
        A: DeserializeOwned + Send + 'static,
        R: Serialize + Send + 'static,
    {
        self.activities.insert(name.to_owned(), typed(function));
        self
    }

    /// For tests of workflows: time is skipped while nothing is under way, and activities that are not registered
    /// wait for whoever polls for them, or have answers registered for them. Everything is kept in memory.
    #[must_use]
    pub fn for_tests(mut self) -> Self {
        self.is_for_tests = true;
        self
    }

    /// Opens the database, waiting for it if it does not answer yet, and the address to listen on.
    ///
    /// # Errors
    /// Settings that make no sense, a database that cannot be used, an address that is taken.
    pub async fn build(self) -> anyhow::Result<Host> {
        let Self { mut config, activities, is_for_tests } = self;
        if is_for_tests {
            config.database = "sqlite::memory:".into();
            // Only runs in memory tell when they have something to do; so all are.
            config.resident_bytes_max = ByteSize(u64::MAX);
        }
        config.check()?;
        let listener = bind(&config.listen)?;
        let store = open(&config, &listener).await?;
        let sandbox = Sandbox::new(sandbox_config(&config))?;
        let metrics = Arc::new(Metrics::new());
        let testing = is_for_tests.then(Testing::new);
        let under_way = testing.as_ref().map(|testing| testing.under_way.clone()).unwrap_or_default();
        let modules = Arc::new(Modules::new(store.clone(), sandbox.clone()));
        let parts = Parts {
            store: store.clone(),
            sandbox,
            modules: modules.clone(),
            activities: Arc::new(native_activities(&config, activities, testing.as_ref())?),
            guests: GuestThreads::start(guest_threads(&config), under_way.clone())?,
            metrics: metrics.clone(),
            resident_bytes_max: config.resident_bytes_max.as_usize(),
            under_way,
            test_time: testing.as_ref().map(|testing| testing.time.clone()),
        };
        let listener = TcpListener::from_std(listener)?;
        let identity = Identity { host_id: host_id()?, address: place(&listener)?, lease: config.lease };
        let tenure = Arc::new(Tenure::new(parts, identity));
        let service = Arc::new(Service::new(store.clone(), tenure.clone(), modules, metrics));
        Ok(Host { config, listener, tenure, service, store, testing })
    }
}

fn bind(listen: &str) -> anyhow::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(listen)
        .with_context(|| format!("cannot listen on {listen}; is another host running there?"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Opens the database. While it does not answer, clients are told so.
async fn open(config: &HostConfig, listener: &std::net::TcpListener) -> anyhow::Result<SharedStore> {
    let opened = CancellationToken::new();
    let mut starting = None;
    loop {
        match dalsegno_store::open(config.database.as_str(), OpenOptions::default()).await {
            Ok(store) => {
                opened.cancel();
                if let Some(starting) = starting {
                    starting.await??;
                }
                return Ok(store);
            }
            Err(OpenError::Unavailable(problem)) => {
                tracing::warn!(database = %config.database, %problem, "the database does not answer; trying again");
                if starting.is_none() {
                    let listener = TcpListener::from_std(listener.try_clone()?)?;
                    starting = Some(tokio::spawn(api::serve(listener, api::starting(), opened.clone())));
                }
                tokio::time::sleep(DATABASE_RETRY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn sandbox_config(config: &HostConfig) -> SandboxConfig {
    SandboxConfig {
        cache_dir: config.cache_dir(),
        memory_bytes_max: config.memory_bytes_max.as_usize(),
        activation_deadline: config.activation_deadline.as_duration(),
        module_bytes_max: config.module_bytes_max.as_usize(),
        compile_deadline: config.compile_deadline.as_duration(),
        ..SandboxConfig::default()
    }
}

/// What the configuration asks for, and what the program registered; the latter wins.
fn native_activities(
    config: &HostConfig,
    registered: HashMap<String, Arc<dyn Activity>>,
    testing: Option<&Testing>,
) -> anyhow::Result<Activities> {
    let mut by_name: HashMap<String, Arc<dyn Activity>> = HashMap::new();
    let allow = &config.activities.http.allow;
    // One that may call nothing is in the way of whoever stands in for it.
    if testing.is_none() || !allow.is_empty() {
        by_name.insert("http".to_owned(), Arc::new(HttpActivity::new(AllowList::new(allow))?));
    }
    for (name, command) in &config.activities.command {
        by_name.insert(name.clone(), Arc::new(CommandActivity::new(command.clone())));
    }
    by_name.extend(registered);
    let limits = config.task_queues.iter().map(|(name, queue)| (name.clone(), queue.concurrency)).collect();
    let activities = Activities::new(by_name, Queues::new(limits, TASK_QUEUE_CONCURRENCY));
    Ok(match testing {
        None => activities,
        Some(testing) => activities.with_test(testing.stand_ins.clone(), testing.pollers.clone()),
    })
}

fn guest_threads(config: &HostConfig) -> usize {
    let processors = || std::thread::available_parallelism().map_or(GUEST_THREADS_MIN, usize::from);
    config.guest_threads.map_or_else(|| processors().max(GUEST_THREADS_MIN), usize::from)
}

/// Where this host listens, told apart from the same address elsewhere: at most one live process has it.
fn place(listener: &TcpListener) -> anyhow::Result<String> {
    let address = listener.local_addr()?;
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy().into_owned();
    // Another machine of the same name has another boot, another container another network.
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let network = std::fs::read_link("/proc/self/ns/net").unwrap_or_default();
    Ok(format!("{address} on {name} {} {}", boot.trim(), network.display()).trim_end().to_owned())
}

fn host_id() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the machine gives no randomness")?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}
