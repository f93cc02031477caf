//! The scenarios: one function each, which drives the workflow, and is a test in every language and mode.

mod activities;
mod cancellation;
mod chains;
mod children;
mod data;
mod signals;
mod timers;
mod updates;

use std::collections::BTreeSet;

use crate::{golden, languages::Language};

/// Makes tests of scenarios: each function of this file that is named.
macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        /// The scenarios of this file.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),+];

        mod conforms {
            use rstest::rstest;

            use crate::{
                languages::Language::{self, C, Go, Python, Rust, StarlingMonkey, TypeScript},
                stage::Mode::{self, Evicted, Resident},
            };

            $(
                #[rstest]
                #[tokio::test]
                async fn $name(
                    #[values(Rust, Python, TypeScript, StarlingMonkey, Go, C)] language: Language,
                    #[values(Resident, Evicted)] mode: Mode,
                ) {
                    crate::conforms(language, mode, stringify!($name), super::$name).await;
                }
            )+
        }
    };
}
use scenarios;

/// All scenarios by their names.
fn names() -> BTreeSet<String> {
    let files = [
        activities::NAMES,
        cancellation::NAMES,
        chains::NAMES,
        children::NAMES,
        data::NAMES,
        signals::NAMES,
        timers::NAMES,
        updates::NAMES,
    ];
    files.into_iter().flatten().map(|name| name.replace('_', "-")).collect()
}

#[test]
fn every_scenario_has_a_golden_and_every_golden_a_scenario() {
    let goldens: BTreeSet<String> = golden::names().into_iter().collect();
    assert_eq!(goldens, names());
}

#[test]
fn what_languages_name_as_theirs_are_scenarios() {
    let names = names();
    for language in Language::ALL {
        for name in language.named() {
            assert!(names.contains(name), "{language:?} names {name}, which is no scenario");
        }
    }
}
