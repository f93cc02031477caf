//! Every limit of the engine, with its unit and default.

use crate::time::Millis;

/// One payload. Source: Temporal, `BlobSizeLimitError`.
pub const PAYLOAD_BYTES_MAX: usize = 2 << 20;
/// Commands of one activation.
pub const COMMANDS_PER_ACTIVATION_MAX: usize = 25_000;
/// Operations without an outcome, of one run.
pub const PENDING_OPERATIONS_MAX: usize = 25_000;
/// What one transition stores.
pub const TRANSITION_BYTES_MAX: usize = 16 << 20;
/// Signals one run takes. Source: Temporal, `MaximumSignalsPerExecution`.
pub const SIGNALS_PER_RUN_MAX: u64 = 10_000;
/// Signals one run takes, those it was started with included, in bytes. They fit one transition, so a run can always
/// hand all of them to the next one.
pub const SIGNAL_BYTES_PER_RUN_MAX: usize = 12 << 20;
/// Request ids of signals a run remembers.
pub const SIGNAL_REQUEST_IDS_MAX: usize = 1_000;
/// History length from which continue-as-new is suggested, in events.
pub const HISTORY_EVENTS_SUGGEST: u64 = 4_096;
/// History size from which continue-as-new is suggested, in bytes.
pub const HISTORY_BYTES_SUGGEST: u64 = 4 << 20;
/// The longest history, in events; a run that would pass it is terminated before. Source: Temporal,
/// `HistoryCountLimitError`.
pub const HISTORY_EVENTS_MAX: u64 = 51_200;
/// The largest history, in bytes; a run that would pass it is terminated before. Source: Temporal,
/// `HistorySizeLimitError`.
pub const HISTORY_BYTES_MAX: u64 = 50 << 20;
/// A value shown where a replay diverged; what is longer is cut.
pub const DIVERGENCE_VALUE_BYTES_MAX: usize = 1_024;
/// Wait after the first failed activation; doubled each time.
pub const ACTIVATION_BACKOFF_FIRST: Millis = Millis::from_secs(5);
/// No wait after a failed activation is longer.
pub const ACTIVATION_BACKOFF_MAX: Millis = Millis::from_secs(600);
/// The same bug this many times in a row blocks the run.
pub const SAME_BUGS_MAX: u32 = 2;
/// Failures of the environment (time, memory, stack) in a row that block the run.
pub const ENVIRONMENTAL_FAILURES_MAX: u32 = 3;
/// Updates of one run that are under way. Source: Temporal, `history.maxInFlightUpdates`.
pub const UPDATES_IN_FLIGHT_MAX: usize = 10;
/// Updates one run takes. Source: Temporal, `history.maxTotalUpdates`.
pub const UPDATES_PER_RUN_MAX: usize = 2_000;
/// Updates from which continue-as-new is suggested: 90 % of the limit.
pub const UPDATES_SUGGEST: usize = 1_800;
/// Backoff of a local activity that is waited for in memory, unless the guest says otherwise.
pub const LOCAL_RETRY_THRESHOLD: Millis = Millis::from_secs(60);
/// Search attributes of one run. Source: Temporal, `SearchAttributesNumberOfKeysLimit`.
pub const SEARCH_ATTRIBUTES_MAX: usize = 100;
/// One search attribute. Source: Temporal, `SearchAttributesSizeOfValueLimit`.
pub const SEARCH_ATTRIBUTE_BYTES_MAX: usize = 2 << 10;
/// All notes of a run together. Source: Temporal, `MemoSizeLimitError`.
pub const MEMO_BYTES_MAX: usize = 2 << 20;
