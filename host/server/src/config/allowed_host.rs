//! Entries of an allow-list of hosts.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error as _};

/// A host that may be called: `api.example.com`, `api.example.com:8443`, `*.example.com`, `[::1]:80`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    /// In lower case; without the brackets of an IPv6 address.
    name: String,
    /// Whether every host below the name is meant, and not the name itself.
    below: bool,
    /// Any if absent.
    port: Option<u16>,
}

impl AllowedHost {
    /// Whether a call of this host and port is allowed.
    #[must_use]
    pub fn matches(&self, host: &str, port: u16) -> bool {
        self.names(host) && self.port.is_none_or(|allowed| allowed == port)
    }

    /// Whether it is about this host, on whatever port.
    #[must_use]
    pub fn names(&self, host: &str) -> bool {
        let host = unbracketed(host).to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        if self.below {
            host.strip_suffix(&self.name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.name
        }
    }

    /// Whether the entry names one host in full, so that it may also be within a private network.
    #[must_use]
    pub fn names_one_host(&self) -> bool {
        !self.below
    }
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

impl FromStr for AllowedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let say = || {
            format!(
                "`{text}` is no HOST or HOST:PORT, like `api.example.com:443`, `*.example.com` or `[::1]:80`"
            )
        };
        let is_bare_v6 = text.parse::<std::net::Ipv6Addr>().is_ok();
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !is_bare_v6 && !port.ends_with(']') => {
                (host, Some(port.parse::<u16>().map_err(|_| say())?))
            }
            _ => (text, None),
        };
        let (name, below) = match host.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (unbracketed(host), false),
        };
        let is_v6 = name.parse::<std::net::Ipv6Addr>().is_ok();
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || !(is_v6 || name.chars().all(of_name)) {
            return Err(say());
        }
        Ok(Self { name: name.to_ascii_lowercase(), below, port })
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*." } else { "" };
        if self.name.contains(':') {
            write!(f, "[{}]", self.name)?;
        } else {
            write!(f, "{star}{}", self.name)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl<'de> Deserialize<'de> for AllowedHost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(entry: &str, host: &str, port: u16) -> bool {
        entry.parse::<AllowedHost>().expect("it is right").matches(host, port)
    }

    #[test]
    fn a_host_matches_with_any_port_unless_one_is_named() {
        assert!(matches("api.example.com", "API.example.com.", 8443));
        assert!(matches("api.example.com:443", "api.example.com", 443));
        assert!(!matches("api.example.com:443", "api.example.com", 80));
        assert!(!matches("example.com", "api.example.com", 80));
        assert!(matches("[::1]:80", "[::1]", 80));
        assert!(matches("::1", "::1", 1));
    }

    #[test]
    fn a_star_means_the_hosts_below() {
        assert!(matches("*.example.com", "a.b.example.com", 80));
        assert!(!matches("*.example.com", "example.com", 80));
        assert!(!matches("*.example.com", "badexample.com", 80));
        assert!(!matches("*.example.com", ".example.com", 80));
    }

    #[test]
    fn entries_are_shown_as_they_are_written() {
        for text in ["api.example.com", "api.example.com:443", "*.example.com:1", "[::1]:80", "127.0.0.1:9"] {
            assert_eq!(text.parse::<AllowedHost>().expect("it is right").to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "*", "*.", "http://example.com", "example.com/x", "a:b", "a b", "example.com:99999"]
        {
            assert!(text.parse::<AllowedHost>().is_err(), "{text}");
        }
    }
}
