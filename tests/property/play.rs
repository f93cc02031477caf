//! Plays programs on a real host.

use std::{sync::Arc, time::Duration};

use dalsegno_tests::{
    Backend::{self, Postgres, Sqlite},
    Client, Host, Settings,
    auditor::audit,
    dice::Dice,
    waiting::{PATIENCE, Patience, at_some_time},
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    generator::{self, Case},
    model,
};

/// Makes the test longer.
const ROUNDS: &str = "DALSEGNO_TEST_ROUNDS";
/// Programs of a round.
const PROGRAMS: usize = 60;
/// Times that the host is killed in a round.
const KILLS: usize = 5;
/// The host lives at most so long between two kills.
const LIFE_MAX: Duration = Duration::from_millis(1_200);

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_come_to_what_the_model_says(#[values(Sqlite, Postgres)] backend: Backend) {
    let rounds: usize = std::env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let mut dice = Dice::new();
    for round in 0..rounds {
        // Every other round keeps guests in memory, as far as the host itself lives.
        let room = if round % 2 == 0 { "1" } else { "1000000000" };
        let settings = Settings::default().test_activities().set("resident_bytes_max", room);
        play(&mut dice, &mut Host::with(backend, settings).await).await;
    }
}

async fn play(dice: &mut Dice, host: &mut Host) {
    let client = host.client();
    client.upload("interpreter").await;
    let cases: Vec<Arc<Case>> =
        (0..PROGRAMS).map(|number| Arc::new(generator::case(dice, format!("program-{number}")))).collect();
    let mut players: JoinSet<()> = JoinSet::new();
    for case in &cases {
        players.spawn(serve(client.clone(), case.clone()));
    }
    for _ in 0..KILLS {
        at_some_time(dice, LIFE_MAX).await;
        host.kill();
        host.restart().await;
    }
    players.join_all().await;
    for case in &cases {
        check(&client, case).await;
    }
    host.stop_at_rest().await;
    audit(host, None).await.passes();
}

/// Starts a program, and sends it all that it may wait for.
async fn serve(client: Client, case: Arc<Case>) {
    let start = json!({
        "workflow_type": "interpreter", "workflow_id": case.id, "request_id": case.id, "input": [case.program],
    });
    insist(&client, "/workflows", &start).await;
    for (name, number) in &case.sent.signals {
        let body = json!({ "input": [number], "request_id": name });
        insist(&client, &format!("/workflows/{}/signals/{name}", case.id), &body).await;
    }
    for (name, number) in &case.sent.updates {
        let body = json!({ "input": [name, number], "update_id": name });
        let answer = insist(&client, &format!("/workflows/{}/updates/give", case.id), &body).await;
        if let Some(answer) = answer {
            assert_eq!(answer["result"], number + 1, "{name}: {answer}");
        }
        let secret = json!({ "input": ["secret", 1], "update_id": format!("secret-{name}") });
        let answer = insist(&client, &format!("/workflows/{}/updates/give", case.id), &secret).await;
        assert!(answer.is_none_or(|answer| answer["status"] == "rejected"), "the validator is asked");
    }
}

/// Asks until it is answered; the ids in the bodies make that safe. Nothing, if the run has ended.
async fn insist(client: &Client, path: &str, body: &Value) -> Option<Value> {
    let patience = Patience::new(PATIENCE);
    loop {
        let seen = match client.try_post(path, body).await {
            Ok(answer) if matches!(answer.status, 200 | 201) => return Some(answer.value()),
            Ok(answer) if answer.status == 202 && !path.contains("/updates/") => return Some(answer.value()),
            Ok(answer) if answer.status == 409 => {
                let _ = answer.refusal(409, "workflow_closed");
                return None;
            }
            Ok(answer) if matches!(answer.status, 202 | 503) => answer.text,
            Ok(answer) => panic!("{path} was refused: {} {}", answer.status, answer.text),
            Err(error) => error.to_string(),
        };
        patience.look_again("a host answers", &seen).await;
    }
}

async fn check(client: &Client, case: &Case) {
    let program = json!(case.program);
    let ended = client.ended(&case.id).await;
    let found = match ended["status"].as_str() {
        Some("completed") => Ok(ended["result"].as_i64().unwrap_or_default()),
        Some("failed") => Err(failure_type(&ended["failure"])),
        _ => panic!("{} ended otherwise: {ended}; {program}", case.id),
    };
    assert_eq!(found, model::run(&case.program, &case.sent, 1), "{}: {ended}; {program}", case.id);
    let (runs, stages) = (client.chain(&case.id).await.len(), case.program.stages.len());
    let is_whole = if found.is_ok() { runs == stages } else { runs <= stages };
    assert!(is_whole, "{runs} runs for {stages} stages: {program}");
}

/// The outermost link that user code raised.
fn failure_type(failure: &Value) -> String {
    let mut link = failure;
    while link.is_object() {
        if let Some(name) = link["kind"]["application"]["type"].as_str() {
            return name.to_owned();
        }
        link = &link["cause"];
    }
    panic!("no user code raised it: {failure}")
}
