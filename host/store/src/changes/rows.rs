//! The rows of a batch, a type for each table.

use bytes::Bytes;
use dalsegno_engine::{
    Status, Timestamp,
    ids::{Namespace, RequestId, WorkflowId, WorkflowType},
    run::Summary,
};
use uuid::Uuid;

use crate::{attributes, convert, convert::micros, limits::BLOCKED_REASON_BYTES_MAX};

/// What has to be there before an item.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    /// Event and activation of its first transition; absent if it has none.
    pub(crate) first: Option<(i64, i64)>,
}

/// How a run stands, as stored.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) status: i16,
    pub(crate) close_time: Option<i64>,
    pub(crate) wake_at: Option<i64>,
    pub(crate) blocked_since: Option<i64>,
    pub(crate) blocked_reason: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) standing: Standing,
}

#[derive(Debug, Clone)]
pub(crate) struct New {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) namespace: Namespace,
    pub(crate) workflow_id: WorkflowId,
    pub(crate) shard: i16,
    pub(crate) workflow_type: WorkflowType,
    pub(crate) module: [u8; 32],
    pub(crate) start_time: i64,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) standing: Standing,
    pub(crate) attributes: attributes::Columns,
    /// The run of the same item whose end it begins with.
    pub(crate) after: Option<Predecessor>,
}

/// The run that another one succeeds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Predecessor {
    /// It was there before.
    GoingOn(Uuid),
    /// It begins too.
    New(Uuid),
}

/// What a run that was there before says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) attributes: attributes::Columns,
}

#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) first: i64,
    pub(crate) events: i32,
    pub(crate) activation: i64,
    pub(crate) time: i64,
    pub(crate) activated: bool,
    pub(crate) data: Bytes,
}

#[derive(Debug, Clone)]
pub(crate) struct Put {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) operation: i64,
    pub(crate) attempt: i32,
    pub(crate) due: Option<i64>,
    pub(crate) last_failure: Option<Vec<u8>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Delete {
    pub(crate) item: usize,
    pub(crate) run: Uuid,
    pub(crate) operation: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) item: usize,
    pub(crate) id: MessageKey,
    /// Of the target, as the following three.
    pub(crate) shard: i16,
    pub(crate) namespace: Namespace,
    pub(crate) workflow_id: WorkflowId,
    pub(crate) run: Option<Uuid>,
    pub(crate) data: Bytes,
}

#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) item: usize,
    pub(crate) id: MessageKey,
}

/// The id of a message, as the tables have it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessageKey {
    pub(crate) sender: Uuid,
    pub(crate) event: i64,
    pub(crate) kind: i16,
}

#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(crate) item: usize,
    pub(crate) namespace: Namespace,
    pub(crate) workflow_id: WorkflowId,
    pub(crate) update_id: String,
    pub(crate) run: Uuid,
    pub(crate) data: Bytes,
}

impl Standing {
    /// Of a run that nothing is said about: its owner has to look at it.
    pub(super) fn fresh() -> Self {
        Self {
            status: convert::status_code(Status::Running),
            close_time: None,
            wake_at: Some(micros(Timestamp::MIN)),
            blocked_since: None,
            blocked_reason: None,
        }
    }

    /// A closed run has nothing to wake for and nothing that parks it, whatever its owner remembers.
    pub(super) fn of(summary: &Summary) -> Self {
        let open = summary.status == Status::Running;
        let blocked = summary.blocked.as_ref().filter(|_| open);
        Self {
            status: convert::status_code(summary.status),
            close_time: summary.close_time.map(micros),
            wake_at: summary.wake_at.filter(|_| open).map(micros),
            blocked_since: blocked.map(|blocked| micros(blocked.since)),
            blocked_reason: blocked.map(|blocked| storable(&blocked.reason)),
        }
    }
}

/// A guest's words as text that every database takes, and no more than is worth keeping.
fn storable(reason: &str) -> String {
    let mut end = reason.len().min(BLOCKED_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].replace('\0', "\u{fffd}")
}
