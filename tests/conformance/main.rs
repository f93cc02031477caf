//! One suite for every language: the same workflows, driven in the same way, have to leave the same histories.
//!
//! `tests/guests/conformance/README.md` says what the workflows do. A scenario is a function that drives one of them
//! (`scenarios`). Each is a test in every language (`languages`) and mode (`stage`: resident on SQLite, evicted at
//! every activation on Postgres). What it leaves is written as text (`record`), compared with the one golden in
//! `tests/histories/conformance` (`golden`), and replayed from its export (`replay`). `places` has what differs by
//! language: the places in the source that failures, stack traces and divergences name; `memory` what runs at rest take.
//!
//! After a change of the README and of the Rust guest, `DALSEGNO_BLESS=1 cargo test --test conformance Resident` writes
//! the goldens anew, from the Rust guest; look at what has changed.

mod golden;
mod languages;
// Elsewhere nobody tells what memory is a process's own.
#[cfg(target_os = "linux")]
mod memory;
mod places;
mod record;
mod replay;
mod scenarios;
mod stage;

use languages::Language;
use stage::{Mode, Stage};

/// Drives a scenario, and holds what it leaves against the golden.
async fn conforms(language: Language, mode: Mode, name: &str, drive: impl AsyncFnOnce(&mut Stage)) {
    let name = name.replace('_', "-");
    if let Some(reason) = language.lacks(&name) {
        eprintln!("skipped: {language:?} has no {name}: {reason}");
        return;
    }
    let place = format!("scenario {name}, {language:?}, {mode:?}");
    let mut stage = Stage::set(language, mode, &name).await;
    drive(&mut stage).await;
    let histories = stage.histories().await;
    let text = record::text(&stage, &histories);
    golden::holds(&place, &name, &text, language == Language::Rust && mode == Mode::Resident);
    for history in histories {
        if let Err(why) = replay::replay(language, history).await {
            panic!("{place}, replayed: {why}");
        }
    }
}
