//! Every example that there is in more than one language does what its README says, in each of them.
//!
//! A test is a fact about an example; its values are the languages. A language whose tools cannot be had on this
//! machine is left out.

mod accounts;
mod customers;
mod decisions;
mod mailbox;
mod messages;
mod orders;
mod prices;

use std::collections::BTreeSet;

use dalsegno_tests::{guests, services::Services};
use tokio::sync::{Mutex, OnceCell};

use crate::prelude::*;

pub(crate) use mailbox::Mailbox;

/// What an example is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    Python,
    TypeScript,
    C,
}

/// Where an example runs on a host that has the shop's services.
pub(crate) type Place = (Language, Backend);

/// A host for one language, for the workflow types are the same in all.
struct Theatre {
    host: Host,
    services: Services,
    /// The examples that it has.
    uploaded: Mutex<BTreeSet<String>>,
}

/// An example on its host.
pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) services: &'static Services,
}

impl Language {
    /// The component of an example; absent if the tools of the language cannot be had here.
    pub(crate) fn guest(self, example: &str) -> Option<String> {
        let ending = match self {
            Self::Rust => "",
            Self::Python => "-python",
            Self::TypeScript => "-typescript",
            Self::C => "-c",
        };
        let guest = format!("{example}{ending}");
        match guests::skipped(&guest) {
            Some(reason) => {
                eprintln!("skipped: {guest}: {reason}");
                None
            }
            None => Some(guest),
        }
    }

    async fn theatre(self) -> &'static Theatre {
        static PYTHON: OnceCell<Theatre> = OnceCell::const_new();
        static TYPESCRIPT: OnceCell<Theatre> = OnceCell::const_new();
        static C: OnceCell<Theatre> = OnceCell::const_new();
        let place = match self {
            Self::Python => &PYTHON,
            Self::TypeScript => &TYPESCRIPT,
            Self::C => &C,
            Self::Rust => panic!("examples in Rust are on the hosts that all tests share"),
        };
        let open = async || {
            let services = Services::start().await;
            let host = Host::with(Sqlite, Settings::default().allow(&services)).await;
            Theatre { host, services, uploaded: Mutex::default() }
        };
        place.get_or_init(open).await
    }
}

impl Stage {
    /// The example in a language, on a host that tests share; absent if the tools of the language cannot be had here.
    pub(crate) async fn set((language, backend): Place, example: &str) -> Option<Self> {
        let guest = language.guest(example)?;
        if language == Language::Rust {
            let host = shared(backend).await;
            return Some(Self { client: host.client(), services: host.services() });
        }
        let theatre = language.theatre().await;
        let client = theatre.host.client();
        let mut uploaded = theatre.uploaded.lock().await;
        if !uploaded.contains(&guest) {
            client.upload(&guest).await;
            uploaded.insert(guest);
        }
        Some(Self { client, services: &theatre.services })
    }

    /// The subjects of the mails that somebody got, in order.
    pub(crate) async fn mails_to(&self, to: &str) -> Vec<String> {
        let effects = self.services.effects().await;
        let mails =
            effects.iter().filter(|effect| effect["kind"] == "email" && effect["request"]["to"] == to);
        mails.map(|mail| mail["request"]["subject"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
