//! The languages, and which scenarios each has.

use dalsegno_tests::guests;

/// A language that workflows are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    Rust,
    Python,
    TypeScript,
    /// TypeScript on its other engine.
    StarlingMonkey,
    Go,
    C,
}

/// What a language has of the scenarios.
enum Has {
    /// All but these, each with the reason.
    AllBut(&'static [(&'static str, &'static str)]),
    /// These, for a reason.
    Only(&'static [&'static str], &'static str),
}

impl Language {
    /// Every one.
    pub(crate) const ALL: [Self; 6] =
        [Self::Rust, Self::Python, Self::TypeScript, Self::StarlingMonkey, Self::Go, Self::C];

    fn has(self) -> Has {
        match self {
            Self::Rust | Self::Python | Self::TypeScript | Self::Go => Has::AllBut(&[]),
            Self::StarlingMonkey => Has::Only(
                &[
                    "activities-in-parallel",
                    "activity-failure-caught",
                    "activity-options",
                    "activity-times-out",
                    "attributes",
                    "bytes",
                    "cancel-with-clean-up",
                    "cause-chain",
                    "chain",
                    "child-failure-caught",
                    "child-options",
                    "condition-timed-out",
                    "continue-as-new",
                    "draws",
                    "external",
                    "info",
                    "local-activities",
                    "patches",
                    "queries",
                    "retried-workflow",
                    "timer-cancelled",
                    "unicode",
                    "update",
                    "update-rejected",
                ],
                "the SDK is that of TypeScript; these are what the engine gives it",
            ),
            Self::C => Has::Only(
                &[
                    "activities-in-sequence",
                    "activities-in-parallel",
                    "activity-fails",
                    "chain",
                    "timer",
                    "signals-in-order",
                    "signal-with-start",
                    "cancel-uncaught",
                    "continue-as-new",
                ],
                "C shows the contract, not a whole SDK",
            ),
        }
    }

    /// Its component: the package of the reference, or the folder in it.
    pub(crate) fn component(self) -> &'static str {
        match self {
            Self::Rust => "conformance",
            Self::Python => "conformance-python",
            Self::TypeScript => "conformance-typescript",
            Self::StarlingMonkey => "conformance-starlingmonkey",
            Self::Go => "conformance-go",
            Self::C => "conformance-c",
        }
    }

    /// The folder of its source within that of the reference.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Rust => "src",
            Self::Python => "python",
            Self::TypeScript | Self::StarlingMonkey => "typescript",
            Self::Go => "go",
            Self::C => "c",
        }
    }

    /// The ending of its source files.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Rust => "rs",
            Self::Python => "py",
            Self::TypeScript | Self::StarlingMonkey => "ts",
            Self::Go => "go",
            Self::C => "c",
        }
    }

    /// Why it is not tested with a scenario, if so: the scenario is none of its, or its tool chain cannot be had here.
    pub(crate) fn lacks(self, scenario: &str) -> Option<String> {
        let reason = match self.has() {
            Has::AllBut(lacking) => {
                lacking.iter().find(|(name, _)| *name == scenario).map(|(_, reason)| *reason)
            }
            Has::Only(names, reason) => (!names.contains(&scenario)).then_some(reason),
        };
        reason.map(ToOwned::to_owned).or_else(|| guests::skipped(self.component()))
    }

    /// The scenarios that are named as an exception or as all it has.
    pub(crate) fn named(self) -> Vec<&'static str> {
        match self.has() {
            Has::AllBut(lacking) => lacking.iter().map(|(name, _)| *name).collect(),
            Has::Only(names, _) => names.to_vec(),
        }
    }
}
