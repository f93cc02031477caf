//! What is read of each run.

use std::collections::{BTreeMap, BTreeSet};

use dalsegno_engine::{
    Transition,
    attempts::ActivityRow,
    event::{EventAttributes, WorkflowExecutionStarted},
    ids::{DEFAULT_NAMESPACE, ModuleDigest, Namespace},
};
use dalsegno_store::{HistoryRow, ListPage, RunRow, SharedStore};
use sqlx::{Connection as _, PgConnection, SqliteConnection};

/// Rows that are read at a time.
const PAGE: u32 = 1_000;

/// A row of a history with a lower epoch than the row before, on both backends.
const FALLING_EPOCHS: &str = "SELECT count(*) FROM (SELECT epoch, lag(epoch) OVER (PARTITION BY run_id \
     ORDER BY first_event_id, activation) AS before FROM history) AS rows WHERE before > epoch";

/// Messages between runs, on both backends.
const MESSAGES: &str = "SELECT count(*) FROM inbox";

/// A run, as it is stored.
#[derive(Debug, Clone)]
pub struct Record {
    /// What it looks like from outside.
    pub row: RunRow,
    /// Its history.
    pub transitions: Vec<Transition>,
    /// Attempts of its activities.
    pub attempts: Vec<ActivityRow>,
    /// The updates it accepted that have an outcome for clients to ask for.
    pub outcomes: BTreeSet<String>,
}

impl Record {
    /// Its events, in the order they are stored.
    pub fn events(&self) -> impl Iterator<Item = &EventAttributes> {
        self.transitions.iter().flat_map(|transition| transition.inputs.iter().chain(&transition.commands))
    }

    /// How it began.
    #[must_use]
    pub fn started(&self) -> Option<&WorkflowExecutionStarted> {
        self.events().find_map(|event| match event {
            EventAttributes::WorkflowExecutionStarted(started) => Some(&**started),
            _ => None,
        })
    }

    /// Whether it goes on with what another run began.
    #[must_use]
    pub fn continues(&self) -> bool {
        self.started().is_some_and(|started| started.origin.continued_run_id.is_some())
    }
}

/// Every run of the default namespace.
pub(super) async fn read_all(store: &SharedStore) -> Vec<Record> {
    let namespace = Namespace::new(DEFAULT_NAMESPACE);
    let mut records = Vec::new();
    let mut page = ListPage { limit: PAGE, ..ListPage::default() };
    loop {
        let rows =
            store.list_runs(&namespace, &page).await.unwrap_or_else(|error| panic!("no list: {error}"));
        let full = rows.len() == PAGE as usize;
        page.after = rows.last().map(|last| (last.start_time, last.key.run_id.clone()));
        for row in rows {
            records.push(read(store, row).await);
        }
        if !full {
            return records;
        }
    }
}

async fn read(store: &SharedStore, row: RunRow) -> Record {
    let run = &row.key.run_id;
    let mut rows: Vec<HistoryRow> = Vec::new();
    let mut from = 1;
    loop {
        let page = store.history(run, from, PAGE).await.unwrap_or_else(|error| panic!("no history: {error}"));
        // A page may end before its limit, but is never empty while there is more.
        let Some(last) = page.last() else { break };
        from = last.first_event_id + u64::from(last.events);
        rows.extend(page);
    }
    let decode = |row: &HistoryRow| {
        Transition::decode(&row.data)
            .unwrap_or_else(|error| panic!("run {run}, event {}: {error}", row.first_event_id))
    };
    let transitions = rows.iter().map(decode).collect();
    let attempts = store.activity_rows(run).await.unwrap_or_else(|error| panic!("no attempts: {error}"));
    let mut record = Record { row, transitions, attempts, outcomes: BTreeSet::new() };
    record.outcomes = read_outcomes(store, &record).await;
    record
}

async fn read_outcomes(store: &SharedStore, record: &Record) -> BTreeSet<String> {
    let key = &record.row.key;
    let mut outcomes = BTreeSet::new();
    for event in record.events() {
        let EventAttributes::WorkflowExecutionUpdateAccepted { update_id, .. } = event else { continue };
        let row = store.update(&key.namespace, &key.workflow_id, update_id).await;
        if row.unwrap_or_else(|error| panic!("no update {update_id}: {error}")).is_some() {
            outcomes.insert(update_id.clone());
        }
    }
    outcomes
}

/// The modules that these runs have.
pub(super) async fn read_modules(store: &SharedStore, records: &[Record]) -> BTreeMap<ModuleDigest, Vec<u8>> {
    let mut modules = BTreeMap::new();
    for record in records {
        let digest = &record.row.module;
        if modules.contains_key(digest) {
            continue;
        }
        let bytes = store.module_bytes(digest).await.unwrap_or_else(|error| panic!("no module: {error}"));
        let bytes = bytes.unwrap_or_else(|| panic!("a run has the module {digest}, which is not stored"));
        modules.insert(digest.clone(), bytes);
    }
    modules
}

/// Whether a host wrote that another had taken over from.
pub(super) async fn has_falling_epochs(url: &str) -> bool {
    count(url, FALLING_EPOCHS).await > 0
}

/// Messages between runs that nobody has taken.
pub(crate) async fn messages_left(url: &str) -> i64 {
    count(url, MESSAGES).await
}

async fn count(url: &str, sql: &'static str) -> i64 {
    let count = if url.starts_with("sqlite:") {
        let mut connection =
            SqliteConnection::connect(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        let count = sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut connection).await;
        let _ = connection.close().await;
        count
    } else {
        let mut connection =
            PgConnection::connect(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        let count = sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut connection).await;
        let _ = connection.close().await;
        count
    };
    count.unwrap_or_else(|error| panic!("{sql}: {error}"))
}
