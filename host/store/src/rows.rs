//! What is read.

use std::collections::BTreeMap;

use bytes::Bytes;
use dalsegno_engine::{
    Payload, Status, Timestamp,
    ids::{ModuleDigest, Namespace, RequestId, RunId, WorkflowId, WorkflowType},
    message::MessageId,
    trouble::Blocked,
};

/// The name of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunKey {
    /// Where it runs.
    pub namespace: Namespace,
    /// What the user calls it.
    pub workflow_id: WorkflowId,
    /// The run itself.
    pub run_id: RunId,
}

/// One run, without its history.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// Its name.
    pub key: RunKey,
    /// Its code.
    pub workflow_type: WorkflowType,
    /// The module its code is in.
    pub module: ModuleDigest,
    /// How it stands.
    pub status: Status,
    /// When it began.
    pub start_time: Timestamp,
    /// When it closed.
    pub close_time: Option<Timestamp>,
    /// When its owner has to look at it.
    pub wake_at: Option<Timestamp>,
    /// Why it is parked.
    pub blocked: Option<Blocked>,
    /// The client's mark on the request that began it.
    pub request_id: Option<RequestId>,
    /// What it says of itself.
    pub attributes: Attributes,
}

/// What a run says of itself, for those who look for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Anything, to be read only.
    pub memo: BTreeMap<String, Payload>,
    /// JSON with a `type` in its metadata, to be looked for. It comes back as the same JSON without spaces.
    pub search_attributes: BTreeMap<String, Payload>,
}

/// A message from one run to another, until it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Which message.
    pub id: MessageId,
    /// Where its target runs.
    pub namespace: Namespace,
    /// What the user calls its target.
    pub workflow_id: WorkflowId,
    /// The one run that it is for; absent: whichever has the workflow id.
    pub run_id: Option<RunId>,
    /// The encoded message.
    pub data: Bytes,
}

/// What became of an update of a workflow id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateRow {
    /// The client's name for it.
    pub update_id: String,
    /// The run that decided.
    pub run_id: RunId,
    /// The encoded outcome.
    pub data: Bytes,
}

/// Where a page of due runs ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WakeCursor {
    /// Of the last run of the page.
    pub wake_at: Timestamp,
    /// Of the last run of the page.
    pub run_id: RunId,
}

/// Which runs to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    /// Only those that stand so.
    pub status: Option<Status>,
    /// Only those of this type.
    pub workflow_type: Option<WorkflowType>,
    /// Only those of this workflow id.
    pub workflow_id: Option<WorkflowId>,
    /// Only parked ones.
    pub blocked: bool,
    /// Start time and run id of the last run of the page before.
    pub after: Option<(Timestamp, RunId)>,
    /// Runs of one page at most.
    pub limit: u32,
}

/// The right to write: who has it, and since which epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The host's own id.
    pub host_id: String,
    /// Raised whenever the shards change hands.
    pub epoch: i64,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The shards are this host's.
    Granted {
        /// To be shown with each batch.
        fence: Fence,
        /// The time of the database.
        now: Timestamp,
    },
    /// Another host has them.
    Held {
        /// Where it listens.
        address: String,
        /// When its lease ends if it is not renewed.
        until: Timestamp,
        /// The time of the database.
        now: Timestamp,
    },
}

/// What is known of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleRow {
    /// Who may start it.
    pub namespace: Namespace,
    /// Its content.
    pub digest: ModuleDigest,
    /// Its size.
    pub bytes: u64,
    /// What it holds, as JSON that the uploader of it made.
    pub definition: String,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}
