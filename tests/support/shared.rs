//! Hosts that tests share, because none of them harms them.

use std::ops::Deref;

use tokio::sync::OnceCell;

use crate::{Backend, Host, Settings, services::Services};

/// What the shared hosts have.
const SHARED_GUESTS: [&str; 22] = [
    "activity-choice",
    "approval",
    "cancellation-cleanup",
    "chain",
    "child-workflows",
    "cleanup-loop",
    "concurrent-timers",
    "continue-as-new",
    "deterministic",
    "exceptions",
    "frequent-polling",
    "hello",
    "infrequent-polling",
    "language",
    "local-activities",
    "onboarding",
    "order-fulfilment",
    "parallel-activities",
    "patching",
    "payment-fallback",
    "reward-account",
    "trial-expiry",
];

/// A host with the shop's services.
#[derive(Debug)]
pub struct Shared {
    host: Host,
    services: Services,
}

/// A test's use of a shared host; shows the host's log if the test fails.
#[derive(Debug, Clone, Copy)]
pub struct Borrowed(&'static Shared);

/// The host that tests of this backend share.
pub async fn shared(backend: Backend) -> Borrowed {
    static SQLITE: OnceCell<Shared> = OnceCell::const_new();
    static POSTGRES: OnceCell<Shared> = OnceCell::const_new();
    let place = match backend {
        Backend::Sqlite => &SQLITE,
        Backend::Postgres => &POSTGRES,
    };
    let shared = place.get_or_init(async || {
        let services = Services::start().await;
        let settings = Settings::default().test_activities().allow(&services);
        let host = Host::with(backend, settings).await;
        let client = host.client();
        for package in SHARED_GUESTS {
            client.upload(package).await;
        }
        Shared { host, services }
    });
    Borrowed(shared.await)
}

impl Borrowed {
    /// The shop's services, which the host may call.
    #[must_use]
    pub fn services(&self) -> &'static Services {
        &self.0.services
    }
}

impl Deref for Borrowed {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.0.host
    }
}
