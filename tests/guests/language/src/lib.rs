//! What a workflow language has: cancellation, signals, updates, conditions, failures, retries, children, chains.

mod attributes;
mod beside;
mod cancellation;
mod chains;
mod children;
mod failures;
mod handlers;
mod headers;
mod limits;
mod other_runs;
mod scopes;
mod unfinished;
mod updates;

use attributes::attributed;
use beside::local_work;
use cancellation::{cancel_caught, cancel_cleanup};
use chains::{continued, running_sum, unlucky};
use children::parent;
use failures::{failing, retrying};
use handlers::{AsyncHandlers, Conditions, SignalsOrder};
use headers::Traced;
use limits::{endless, limited};
use other_runs::messenger;
use scopes::{Scopes, cancel_each};
use unfinished::Unfinished;
use updates::{Ledger, Strict};

dalsegno_sdk::workflows![
    attributed,
    cancel_cleanup,
    cancel_caught,
    cancel_each,
    continued,
    running_sum,
    unlucky,
    parent,
    Unfinished,
    SignalsOrder,
    AsyncHandlers,
    Conditions,
    failing,
    limited,
    endless,
    local_work,
    messenger,
    retrying,
    Scopes,
    Ledger,
    Strict,
    Traced
];
