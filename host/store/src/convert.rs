//! Our types as columns, and columns as our types. Nothing that is read from a database panics here.

use dalsegno_engine::{
    Failure, Status, Timestamp,
    attempts::{ActivityRow, RowState},
    ids::{ModuleDigest, RunId},
};
use uuid::{Uuid, fmt::Hyphenated};

use crate::{Attributes, ItemOutcome, LastBatch, StoreError, attributes::Columns, values::Cells};

/// The form of stored failures; a byte before each.
const FAILURE_FORMAT: u8 = 1;
const DIGEST_PREFIX: &str = "sha256:";

const STATUSES: [Status; 7] = [
    Status::Running,
    Status::Completed,
    Status::Failed,
    Status::Cancelled,
    Status::Terminated,
    Status::TimedOut,
    Status::ContinuedAsNew,
];

/// The number of a status in the tables.
pub(crate) fn status_code(status: Status) -> i16 {
    match status {
        Status::Running => 0,
        Status::Completed => 1,
        Status::Failed => 2,
        Status::Cancelled => 3,
        Status::Terminated => 4,
        Status::TimedOut => 5,
        Status::ContinuedAsNew => 6,
    }
}

fn status(code: i64) -> Result<Status, StoreError> {
    let status = usize::try_from(code).ok().and_then(|code| STATUSES.get(code));
    status.copied().ok_or_else(|| StoreError::Damaged(format!("no status has the number {code}")))
}

/// The outcomes of a batch in the tables, a digit for each item.
pub(crate) fn outcome_digits(outcomes: &[ItemOutcome]) -> String {
    let digit = |outcome: &ItemOutcome| match outcome {
        ItemOutcome::Committed => '0',
        ItemOutcome::WorkflowIdTaken => '1',
        ItemOutcome::HistoryConflict => '2',
    };
    outcomes.iter().map(digit).collect()
}

fn outcome(digit: char) -> Result<ItemOutcome, StoreError> {
    match digit {
        '0' => Ok(ItemOutcome::Committed),
        '1' => Ok(ItemOutcome::WorkflowIdTaken),
        '2' => Ok(ItemOutcome::HistoryConflict),
        _ => Err(StoreError::Damaged(format!("no outcome of an item is {digit:?}"))),
    }
}

/// A time in the tables. Timestamps end with the year 9999, so all of them fit.
pub(crate) fn micros(time: Timestamp) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// A run's id in the tables; none if it is no UUID in its usual form. Only that form: two spellings of an id would be
/// two runs to everybody else.
pub(crate) fn run_uuid(run: &RunId) -> Option<Uuid> {
    let uuid = Uuid::try_parse(run.as_str()).ok()?;
    let mut buffer = [0; Hyphenated::LENGTH];
    (uuid.hyphenated().encode_lower(&mut buffer) == run.as_str()).then_some(uuid)
}

fn run_id(uuid: Uuid) -> RunId {
    RunId::new(uuid.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]))
}

/// A digest in the tables; none if it is not `sha256:` and 64 lower-case digits.
pub(crate) fn digest_bytes(digest: &ModuleDigest) -> Option<[u8; 32]> {
    let digits = digest.as_str().strip_prefix(DIGEST_PREFIX)?.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

fn digest(bytes: &[u8]) -> Result<ModuleDigest, StoreError> {
    if bytes.len() != 32 {
        return Err(StoreError::Damaged(format!("a digest has {} bytes", bytes.len())));
    }
    let mut text = String::with_capacity(DIGEST_PREFIX.len() + 64);
    text.push_str(DIGEST_PREFIX);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('?'));
        }
    }
    Ok(ModuleDigest::new(text))
}

/// A failure in the tables.
pub(crate) fn encode_failure(failure: &Failure) -> Result<Vec<u8>, rmp_serde::encode::Error> {
    let mut bytes = vec![FAILURE_FORMAT];
    rmp_serde::encode::write(&mut bytes, failure)?;
    Ok(bytes)
}

