//! The filter of `GET /workflows?query=`: `Field = 'value' AND …`.
//!
//! A part of what the filter language will be. What it does not know yet is refused, never ignored.

use dalsegno_engine::{
    Status,
    ids::{WorkflowId, WorkflowType},
};
use dalsegno_store::ListPage;

use crate::api::problem::Problem;

/// What is supported, for messages and documentation.
pub(crate) const SUPPORTED: &str = "This version supports `Field = 'value'`, joined by AND, over WorkflowId, \
    WorkflowType, ExecutionStatus and Blocked ('true'); a quote within a value is doubled.";

/// Fills in the page's filter.
pub(crate) fn apply(query: &str, page: &mut ListPage) -> Result<(), Problem> {
    let mut rest = query.trim();
    while !rest.is_empty() {
        let (name, value, after) = condition(rest)?;
        restrict(page, name, value)?;
        rest = match word(after) {
            Some((and, rest)) if and.eq_ignore_ascii_case("and") && !rest.is_empty() => rest,
            Some(_) => return Err(unsupported(after)),
            None if after.is_empty() => after,
            None => return Err(unsupported(after)),
        };
    }
    Ok(())
}

/// `Name = 'value'`, and what follows.
fn condition(text: &str) -> Result<(&str, String, &str), Problem> {
    let (name, rest) = word(text).ok_or_else(|| unsupported(text))?;
    let rest = rest.strip_prefix('=').ok_or_else(|| unsupported(text))?.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start();
    let (value, rest) = quoted(rest).ok_or_else(|| unsupported(text))?;
    Ok((name, value, rest.trim_start()))
}

fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| (&text[..end], text[end..].trim_start()))
}

/// A quoted value, a quote within it doubled.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut value = String::new();
    let mut rest = &text[1..];
    loop {
        let end = rest.find(quote)?;
        value.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(quote) {
            Some(more) => {
                value.push(quote);
                rest = more;
            }
            None => return Some((value, rest)),
        }
    }
}

fn restrict(page: &mut ListPage, name: &str, value: String) -> Result<(), Problem> {
    let twice = match name {
        "WorkflowId" => page.workflow_id.replace(WorkflowId::new(value)).is_some(),
        "WorkflowType" => page.workflow_type.replace(WorkflowType::new(value)).is_some(),
        "ExecutionStatus" => page.status.replace(status(&value)?).is_some(),
        "Blocked" if value == "true" => std::mem::replace(&mut page.blocked, true),
        "Blocked" => return Err(Problem::invalid("query: Blocked can be compared with 'true' only")),
        _ => return Err(Problem::invalid(format!("query: `{name}` is not known. {SUPPORTED}"))),
    };
    if twice {
        return Err(Problem::invalid(format!("query: {name} stands there twice; a run has only one")));
    }
    Ok(())
}

/// `timed_out`, `TimedOut`: both ways of writing are common.
fn status(text: &str) -> Result<Status, Problem> {
    let plain = |text: &str| text.replace('_', "").to_ascii_lowercase();
    let found = Status::ALL.into_iter().find(|status| plain(status.as_str()) == plain(text));
    found.ok_or_else(|| {
        let all = Status::ALL.map(Status::as_str).join(", ");
        Problem::invalid(format!("query: `{text}` is no ExecutionStatus; there are {all}"))
    })
}

fn unsupported(at: &str) -> Problem {
    let at: String = at.chars().take(40).collect();
    Problem::invalid(format!("query: cannot read `{at}`. {SUPPORTED}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(query: &str) -> Result<ListPage, Problem> {
        let mut page = ListPage::default();
        apply(query, &mut page).map(|()| page)
    }

    #[test]
    fn conditions_are_joined() {
        let page =
            filtered("WorkflowType = 'order' and  ExecutionStatus=\"TimedOut\" AND WorkflowId='it''s'");
        let page = page.expect("it is supported");
        assert_eq!(page.workflow_type, Some(WorkflowType::new("order")));
        assert_eq!(page.status, Some(Status::TimedOut));
        assert_eq!(page.workflow_id, Some(WorkflowId::new("it's")));
        assert!(!page.blocked);
        assert!(filtered("Blocked = 'true'").expect("it is supported").blocked);
    }

    #[test]
    fn no_condition_means_all() {
        assert_eq!(filtered("  ").expect("it is supported"), ListPage::default());
    }

    #[test]
    fn every_status_is_understood() {
        for status in Status::ALL {
            let page =
                filtered(&format!("ExecutionStatus = '{}'", status.as_str())).expect("it is supported");
            assert_eq!(page.status, Some(status));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for query in [
            "order",
            "WorkflowId",
            "WorkflowId = order",
            "WorkflowId = 'order",
            "WorkflowId != 'order'",
            "WorkflowId = 'a' OR WorkflowId = 'b'",
            "WorkflowId = 'a' AND",
            "WorkflowId = 'a' WorkflowType = 'b'",
            "WorkflowId = 'a' AND WorkflowId = 'b'",
            "StartTime = '2026-01-01'",
            "ExecutionStatus = 'lost'",
            "(WorkflowId = 'a')",
            "= 'a'",
            "ä = 'a'",
            "WorkflowId = 'a'; DROP TABLE runs",
        ] {
            assert!(filtered(query).is_err(), "{query}");
        }
    }
}
