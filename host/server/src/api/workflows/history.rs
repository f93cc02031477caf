//! `GET /workflows/{id}/history`

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use dalsegno_engine::{
    Payload,
    event::Event,
    export::ExportedHistory,
    ids::{EventId, RunId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::follow;
use crate::{
    api::{
        Api, events,
        paging::{self, HistoryPlace, PageToken},
        params::{self, Params, Segments},
        payloads::{self, HasPayloads, PayloadForm},
        problem::Problem,
        serve::Draining,
    },
    service::{HistoryPage, RunRef},
};

/// Which part of which history, and how to write its payloads.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryParams {
    /// The newest run if absent.
    run_id: Option<String>,
    /// Events of a page at most: 100 if absent, up to 1,000.
    #[param(minimum = 1, maximum = 1000)]
    page_size: Option<u32>,
    /// Of the page before.
    page_token: Option<String>,
    /// How payloads are written.
    #[param(inline)]
    payloads: Option<PayloadForm>,
}

/// A part of a history, from which a replay can be made once all parts are there: their `events` and `activations`
/// follow one another, the rest is the same.
#[derive(Serialize)]
struct HistoryBody {
    #[serde(flatten)]
    history: ExportedHistory,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// A part of a history. The `events` and `activations` of all parts, one after the other, beside the rest, which is
/// the same in each, are what `dalsegno replay` takes.
#[derive(ToSchema)]
#[schema(as = WorkflowHistory)]
#[expect(dead_code, reason = "it describes what the engine writes")]
pub(crate) struct HistorySchema {
    /// Of this form of a history: 1.
    format: u32,
    /// The rules that the history was written by.
    engine_semantics: u32,
    /// The digest of the module that wrote it.
    module: String,
    workflow_type: String,
    /// What each activation was shown, in order.
    activations: Vec<ActivationSchema>,
    /// In order, their ids without gaps.
    #[schema(value_type = Vec<events::EventSchema>)]
    events: Vec<Event>,
    /// For the next page; absent at the end.
    next_page_token: Option<String>,
}

/// One call of the workflow's code.
#[derive(ToSchema)]
#[schema(as = Activation)]
#[expect(dead_code, reason = "it describes what the engine writes")]
pub(crate) struct ActivationSchema {
    /// From 1.
    number: u64,
    /// The workflow's clock, the same throughout the call.
    #[schema(format = DateTime)]
    time: String,
    /// What it was told of its history.
    shown: std::collections::BTreeMap<String, serde_json::Value>,
}

/// Reads a history.
///
/// With `Accept: text/event-stream` the events come one by one as they happen, each with its `event_id` as the id
/// of the message, until the run closes. `Last-Event-ID` goes on after that event; with nothing left to tell, the
/// answer is 204. Name the run in that case: the newest run may be another one by then.
#[utoipa::path(
    get, path = "/workflows/{id}/history", tag = "workflows", operation_id = "read_history",
    params(HistoryParams, ("Last-Event-ID" = Option<String>, Header, description = "The last event that came, of an event stream.")),
    responses(
        (status = 200, description = "A page of events, or the stream of them.", content(
            (HistorySchema = "application/json"),
            (events::EventSchema = "text/event-stream"),
        )),
        (status = 204, description = "The stream has ended before.")
    )
)]
pub(crate) async fn history(
    State(api): State<Api>,
    Segments((namespace, id)): Segments<(String, String)>,
    Params(params): Params<HistoryParams>,
    headers: HeaderMap,
    draining: Draining,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    let form = params.payloads.unwrap_or_default();
    if wants_stream(&headers) {
        if params.page_token.is_some() || params.page_size.is_some() {
            return Err(Problem::invalid("page_size and page_token do not go with an event stream"));
        }
        return follow::follow(api.service, run, last_event_id(&headers)?, form, draining).await;
    }
    let size = paging::page_size(params.page_size)?;
    let token = PageToken::events(params.page_token.as_deref())?;
    let (run, place) = pinned(&api, run, token).await?;
    let run_id = run.run_id.clone();
    let HistoryPage { mut history, next, .. } = api.service.history(&run, place.from, size).await?;
    let cut = cut(&mut history, place.skip, size as usize);
    let next = if cut {
        Some(HistoryPlace { skip: place.skip + size as usize, ..place })
    } else {
        next.map(HistoryPlace::at)
    };
    let next_page_token = next.zip(run_id).map(|(next, run)| PageToken::Events(next, run).encode());
    if form == PayloadForm::Inline {
        history.show();
    }
    let mut body = HistoryBody { history, next_page_token };
    Ok(payloads::answer_as(form, StatusCode::OK, &mut body))
}

