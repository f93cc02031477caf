//! Pages: how long they are, and how a client names the next one.
//!
//! A token is opaque to clients. It says what it is for, so that one of another call is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use dalsegno_engine::{
    Timestamp,
    ids::{EventId, RunId},
};

use super::problem::Problem;

/// Items of a page that no size is given for.
pub(crate) const PAGE_SIZE_DEFAULT: u32 = 100;
/// Items of a page at most.
pub(crate) const PAGE_SIZE_MAX: u32 = 1_000;

/// How many items a page has.
pub(crate) fn page_size(given: Option<u32>) -> Result<u32, Problem> {
    match given.unwrap_or(PAGE_SIZE_DEFAULT) {
        size @ 1..=PAGE_SIZE_MAX => Ok(size),
        size => Err(Problem::invalid(format!("page_size is {size}; use 1 to {PAGE_SIZE_MAX}"))),
    }
}

/// Where a page of a history begins: so many events after the beginning of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HistoryPlace {
    /// The first event of the transition.
    pub(crate) from: EventId,
    /// Events from there that were on pages before.
    pub(crate) skip: usize,
}

impl HistoryPlace {
    /// The beginning of the transition with this first event.
    pub(crate) fn at(from: EventId) -> Self {
        Self { from, skip: 0 }
    }
}

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PageToken {
    /// Of a list of runs: after this one.
    Runs(Timestamp, RunId),
    /// Of a history: the place in this run, so that a page never mixes two runs.
    Events(HistoryPlace, RunId),
}

impl PageToken {
    /// The opaque text.
    pub(crate) fn encode(&self) -> String {
        BASE64.encode(match self {
            Self::Runs(time, run) => format!("r{}:{run}", time.as_micros()),
            Self::Events(HistoryPlace { from, skip }, run) => format!("e{from}+{skip}:{run}"),
        })
    }

    /// From the opaque text.
    fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64.decode(text).ok()?).ok()?;
        let (head, run) = text.split_once(':')?;
        let run = RunId::parse(run).ok()?;
        if let Some(number) = head.strip_prefix('r') {
            return Some(Self::Runs(Timestamp::from_micros(number.parse().ok()?), run));
        }
        let (from, skip) = head.strip_prefix('e')?.split_once('+')?;
        let place = HistoryPlace { from: from.parse().ok()?, skip: skip.parse().ok()? };
        (place.from > 0).then_some(Self::Events(place, run))
    }

    /// From a request for the next page of a list.
    pub(crate) fn runs(text: Option<&str>) -> Result<Option<(Timestamp, RunId)>, Problem> {
        match text.map(Self::decode) {
            None => Ok(None),
            Some(Some(Self::Runs(time, run))) => Ok(Some((time, run))),
            Some(_) => Err(invalid()),
        }
    }

    /// From a request for the next page of a history.
    pub(crate) fn events(text: Option<&str>) -> Result<Option<(HistoryPlace, RunId)>, Problem> {
        match text.map(Self::decode) {
            None => Ok(None),
            Some(Some(Self::Events(place, run))) => Ok(Some((place, run))),
            Some(_) => Err(invalid()),
        }
    }
}

fn invalid() -> Problem {
    Problem::invalid("page_token is none that this call has given; leave it out for the first page")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_as_they_were() {
        let run = RunId::new("01890000-0000-7000-8000-000000000000");
        let time = Timestamp::from_micros(1_700_000_000_000_001);
        let list = PageToken::Runs(time, run.clone());
        assert_eq!(PageToken::runs(Some(&list.encode())).ok(), Some(Some((time, run.clone()))));
        let place = HistoryPlace { from: 101, skip: 7 };
        let history = PageToken::Events(place, run.clone());
        assert_eq!(PageToken::events(Some(&history.encode())).ok(), Some(Some((place, run))));
    }

    #[test]
    fn a_token_of_another_call_is_refused() {
        let token = PageToken::Events(HistoryPlace::at(101), RunId::new("r")).encode();
        assert!(PageToken::runs(Some(&token)).is_err());
        for nonsense in
            ["", "%", "AAAA", &BASE64.encode("e0:r"), &BASE64.encode("e-1:r"), &BASE64.encode("r1:")]
        {
            assert!(PageToken::events(Some(nonsense)).is_err(), "{nonsense}");
            assert!(PageToken::runs(Some(nonsense)).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn page_sizes_have_bounds() {
        assert_eq!(page_size(None).ok(), Some(PAGE_SIZE_DEFAULT));
        assert_eq!(page_size(Some(1_000)).ok(), Some(1_000));
        assert!(page_size(Some(0)).is_err());
        assert!(page_size(Some(1_001)).is_err());
    }
}
