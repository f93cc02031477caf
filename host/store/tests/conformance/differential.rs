//! Both backends, given the same batches, answer the same and hold the same.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use dalsegno_engine::{
    Status,
    attempts::{ActivityRow, RowChange, RowState},
    ids::{Namespace, RequestId, RunId, WorkflowId},
    message::MessageId,
};
use dalsegno_store::{
    Attributes, Batch, Fence, Item, ItemOutcome, ListPage, MessageRow, RunKey, SharedStore,
};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};

use crate::{
    builders::{
        With, attempts, attributes, blocked, closed, key, message, open_until, rows, start, time, update,
    },
    databases::Database,
};

const RUNS: u32 = 6;
const UPDATES: u8 = 3;
const CASES: u32 = 128;

/// What an item does; the numbers are made fit to the case.
#[derive(Debug, Clone)]
enum Doing {
    Start {
        closed: bool,
        events: u32,
    },
    /// A transition this far from where the history ends.
    Step {
        off: i64,
        events: u32,
        summary: u8,
    },
    Summary(u8),
    Attempts(Vec<(u64, u32, Option<u64>)>),
}

/// A few runs that share fewer workflow ids.
#[derive(Debug, Clone)]
struct Change {
    run: u32,
    doing: Doing,
    telling: Telling,
    /// How the run that follows begins, if this one closes.
    successor: Option<(u32, bool, Telling)>,
}

/// What a run tells beside what it does.
#[derive(Debug, Clone)]
struct Telling {
    sent: Vec<u64>,
    /// The place of a message among those that there are; or of a run, the message of an event.
    taken: Vec<(u32, u64)>,
    updates: Vec<u8>,
    attributes: Option<u8>,
}

fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let off = prop_oneof![8 => Just(0), 1 => -2..3_i64];
    let attempt = (1..4_u64, 0..4_u32, proptest::option::of(0..50_u64));
    let doing = prop_oneof![
        3 => (any::<bool>(), 0..3_u32).prop_map(|(closed, events)| Doing::Start { closed, events }),
        6 => (off, 0..3_u32, 0..8_u8).prop_map(|(off, events, summary)| Doing::Step { off, events, summary }),
        1 => (0..8_u8).prop_map(Doing::Summary),
        2 => vec(attempt, 0..4).prop_map(Doing::Attempts),
    ];
    let successor = proptest::option::of((1..RUNS / 2, any::<bool>(), telling()));
    let change = (0..RUNS, doing, telling(), successor);
    let change =
        change.prop_map(|(run, doing, telling, successor)| Change { run, doing, telling, successor });
    vec(vec(change, 0..8), 1..12)
}

/// Mostly nothing, so that most items have few reasons to be left out.
fn telling() -> impl Strategy<Value = Telling> {
    let few = || prop_oneof![5 => 0..1_usize, 1 => 1..3_usize];
    let sent = few().prop_flat_map(|len| vec(0..6_u64, len));
    let taken = few().prop_flat_map(|len| vec((0..RUNS, 0..6_u64), len));
    let updates = few().prop_flat_map(|len| vec(0..UPDATES, len));
    let attributes = prop_oneof![4 => Just(None), 1 => (0..3_u8).prop_map(Some)];
    (sent, taken, updates, attributes).prop_map(|(sent, taken, updates, attributes)| Telling {
        sent,
        taken,
        updates,
        attributes,
    })
}

/// The batches of one case, whose runs no other case has.
struct Case {
    namespace: Namespace,
    first_run: u32,
    /// Where each history that there is ends.
    ends: BTreeMap<RunId, u64>,
    /// The messages that there are.
    inbox: Vec<MessageId>,
    activation: u64,
}

impl Case {
    fn key(&self, run: u32) -> RunKey {
        let id = WorkflowId::new(format!("w{}", run % 2));
        RunKey { namespace: self.namespace.clone(), workflow_id: id, ..key("", self.first_run + run) }
    }