/// Leaves so many events after the skipped ones. True: there were more. An activation is told of on the page that
/// has its last event, so on one page only.
fn cut(history: &mut ExportedHistory, skip: usize, size: usize) -> bool {
    let end = skip.saturating_add(size).min(history.events.len());
    let more = end < history.events.len();
    let told = history.events[..skip.min(end)].last().zip(history.events.get(skip));
    let told = told.map(|(before, first)| before.activation.min(first.activation.saturating_sub(1)));
    let untold = history.events.get(end).map(|next| next.activation);
    history.activations.retain(|activation| {
        told.is_none_or(|told| activation.number > told)
            && untold.is_none_or(|untold| activation.number < untold)
    });
    history.events.truncate(end);
    history.events.drain(..skip.min(end));
    more
}

/// The run that a page is of, by its id, and where the page begins.
async fn pinned(
    api: &Api,
    run: RunRef,
    token: Option<(HistoryPlace, RunId)>,
) -> Result<(RunRef, HistoryPlace), Problem> {
    let Some((place, of)) = token else {
        let row = api.service.resolve(&run).await?;
        return Ok((RunRef { run_id: Some(row.key.run_id), ..run }, HistoryPlace::at(1)));
    };
    if run.run_id.as_ref().is_some_and(|run_id| *run_id != of) {
        return Err(Problem::invalid("page_token is of another run than run_id"));
    }
    Ok((RunRef { run_id: Some(of), ..run }, place))
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|value| value.split(',')).any(|range| {
        let media_type = range.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("text/event-stream")
    })
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<EventId>, Problem> {
    let Some(value) = headers.get("last-event-id").filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or_else(|| Problem::invalid("Last-Event-ID is no event_id"))
}

impl HasPayloads for HistoryBody {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        self.history.events.for_each_payload_mut(visit);
    }
}

impl HasPayloads for Vec<Event> {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        for event in self {
            event.attributes.for_each_payload_mut(visit);
        }
    }
}

impl HasPayloads for Event {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        self.attributes.for_each_payload_mut(visit);
    }
}

