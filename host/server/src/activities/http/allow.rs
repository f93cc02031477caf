//! Which hosts requests may go to.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use reqwest::Url;

use crate::config::AllowedHost;

/// Hosts that requests may go to. An address within this machine or its network is reached only through an
/// entry that names one host in full.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowList {
    entries: Arc<[AllowedHost]>,
}

/// A request that may not be made.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotAllowed(String);

impl AllowList {
    pub(crate) fn new(entries: &[AllowedHost]) -> Self {
        Self { entries: entries.into() }
    }

    /// Checks an address before it is called.
    pub(crate) fn check(&self, url: &Url) -> Result<(), NotAllowed> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NotAllowed(format!("`{}` is neither http nor https", url.scheme())));
        }
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        if self.entries.iter().any(|entry| entry.matches(host, port)) {
            return Ok(());
        }
        Err(NotAllowed(format!(
            "requests to `{host}:{port}` are not allowed; start the host with --allow-http-host {host}:{port}, or list \
             it under [activities.http] allow"
        )))
    }

    /// Whether a name may lead to this address.
    pub(super) fn may_resolve(&self, name: &str, address: IpAddr) -> Result<(), NotAllowed> {
        let named = self.entries.iter().any(|entry| entry.names_one_host() && entry.names(name));
        if named || is_public(address) {
            return Ok(());
        }
        Err(NotAllowed(format!(
            "`{name}` leads to {address}, an address of this machine or its network; name the host in full in the \
             allow-list if that is meant"
        )))
    }
}

/// Not of this machine, its network, or a range with a meaning of its own.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || shared
        || benchmark
        || a == 0
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    // Global unicast, without 6to4 and Teredo, which carry addresses of version 4 inside.
    (first & 0xe000) == 0x2000 && first != 0x2002 && !(first == 0x2001 && address.segments()[1] < 0x200)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn list(entries: &[&str]) -> AllowList {
        AllowList::new(&entries.iter().map(|entry| entry.parse().expect("well-formed")).collect::<Vec<_>>())
    }

    #[rstest]
    #[case("api.example.com", "https://api.example.com/x", true)]
    #[case("api.example.com", "https://example.com/x", false)]
    #[case("127.0.0.1:80", "http://127.0.0.1/x", true)]
    #[case("127.0.0.1:8080", "http://127.0.0.1:8081/x", false)]
    #[case("[::1]:8081", "http://[::1]:8081/x", true)]
    #[case("127.0.0.1", "ftp://127.0.0.1/x", false)]
    #[case("127.0.0.1", "http://127.0.0.1@evil.example/", false)]
    fn the_host_of_the_address_is_compared(#[case] entry: &str, #[case] url: &str, #[case] allowed: bool) {
        assert_eq!(list(&[entry]).check(&url.parse().expect("well-formed")).is_ok(), allowed);
    }

    #[test]
    fn nothing_is_allowed_by_default() {
        assert!(AllowList::default().check(&"https://example.com".parse().expect("well-formed")).is_err());
    }

    #[rstest]
    #[case("93.184.216.34", true)]
    #[case("10.1.2.3", false)]
    #[case("127.0.0.1", false)]
    #[case("169.254.169.254", false)]
    #[case("100.64.0.1", false)]
    #[case("::ffff:10.0.0.1", false)]
    #[case("::1", false)]
    #[case("fe80::1", false)]
    #[case("fd00::1", false)]
    #[case("2606:4700::1111", true)]
    #[case("2002:a00:1::", false)]
    fn names_below_a_domain_lead_to_public_addresses_only(#[case] address: &str, #[case] allowed: bool) {
        let result =
            list(&["*.example.com"]).may_resolve("api.example.com", address.parse().expect("well-formed"));
        assert_eq!(result.is_ok(), allowed);
    }

    #[test]
    fn a_host_named_in_full_may_be_within_the_network() {
        let address = "10.1.2.3".parse().expect("well-formed");
        assert!(list(&["inventory.internal"]).may_resolve("inventory.internal", address).is_ok());
    }
}