    /// At most one item for each run, as the contract says.
    fn items(&mut self, changes: &[Change]) -> Vec<Item> {
        let mut seen = [false; RUNS as usize];
        let fresh = |change: &&Change| !std::mem::replace(&mut seen[change.run as usize], true);
        let changes: Vec<_> = changes.iter().filter(fresh).collect();
        changes.into_iter().map(|change| self.item(change)).collect()
    }

    /// What there is after an item was stored.
    fn learn(&mut self, item: &Item) {
        for run in std::iter::once(item).chain(item.successor.as_deref()) {
            if let Some(last) = run.history.last() {
                self.ends.insert(run.run.run_id.clone(), last.first_event_id + u64::from(last.events));
            }
            self.inbox.retain(|id| !run.consumed.contains(id));
            self.inbox.extend(run.outbox.iter().map(|message| message.id.clone()));
        }
    }

    fn item(&mut self, change: &Change) -> Item {
        let mut item = self.doing(change);
        self.tell(&mut item, &change.telling);
        let closes = item.summary.as_ref().is_some_and(|summary| summary.status != Status::Running);
        if let Some((offset, is_closed, telling)) = change.successor.as_ref().filter(|_| closes) {
            // Of the same workflow id.
            let mut successor = self.start((change.run + 2 * offset) % RUNS, *is_closed, 1);
            self.tell(&mut successor, telling);
            item.successor = Some(Box::new(successor));
        }
        item
    }

    fn tell(&self, item: &mut Item, telling: &Telling) {
        let Telling { sent, taken, updates, attributes: said } = telling;
        item.outbox = sent.iter().map(|event| self.message(&item.run, *event)).collect();
        item.consumed = taken.iter().map(|taken| self.taken(*taken)).collect();
        item.updates = updates.iter().map(|number| update(&item.run, &format!("u{number}"))).collect();
        item.attributes = said.map(|number| match number {
            0 => Attributes::default(),
            number => attributes(&format!("said {number}")),
        });
    }

    /// Mostly one that there is.
    fn taken(&self, (run, event): (u32, u64)) -> MessageId {
        match self.inbox.get(run as usize) {
            Some(id) if event > 0 => id.clone(),
            _ => self.message(&self.key(run), event).id,
        }
    }

    fn message(&self, sender: &RunKey, event: u64) -> MessageRow {
        MessageRow { namespace: self.namespace.clone(), ..message(sender, event, "w1") }
    }

    fn start(&self, run: u32, is_closed: bool, events: u32) -> Item {
        let mut item = start(&self.key(run));
        item.history = vec![self.row(1, events)];
        let new = item.new.as_mut().unwrap();
        new.start_time = time(u64::from(run % 3));
        new.request_id = (events == 2).then(|| RequestId::new("request"));
        if is_closed { item.with(closed(Status::Completed)) } else { item }
    }

    fn doing(&mut self, change: &Change) -> Item {
        let run = self.key(change.run);
        self.activation += 1;
        match &change.doing {
            Doing::Start { closed, events } => self.start(change.run, *closed, *events),
            Doing::Step { off, events, summary } => {
                let end = self.ends.get(&run.run_id).copied();
                if end.is_none() && *off == 0 {
                    return self.start(change.run, false, *events);
                }
                let first = end.unwrap_or(1).saturating_add_signed(*off).max(1);
                let history = vec![self.row(first, *events)];
                Item { history, summary: summary_of(*summary), ..Item::of(run) }
            }
            Doing::Summary(summary) => Item { summary: summary_of(*summary), ..Item::of(run) },
            Doing::Attempts(rows) => attempts(&run, rows.iter().map(row_change).collect()),
        }
    }

    fn row(&self, first: u64, events: u32) -> dalsegno_store::HistoryRow {
        dalsegno_store::HistoryRow { activation: self.activation, ..rows(first, events) }
    }
}