#[cfg(test)]
pub(crate) fn events_written_out(events: &mut Vec<Event>) -> serde_json::Result<serde_json::Value> {
    payloads::written_out(events)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use dalsegno_engine::{
        Timestamp,
        attributes::{SearchAttributeType, search_attribute},
        event::EventAttributes,
        export::ExportedActivation,
        guest::Shown,
        ids::{ModuleDigest, WorkflowType},
    };

    use super::*;

    fn body() -> HistoryBody {
        let attributes = EventAttributes::WorkflowExecutionCompleted {
            result: Some(Payload::json("{ \"total\": 1.50 }")),
        };
        let event = Event { event_id: 1, time: Timestamp::MIN, activation: 1, attributes };
        let history = ExportedHistory {
            format: 1,
            engine_semantics: 1,
            module: ModuleDigest::new("sha256:0"),
            workflow_type: WorkflowType::new("order"),
            namespace: None,
            run_id: None,
            activations: Vec::new(),
            events: vec![event],
        };
        HistoryBody { history, next_page_token: Some("token".to_owned()) }
    }

    #[test]
    fn a_page_is_a_part_of_an_export() {
        let text = serde_json::to_string(&body()).expect("plain data");
        assert!(text.contains(r#""attributes":{"result":{ "total": 1.50 }}"#), "{text}");
        assert!(text.contains(r#""next_page_token":"token""#), "{text}");
        let back: ExportedHistory = serde_json::from_str(&text).expect("an export");
        assert_eq!(back.events, body().history.events);
    }

    #[test]
    fn search_attributes_are_shown_plainly_and_read_back() {
        let typed = |name: &str, value: serde_json::Value| {
            let r#type = SearchAttributeType::from_name(name).expect("it is a type");
            Some(search_attribute(r#type, &value).expect("it fits"))
        };
        let search_attributes = [
            ("Region".to_owned(), typed("keyword", "EU".into())),
            ("Words".to_owned(), typed("text", "two words".into())),
            ("Gone".to_owned(), None),
        ];
        let mut history = body().history;
        history.events[0].attributes =
            EventAttributes::UpsertWorkflowSearchAttributes { search_attributes: search_attributes.into() };
        let mut shown = history.clone();
        shown.show();
        let text = serde_json::to_value(&shown).expect("plain data");
        let expected = serde_json::json!({
            "Region": "EU", "Words": { "type": "text", "value": "two words" }, "Gone": null,
        });
        assert_eq!(text["events"][0]["attributes"]["search_attributes"], expected);
        let back: ExportedHistory = serde_json::from_value(text).expect("an export");
        let exact = history.into_exact_transitions().expect("it has its parts");
        assert_eq!(back.into_transitions().expect("it has its parts"), exact);
    }

    fn pages_of(sizes: &[(u64, usize)], size: usize) -> (Vec<u64>, Vec<u64>) {
        let mut whole = body().history;
        whole.events.clear();
        for &(activation, events) in sizes {
            let time = Timestamp::MIN;
            let shown = Shown::default();
            whole.activations.push(ExportedActivation { number: activation, time, shown });
            for _ in 0..events {
                let event_id = whole.events.len() as u64 + 1;
                let attributes = EventAttributes::TimerFired { operation: 1 };
                whole.events.push(Event { event_id, time, activation, attributes });
            }
        }
        let (mut events, mut activations) = (Vec::new(), Vec::new());
        for skip in (0..).step_by(size) {
            let mut page = whole.clone();
            let more = cut(&mut page, skip, size);
            assert!(page.events.len() <= size);
            events.extend(page.events.iter().map(|event| event.event_id));
            activations.extend(page.activations.iter().map(|activation| activation.number));
            if !more {
                break;
            }
        }
        (events, activations)
    }

    #[test]
    fn pages_have_each_event_and_each_activation_once() {
        for size in 1..8 {
            let (events, activations) = pages_of(&[(1, 3), (2, 1), (3, 2)], size);
            assert_eq!(events, [1, 2, 3, 4, 5, 6], "{size}");
            assert_eq!(activations, [1, 2, 3], "{size}");
        }
    }

    #[test]
    fn an_event_stream_is_asked_for_by_accept() {
        let accepting = |value: &'static str| {
            wants_stream(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]))
        };
        assert!(accepting("text/event-stream"));
        assert!(accepting("application/json;q=0.5, Text/Event-Stream;q=0.9"));
        assert!(!accepting("*/*"));
        assert!(!wants_stream(&HeaderMap::new()));
    }

    #[test]
    fn last_event_ids_are_numbers() {
        let of = |value: &'static str| {
            last_event_id(&HeaderMap::from_iter([(
                header::HeaderName::from_static("last-event-id"),
                HeaderValue::from_static(value),
            )]))
        };
        assert_eq!(of("7").ok(), Some(Some(7)));
        assert_eq!(of("").ok(), Some(None));
        assert!(of("x").is_err() && of("-1").is_err());
    }
}
