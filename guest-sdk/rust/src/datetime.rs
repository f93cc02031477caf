//! Times as texts: RFC 3339, in UTC.

use std::time::{Duration, SystemTime};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// `2026-01-31T12:00:00.5Z`: as many digits of the second as are needed, microseconds at most.
pub(crate) fn format(time: SystemTime) -> String {
    let (seconds, microseconds) = since_epoch(time);
    let (days, second) = (seconds.div_euclid(SECONDS_PER_DAY), seconds.rem_euclid(SECONDS_PER_DAY));
    let (year, month, day) = date(days);
    let fraction = match microseconds {
        0 => String::new(),
        _ => format!(".{microseconds:06}").trim_end_matches('0').to_owned(),
    };
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Reads a time with `Z` or an offset like `+01:00`; `None` if it is none.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let [year, month, day] = numbers(date, '-')?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = time.split_at(zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':')?;
    let in_range =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !in_range || fraction.is_empty() || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let microseconds: u64 = format!("{fraction:0<6}")[..6].parse().ok()?;
    let local = day_number(year, month, day) * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second;
    let seconds = local - offset(zone)?;
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let whole = match seconds {
        0.. => SystemTime::UNIX_EPOCH.checked_add(whole)?,
        _ => SystemTime::UNIX_EPOCH.checked_sub(whole)?,
    };
    whole.checked_add(Duration::from_micros(microseconds))
}

fn since_epoch(time: SystemTime) -> (i64, u32) {
    let microseconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => since.as_micros().cast_signed(),
        Err(before) => -before.duration().as_micros().cast_signed(),
    };
    let seconds = i64::try_from(microseconds.div_euclid(1_000_000)).unwrap_or(i64::MAX);
    (seconds, u32::try_from(microseconds.rem_euclid(1_000_000)).unwrap_or(0))
}

/// In seconds.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return (zone.len() == 1).then_some(0),
    };
    let [hours, minutes] = numbers(&zone[1..], ':')?;
    Some(sign * (hours * 3_600 + minutes * 60))
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    let parts: Option<Vec<i64>> =
        text.split(separator).map(|part| is_number(part).then(|| part.parse().ok())?).collect();
    parts?.try_into().ok()
}

/// The date of a day, counted from 1970-01-01. A year begins in March here, so that the leap day is its last.
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The reverse of [`date`].
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, microseconds: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::new(seconds, microseconds * 1_000)
    }

    #[test]
    fn times_survive_the_way_there_and_back() {
        for (time, text) in [
            (at(0, 0), "1970-01-01T00:00:00Z"),
            (at(951_782_400, 0), "2000-02-29T00:00:00Z"),
            (at(1_767_225_599, 250_000), "2025-12-31T23:59:59.25Z"),
            (at(4_107_542_400, 1), "2100-03-01T00:00:00.000001Z"),
            (SystemTime::UNIX_EPOCH - Duration::from_millis(500), "1969-12-31T23:59:59.5Z"),
        ] {
            assert_eq!(format(time), text);
            assert_eq!(parse(text), Some(time), "{text}");
        }
    }

    #[test]
    fn offsets_are_read() {
        assert_eq!(parse("1970-01-01T01:30:00+01:30"), Some(at(0, 0)));
        assert_eq!(parse("1969-12-31T23:00:00.000-01:00"), Some(at(0, 0)));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "today",
            "2026-01-01",
            "2026-13-01T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
