//! Which shard a run belongs to.

use dalsegno_engine::ids::{Namespace, WorkflowId};
use sha2::{Digest, Sha256};

use crate::limits::SHARDS;

/// The shard of all runs of a workflow id.
///
/// Invariant: it never changes, because rows and other hosts rely on it.
#[must_use]
pub fn shard_of(namespace: &Namespace, id: &WorkflowId) -> u16 {
    let mut hash = Sha256::new();
    hash.update(namespace.as_str());
    // No id has this byte, so no two pairs of ids give the same text.
    hash.update([0]);
    hash.update(id.as_str());
    let hash = hash.finalize();
    u16::from_be_bytes([hash[0], hash[1]]) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_stay_where_they_are() {
        let shard = |namespace, id| shard_of(&Namespace::new(namespace), &WorkflowId::new(id));
        assert_eq!(shard("default", "order-1"), 45);
        assert_eq!(shard("default", "order-2"), 32);
        assert_eq!(shard("other", "order-1"), 36);
    }

    #[test]
    fn ids_spread_over_all_shards() {
        let mut counts = vec![0; usize::from(SHARDS)];
        for number in 0..6400 {
            let id = WorkflowId::new(format!("order-{number}"));
            counts[usize::from(shard_of(&Namespace::new("default"), &id))] += 1;
        }
        assert!(counts.iter().all(|count| (50..150).contains(count)), "{counts:?}");
    }
}
