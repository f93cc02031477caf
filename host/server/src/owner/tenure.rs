//! Claiming the right to own runs, keeping it, and giving it up.

use std::{sync::Arc, time::Duration};

use dalsegno_engine::Millis;
use dalsegno_store::{Claim, CommitError};
use parking_lot::RwLock;
use tokio_util::sync::CancellationToken;

use super::{Owner, Parts, clock::Clock};

/// Wait between claims while another host has the runs, at most.
const CLAIM_EVERY: Duration = Duration::from_millis(500);
/// Wait before trying a database again that does not answer.
const DATABASE_RETRY: Duration = Duration::from_secs(1);
/// How long a stopping host waits for the database to take what runs have done.
const SETTLE_MAX: Duration = Duration::from_secs(2);
/// How long a stopping host waits for the database to hear that it gives the runs up.
const RELEASE_MAX: Duration = Duration::from_secs(1);

/// Who this host is.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) host_id: String,
    pub(crate) address: String,
    pub(crate) lease: Millis,
}

/// Whether this host owns the runs, and why not.
pub(crate) struct Tenure {
    standing: RwLock<Standing>,
    parts: Parts,
    identity: Identity,
}

/// How this host stands to the runs.
#[derive(Clone)]
pub(crate) enum Standing {
    /// It owns them.
    Owner(Arc<Owner>),
    /// It does not, for this reason.
    Waiting(String),
}

impl Tenure {
    pub(crate) fn new(parts: Parts, identity: Identity) -> Self {
        let standing = RwLock::new(Standing::Waiting("the host is starting".to_owned()));
        Self { standing, parts, identity }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing.read().clone()
    }

    fn stand(&self, standing: Standing) {
        *self.standing.write() = standing;
    }

    fn wait(&self, reason: String) {
        let changed = !matches!(&*self.standing.read(), Standing::Waiting(before) if *before == reason);
        if changed {
            tracing::info!(%reason, "this host does not own the runs");
            self.stand(Standing::Waiting(reason));
        }
    }

    /// Claims and keeps the runs until `shutdown`.
    pub(crate) async fn hold(&self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let claimed = tokio::select! {
                claimed = self.claim() => claimed,
                () = shutdown.cancelled() => return,
            };
            let wait = match claimed {
                Ok(owner) => {
                    self.keep(&owner, &shutdown).await;
                    continue;
                }
                Err(wait) => wait,
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shutdown.cancelled() => {}
            }
        }
    }

    /// Takes the runs, or says how long to wait before trying again.
    async fn claim(&self) -> Result<Arc<Owner>, Duration> {
        let Identity { host_id, address, lease } = &self.identity;
        match self.parts.store.claim(host_id, address, *lease).await {
            Ok(Claim::Granted { fence, now }) => {
                tracing::info!(epoch = fence.epoch, "this host owns the runs");
                self.parts.modules.forget_deployments();
                let owner = Owner::begin(self.parts.clone(), fence, Clock::new(now));
                self.stand(Standing::Owner(owner.clone()));
                Ok(owner)
            }
            Ok(Claim::Held { address, until, now }) => {
                self.wait(format!("the host at {address} owns the runs"));
                Err(until.since(now).as_duration().clamp(Duration::from_millis(50), CLAIM_EVERY))
            }
            Err(error) => {
                self.wait(error.to_string());
                Err(DATABASE_RETRY)
            }
        }
    }

    /// Renews the lease until it is lost or there is no need any more.
    async fn keep(&self, owner: &Arc<Owner>, enough: &CancellationToken) {
        let every = self.identity.lease.as_duration() / 3;
        loop {
            tokio::select! {
                biased;
                () = enough.cancelled() => return,
                () = owner.stopped.cancelled() => break,
                () = tokio::time::sleep(every) => {}
            }
            // One that hangs must not use up the lease.
            let renewal =
                tokio::time::timeout(every, self.parts.store.renew(&owner.fence, self.identity.lease));
            let renewed = tokio::select! {
                renewed = renewal => renewed,
                () = enough.cancelled() => return,
            };
            match renewed {
                Ok(Ok(now)) if self.parts.store.has_own_clock() => owner.clock.sync(now),
                Ok(Ok(_)) => {}
                Ok(Err(CommitError::FenceLost)) => break,
                Ok(Err(error)) => tracing::warn!(%error, "the lease could not be renewed; trying again"),
                Err(_) => tracing::warn!("the lease could not be renewed in time; trying again"),
            }
        }
        owner.stop();
        self.wait("another host took the runs over".to_owned());
    }

    /// Stops gracefully: attempts under way may end within `wait`, what is settled is stored, and the runs are given
    /// up. They stay this host's meanwhile.
    pub(crate) async fn drain(&self, wait: Duration) {
        let Standing::Owner(owner) = self.standing() else { return };
        let settled = CancellationToken::new();
        let settle = async {
            self.settle(&owner, wait).await;
            settled.cancel();
        };
        tokio::join!(settle, self.keep(&owner, &settled));
        owner.stop();
        let release = tokio::time::timeout(RELEASE_MAX, self.parts.store.release(&owner.fence));
        let released = release.await.map_err(|_| "no answer in time".to_owned());
        if let Err(error) = released.and_then(|released| released.map_err(|error| error.to_string())) {
            tracing::warn!(%error, "the runs could not be given up; the next host waits for the lease to end");
        }
    }

    async fn settle(&self, owner: &Arc<Owner>, wait: Duration) {
        let drained = tokio::time::timeout(wait, owner.drain_attempts()).await.is_ok();
        if !drained {
            tracing::warn!("attempts were still under way when the host stopped; they count as made");
        }
        self.wait("the host is stopping".to_owned());
        let settle = async {
            owner.settle().await;
            // What has ended led to attempts that say at once that they have not begun. The first pass stores what
            // asks for them, the second comes after they were asked for, the last stores what they say.
            owner.settle().await;
            if drained {
                owner.attempts.wait().await;
            }
            owner.settle().await;
        };
        if tokio::time::timeout(SETTLE_MAX, settle).await.is_err() {
            tracing::warn!(
                "not all that runs did was stored before the host stopped; the next host finds out"
            );
        }
    }
}
