use dalsegno_engine::time::Millis;
use dalsegno_store::{Claim, CommitError};

use crate::databases::{Database, granted, on_every_database};

const LEASE: Millis = Millis::from_secs(60);
/// Ends at once, so that no test has to wait.
const NO_LEASE: Millis = Millis(0);

async fn the_first_host_gets_the_shards(database: Database) {
    let claim = database.store.claim("a", "address-a", LEASE).await.unwrap();
    let Claim::Granted { fence, now } = claim else { panic!("{claim:?}") };
    assert_eq!((fence.host_id.as_str(), fence.epoch), ("a", 1));
    assert!(now.as_micros() > 1_700_000_000_000_000, "{now} is no time of today");
}

async fn a_second_host_is_told_who_has_them(database: Database) {
    granted(database.store.claim("a", "address-a", LEASE).await.unwrap());
    let claim = database.store.claim("b", "address-b", LEASE).await.unwrap();
    let Claim::Held { address, until, now } = claim else { panic!("{claim:?}") };
    assert_eq!(address, "address-a");
    assert!(until > now && until <= now.plus(LEASE));
}

async fn a_lease_that_ended_is_no_obstacle(database: Database) {
    let store = &database.store;
    let old = granted(store.claim("a", "address-a", NO_LEASE).await.unwrap());
    let new = granted(store.claim("b", "address-b", LEASE).await.unwrap());
    assert!(new.epoch > old.epoch);
    assert!(matches!(store.renew(&old, LEASE).await, Err(CommitError::FenceLost)));
    assert!(matches!(store.last_batch(&old).await, Err(CommitError::FenceLost)));
    store.renew(&new, LEASE).await.unwrap();
}

async fn a_host_of_the_same_address_takes_over_at_once(database: Database) {
    let store = &database.store;
    let old = granted(store.claim("a", "here", LEASE).await.unwrap());
    let new = granted(store.claim("b", "here", LEASE).await.unwrap());
    assert!(new.epoch > old.epoch);
    assert!(matches!(store.renew(&old, LEASE).await, Err(CommitError::FenceLost)));
}

async fn a_host_that_claims_again_gets_a_new_epoch(database: Database) {
    let store = &database.store;
    let old = granted(store.claim("a", "here", LEASE).await.unwrap());
    let new = granted(store.claim("a", "here", LEASE).await.unwrap());
    assert!(new.epoch > old.epoch);
    assert!(matches!(store.last_batch(&old).await, Err(CommitError::FenceLost)));
    assert_eq!(store.last_batch(&new).await.unwrap().number, 0);
}

async fn a_renewed_lease_holds(database: Database) {
    let store = &database.store;
    let fence = granted(store.claim("a", "address-a", NO_LEASE).await.unwrap());
    let now = store.renew(&fence, LEASE).await.unwrap();
    let claim = store.claim("b", "address-b", LEASE).await.unwrap();
    let Claim::Held { until, .. } = claim else { panic!("{claim:?}") };
    assert!(until >= now.plus(LEASE));
}

async fn released_shards_are_free_and_fenced(database: Database) {
    let store = &database.store;
    let old = granted(store.claim("a", "address-a", LEASE).await.unwrap());
    store.release(&old).await.unwrap();
    assert!(matches!(store.last_batch(&old).await, Err(CommitError::FenceLost)));
    let new = granted(store.claim("b", "address-b", LEASE).await.unwrap());
    assert!(new.epoch > old.epoch);
}

async fn who_lost_the_shards_cannot_release_them(database: Database) {
    let store = &database.store;
    let old = granted(store.claim("a", "address-a", NO_LEASE).await.unwrap());
    let new = granted(store.claim("b", "address-b", LEASE).await.unwrap());
    store.release(&old).await.unwrap();
    store.renew(&new, LEASE).await.unwrap();
    assert!(matches!(store.claim("a", "address-a", LEASE).await.unwrap(), Claim::Held { .. }));
}

async fn the_time_of_the_database_moves_on(database: Database) {
    let store = &database.store;
    let claim = store.claim("a", "here", LEASE).await.unwrap();
    let Claim::Granted { fence, now } = claim else { panic!("{claim:?}") };
    assert!(store.renew(&fence, LEASE).await.unwrap() >= now);
}

on_every_database!(
    the_first_host_gets_the_shards,
    a_second_host_is_told_who_has_them,
    a_lease_that_ended_is_no_obstacle,
    a_host_of_the_same_address_takes_over_at_once,
    a_host_that_claims_again_gets_a_new_epoch,
    a_renewed_lease_holds,
    released_shards_are_free_and_fenced,
    who_lost_the_shards_cannot_release_them,
    the_time_of_the_database_moves_on,
);