fn summary_of(number: u8) -> Option<dalsegno_engine::run::Summary> {
    match number {
        0 => Some(closed(Status::Failed)),
        1 => Some(closed(Status::Terminated)),
        2 => Some(blocked("stuck")),
        3 => Some(open_until(Some(40))),
        4 => Some(open_until(None)),
        _ => None,
    }
}

/// The last change of an operation counts; no attempts deletes it.
fn row_change(&(operation, attempt, due): &(u64, u32, Option<u64>)) -> RowChange {
    match attempt {
        0 => RowChange::Delete(operation),
        _ => RowChange::Put(ActivityRow {
            operation,
            attempt,
            state: due.map_or(RowState::Granted, |due| RowState::Waiting(time(due))),
            last_failure: None,
        }),
    }
}

/// All that a case has in a store.
async fn contents(store: &SharedStore, case: &Case) -> String {
    use std::fmt::Write as _;
    let page = ListPage { limit: 1_000, ..ListPage::default() };
    let mut text = format!("{:#?}", store.list_runs(&case.namespace, &page).await.unwrap());
    let due = store.due_runs(time(1_000), None, 100_000).await.unwrap();
    let due: Vec<_> = due.into_iter().filter(|run| run.key.namespace == case.namespace).collect();
    write!(text, "{due:#?}").unwrap();
    for run in 0..RUNS {
        let key = case.key(run);
        let newest = store.newest_run(&key.namespace, &key.workflow_id).await.unwrap();
        let history = store.history(&key.run_id, 1, 1_000).await.unwrap();
        let attempts = store.activity_rows(&key.run_id).await.unwrap();
        write!(text, "{newest:#?} {history:#?} {attempts:#?}").unwrap();
        for number in 0..UPDATES {
            let outcome =
                store.update(&key.namespace, &key.workflow_id, &format!("u{number}")).await.unwrap();
            write!(text, "{outcome:#?}").unwrap();
        }
    }
    let mut inbox = store.inbox(None, 100_000).await.unwrap();
    inbox.retain(|message| message.namespace == case.namespace);
    write!(text, "{inbox:#?}").unwrap();
    text
}

#[test]
fn both_backends_do_the_same() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let databases = runtime.block_on(async { [Database::sqlite_file().await, Database::postgres().await] });
    let cases = AtomicU32::new(0);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let result = runner.run(&changes(), |batches| {
        let number = cases.fetch_add(1, Ordering::Relaxed);
        let mut case = Case {
            namespace: Namespace::new(format!("case-{number}")),
            first_run: number * RUNS,
            ends: BTreeMap::new(),
            inbox: Vec::new(),
            activation: 0,
        };
        runtime.block_on(async {
            let mut fences: Vec<Fence> = Vec::new();
            for database in &databases {
                fences.push(database.claim().await);
            }
            for (number, changes) in (1..).zip(&batches) {
                let batch = Batch { number, items: case.items(changes) };
                let sqlite = databases[0].store.commit(&fences[0], &batch).await;
                let postgres = databases[1].store.commit(&fences[1], &batch).await;
                let outcomes = sqlite.unwrap();
                prop_assert_eq!(&outcomes, &postgres.unwrap(), "batch {:#?}", batch);
                for (database, fence) in databases.iter().zip(&fences) {
                    let last = database.store.last_batch(fence).await.unwrap();
                    prop_assert_eq!(&outcomes, &last.outcomes(&batch), "batch {:#?}", batch);
                }
                for (item, outcome) in batch.items.iter().zip(outcomes) {
                    if outcome == ItemOutcome::Committed {
                        case.learn(item);
                    }
                }
            }
            let sqlite = contents(&databases[0].store, &case).await;
            prop_assert_eq!(sqlite, contents(&databases[1].store, &case).await);
            Ok(())
        })
    });
    result.unwrap();
}
