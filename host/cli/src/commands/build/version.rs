//! Versions of tools, as far as they matter: the first two numbers.

use std::fmt;

/// A version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32);

impl Version {
    /// The first version in what a tool says of itself.
    pub(crate) fn find(said: &str) -> Option<Self> {
        said.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
            let mut numbers = word.split('.').map(str::parse);
            Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_say_their_versions_in_their_own_ways() {
        let said = [
            "Python 3.11.7",
            "v20.20.2",
            "go version go1.26.8 linux/amd64",
            "Debian clang version 19.1.7 (3)",
        ];
        let expected =
            [(3, 11), (20, 20), (1, 26), (19, 1)].map(|(major, minor)| Some(Version(major, minor)));
        assert_eq!(said.map(Version::find), expected);
        assert_eq!(Version::find("none"), None);
        assert!(Version(1, 9) < Version(1, 26));
    }
}
