//! Names to addresses, each checked: the address that is connected to is the one that was checked.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::AllowList;

/// A resolver that refuses names which lead into this machine's network.
pub(super) struct CheckedResolver {
    allow: AllowList,
}

impl CheckedResolver {
    pub(super) fn new(allow: AllowList) -> Self {
        Self { allow }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.allow.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            for address in &found {
                allow.may_resolve(name.as_str(), address.ip())?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
