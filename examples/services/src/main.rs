//! The shop that the examples order from: payments, inventory, shipping, mail, accounts.
//!
//! `demo-services --listen 127.0.0.1:0` prints where it listens, and serves until it is killed. All it does
//! is kept in memory, and read at `GET /ledger`.

mod ledger;

use std::{
    io::Write,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::ledger::{Answer, Ask, Kind, Ledger, price};

type Shared = Arc<Mutex<Ledger>>;

/// The longest delay that a request may ask for.
const DELAY_MS_MAX: u64 = 60_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => "127.0.0.1:7500",
        ["--listen", address] => address,
        _ => {
            eprintln!("usage: demo-services [--listen 127.0.0.1:7500]");
            return ExitCode::from(2);
        }
    };
    match serve(address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot serve on {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(address: &str) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on http://{}", listener.local_addr()?)?;
    stdout.flush()?;
    let mut router = Router::new()
        .route("/ledger", get(read_ledger))
        .route("/prices/{sku}", get(async |Path(sku): Path<String>| respond(price(&sku))))
        .route("/jobs/{name}", get(ask_for_job));
    for kind in Kind::ALL {
        let handler = move |State(shared): State<Shared>, headers: HeaderMap, Json(body): Json<Value>| {
            act(shared, kind, headers, body)
        };
        router = router.route(kind.path(), post(handler));
    }
    axum::serve(listener, router.with_state(Shared::default())).await
}

async fn read_ledger(State(shared): State<Shared>) -> Json<Value> {
    let ledger = shared.lock().unwrap_or_else(PoisonError::into_inner);
    Json(json!({ "effects": ledger.effects() }))
}

async fn act(shared: Shared, kind: Kind, headers: HeaderMap, body: Value) -> Response {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let Some(key) = key.map(str::to_owned) else {
        let problem = json!({ "error": "the header Idempotency-Key is missing" });
        return (StatusCode::BAD_REQUEST, Json(problem)).into_response();
    };
    if let Some(delay_ms) = body["delay_ms"].as_u64() {
        tokio::time::sleep(Duration::from_millis(delay_ms.min(DELAY_MS_MAX))).await;
    }
    let mut ledger = shared.lock().unwrap_or_else(PoisonError::into_inner);
    respond(ledger.answer(Ask { kind, key, body }))
}

async fn ask_for_job(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let ready_after = query.as_deref().and_then(|query| query.strip_prefix("ready_after="));
    let ready_after = ready_after.and_then(|number| number.parse().ok()).unwrap_or_default();
    let mut ledger = shared.lock().unwrap_or_else(PoisonError::into_inner);
    respond(ledger.ask_for_job(&name, ready_after))
}

fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(answer.body)).into_response()
}