fn decode_failure(bytes: &[u8]) -> Result<Failure, StoreError> {
    match bytes.split_first() {
        Some((&FAILURE_FORMAT, rest)) => rmp_serde::from_slice(rest)
            .map_err(|error| StoreError::Damaged(format!("a stored failure cannot be read: {error}"))),
        _ => Err(StoreError::Damaged("a stored failure has a form of another version".to_owned())),
    }
}

/// A row, read from its first column to its last.
pub(crate) struct Reader<'r, R> {
    row: &'r R,
    column: usize,
}

impl<'r, R: Cells> Reader<'r, R> {
    pub(crate) fn new(row: &'r R) -> Self {
        Self { row, column: 0 }
    }

    fn next(&mut self) -> usize {
        self.column += 1;
        self.column - 1
    }

    /// Absence where there must be something is damage.
    fn there<T>(&self, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| StoreError::Damaged(format!("column {} is null", self.column)))
    }

    pub(crate) fn maybe_int(&mut self) -> Result<Option<i64>, StoreError> {
        let column = self.next();
        self.row.int(column)
    }

    pub(crate) fn int(&mut self) -> Result<i64, StoreError> {
        let value = self.maybe_int()?;
        self.there(value)
    }

    pub(crate) fn number<N: TryFrom<i64>>(&mut self) -> Result<N, StoreError> {
        let value = self.int()?;
        N::try_from(value).map_err(|_| StoreError::Damaged(format!("column {} holds {value}", self.column)))
    }

    pub(crate) fn maybe_text(&mut self) -> Result<Option<String>, StoreError> {
        let column = self.next();
        self.row.text(column)
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        let value = self.maybe_text()?;
        self.there(value)
    }

    pub(crate) fn maybe_bytes(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let column = self.next();
        self.row.bytes(column)
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, StoreError> {
        let value = self.maybe_bytes()?;
        self.there(value)
    }

    pub(crate) fn run_id(&mut self) -> Result<RunId, StoreError> {
        let column = self.next();
        let value = self.row.uuid(column)?;
        self.there(value).map(run_id)
    }

    pub(crate) fn maybe_run_id(&mut self) -> Result<Option<RunId>, StoreError> {
        let column = self.next();
        Ok(self.row.uuid(column)?.map(run_id))
    }

    pub(crate) fn digest(&mut self) -> Result<ModuleDigest, StoreError> {
        digest(&self.bytes()?)
    }

    pub(crate) fn status(&mut self) -> Result<Status, StoreError> {
        status(self.int()?)
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.number::<u64>().map(Timestamp::from_micros)
    }

    pub(crate) fn maybe_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let Some(value) = self.maybe_int()? else { return Ok(None) };
        let value = u64::try_from(value)
            .map_err(|_| StoreError::Damaged(format!("column {} holds {value}", self.column)))?;
        Ok(Some(Timestamp::from_micros(value)))
    }

    pub(crate) fn attributes(&mut self) -> Result<Attributes, StoreError> {
        Columns { memo: self.maybe_bytes()?, search_attributes: self.maybe_text()? }.read()
    }

    pub(crate) fn outcomes(&mut self) -> Result<Vec<ItemOutcome>, StoreError> {
        self.text()?.chars().map(outcome).collect()
    }

    pub(crate) fn last_batch(&mut self) -> Result<LastBatch, StoreError> {
        Ok(LastBatch { number: self.number()?, left_out: self.outcomes()? })
    }

    pub(crate) fn activity_row(&mut self) -> Result<ActivityRow, StoreError> {
        Ok(ActivityRow {
            operation: self.number()?,
            attempt: self.number()?,
            state: self.maybe_time()?.map_or(RowState::Granted, RowState::Waiting),
            last_failure: self.maybe_bytes()?.as_deref().map(decode_failure).transpose()?,
        })
    }
}
