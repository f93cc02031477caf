//! Taking and giving up shards; both are functions of the database.

use dalsegno_engine::time::Millis;

use super::PostgresStore;
use crate::{
    Claim, Fence, StoreError, convert::Reader, dialect::Backend, limits::HOST_ROWS_KEPT, store::lease_micros,
};

const CLAIM: &str = include_str!("../../queries/postgres/claim.sql");
const RELEASE: &str = include_str!("../../queries/postgres/release.sql");

pub(super) async fn claim(
    store: &PostgresStore,
    host_id: &str,
    address: &str,
    lease: Millis,
) -> Result<Claim, StoreError> {
    let kept = i64::try_from(HOST_ROWS_KEPT.as_micros()).unwrap_or(i64::MAX);
    let values = [host_id.into(), address.into(), lease_micros(lease).into(), kept.into()];
    let rows = store.write(CLAIM, &values).await?;
    let row = rows.first().ok_or_else(|| StoreError::Damaged("a claim has no answer".to_owned()))?;
    let mut row = Reader::new(row);
    let (granted, holder, until) = (row.maybe_int()?, row.maybe_text()?, row.maybe_time()?);
    let now = row.time()?;
    match (granted, holder, until) {
        (Some(epoch), ..) => Ok(Claim::Granted { fence: Fence { host_id: host_id.to_owned(), epoch }, now }),
        (None, Some(address), Some(until)) => Ok(Claim::Held { address, until, now }),
        _ => Err(StoreError::Damaged("a claim is neither granted nor refused".to_owned())),
    }
}

pub(super) async fn release(store: &PostgresStore, fence: &Fence) -> Result<(), StoreError> {
    store.write(RELEASE, &[fence.host_id.as_str().into(), fence.epoch.into()]).await.map(drop)
}
