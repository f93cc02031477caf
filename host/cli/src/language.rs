//! The languages that workflows are written in, as far as every command needs to know them.

use clap::ValueEnum;

/// A language with an SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Built by cargo
    Rust,
    /// Built by componentize-py, which is installed when it is first needed
    Python,
    /// Built by esbuild and componentize-qjs, which are installed when they are first needed
    #[value(name = "typescript")]
    TypeScript,
    /// Built by the ordinary go
    Go,
    /// Built by clang
    C,
}

impl Language {
    /// As it is typed.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::TypeScript => "typescript",
            Self::Go => "go",
            Self::C => "c",
        }
    }

    /// As it is written.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::TypeScript => "TypeScript",
            Self::Go => "Go",
            Self::C => "C",
        }
    }
}
