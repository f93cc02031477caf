//! Names of things, each a type of its own.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The longest id or name, in bytes.
pub const ID_BYTES_MAX: usize = 255;

/// Why a text cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Nothing in it.
    #[error("is empty")]
    Empty,
    /// Past [`ID_BYTES_MAX`].
    #[error("has {0} bytes; at most {ID_BYTES_MAX} are allowed")]
    TooLong(usize),
    /// Control characters would garble logs and addresses.
    #[error("has a control character")]
    Control,
    /// `.` and `..` change the meaning of a path.
    #[error("is `.` or `..`, which a path cannot carry")]
    Dots,
}

/// Checks what every id must be: 1 to 255 bytes, no control characters, not `.` or `..`.
///
/// # Errors
/// [`InvalidId`] says which rule is broken.
pub fn check_id(text: &str) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(InvalidId::TooLong(text.len()));
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidId::Control);
    }
    if text == "." || text == ".." {
        return Err(InvalidId::Dots);
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is; use [`Self::parse`] for what comes from outside.
            #[must_use]
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(text.as_ref().into())
            }

            /// Takes a text that came from outside.
            ///
            /// # Errors
            /// [`InvalidId`] says which rule of ids is broken.
            pub fn parse(text: impl AsRef<str>) -> Result<Self, InvalidId> {
                check_id(text.as_ref())?;
                Ok(Self::new(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

id!(
    /// The isolation of ids, visibility, limits and credentials.
    Namespace
);
id!(
    /// What the user calls a workflow; at most one open run has it.
    WorkflowId
);
id!(
    /// One run of a workflow id: a UUID version 7 made by the host.
    RunId
);
id!(
    /// The name of the workflow code within a module.
    WorkflowType
);
id!(
    /// The name of the activity code.
    ActivityType
);
id!(
    /// An activity within its run.
    ActivityId
);
id!(
    /// Where activities wait to be run.
    TaskQueue
);
id!(
    /// A client's mark on a request, so that a repeated request counts once.
    RequestId
);
id!(
    /// A module by content: `sha256:` and 64 hexadecimal digits.
    ModuleDigest
);

/// The namespace that always exists.
pub const DEFAULT_NAMESPACE: &str = "default";

/// The task queue of whoever names none.
pub const DEFAULT_TASK_QUEUE: &str = "default";

/// Position of an event in its run's history, from 1, without gaps.
pub type EventId = u64;

/// Number of an operation of a run, from 1, in call order.
pub type Operation = u64;
