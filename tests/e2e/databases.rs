//! A database that is down at the start, or goes away: 503 meanwhile, recovery without a restart, nothing lost.

use dalsegno_tests::{
    Database,
    auditor::audit,
    journal::{Asked, Journal},
};

use crate::prelude::*;

/// Waits until the host refuses, with all that such a refusal has.
async fn refuses(client: &Client) {
    eventually("the host refuses", async || match client.try_read("/workflows:count").await {
        Ok(answer) if answer.status == 503 => {
            let problem = answer.value();
            assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
            assert!(
                answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0),
                "{answer:?}"
            );
            Ok(())
        }
        Ok(answer) => Err(answer.text),
        Err(error) => Err(error.to_string()),
    })
    .await;
    assert_eq!(client.get("/readyz").await.status, 503);
    assert_eq!(client.get("/healthz").await.status, 200, "the process lives");
}

/// How often the database goes away.
const OUTAGES: u32 = 3;

#[tokio::test]
async fn a_database_that_is_down_at_the_start_is_waited_for() {
    let database = Database::own_server();
    database.stop();
    let mut host = Host::on(database, Settings::default().test_activities());
    host.begin();
    let client = host.client();
    refuses(&client).await;
    let log = host.log_text();
    assert!(log.contains("database"), "the log says what is missing: {log}");
    assert!(host.is_running());
    host.database().restart();
    host.ready().await;
    client.upload("chain").await;
    client.begin("chain", "after", json!([{ "steps": 2 }])).await;
    assert_eq!(client.result("after").await, 2);
}

#[tokio::test]
async fn a_database_that_goes_away_loses_nothing() {
    let mut host = Host::on(Database::own_server(), Settings::default().test_activities());
    host.restart().await;
    let client = host.client();
    for package in ["chain", "language"] {
        client.upload(package).await;
    }
    let journal = Journal::new(host.folder());
    client.begin("signals-order", "open", json!([])).await;
    for outage in 0..OUTAGES {
        for number in 0..5 {
            start(&client, &journal, &format!("chain-{outage}-{number}")).await;
        }
        host.database().stop();
        refuses(&client).await;
        // What is asked meanwhile is refused, or answered late; never promised and lost.
        let id = format!("meanwhile-{outage}");
        let asked = async {
            tokio::join!(
                signal(&client, &journal, 2 * outage),
                signal(&client, &journal, 2 * outage + 1),
                start(&client, &journal, &id)
            )
        };
        if outage % 2 == 0 {
            asked.await;
            host.database().restart();
        } else {
            // The database comes back while they wait.
            tokio::join!(asked, async { host.database().restart() });
        }
        host.ready().await;
    }
    assert!(host.is_running(), "it was the same process all the time");
    for (asked, acknowledged) in journal.asked() {
        if let (Asked::Start { workflow_id }, true) = (&asked, acknowledged) {
            assert_eq!(client.result(workflow_id).await, 5, "{workflow_id}");
        }
    }
    client.signal("open", "done", json!([])).await;
    client.result("open").await;
    host.stop().await;
    audit(&host, Some(&journal)).await.passes();
}

async fn start(client: &Client, journal: &Journal, id: &str) {
    let asked = Asked::Start { workflow_id: id.to_owned() };
    journal.ask(&asked);
    let body =
        json!({ "workflow_type": "chain", "workflow_id": id, "input": [{ "steps": 5 }], "request_id": id });
    match client.try_post("/workflows", &body).await {
        Ok(answer) if matches!(answer.status, 200 | 201) => journal.acknowledge(&asked),
        Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text),
        Err(error) => eprintln!("{id}: {error}"),
    }
}

async fn signal(client: &Client, journal: &Journal, number: u32) {
    let request_id = format!("signal-{number}");
    let asked = Asked::Signal { workflow_id: "open".to_owned(), request_id: request_id.clone() };
    journal.ask(&asked);
    let body = json!({ "input": [number], "request_id": request_id });
    match client.try_post("/workflows/open/signals/add", &body).await {
        Ok(answer) if answer.status == 202 => journal.acknowledge(&asked),
        Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text),
        Err(error) => eprintln!("{number}: {error}"),
    }
}

#[rstest]
#[case::no_such_folder("sqlite:/no/such/folder/dalsegno.db")]
#[case::no_scheme("dalsegno.db")]
#[case::foreign("mysql://localhost/dalsegno")]
#[tokio::test]
async fn a_database_that_cannot_be_is_an_error_at_the_start(#[case] url: &str) {
    let said = dalsegno_tests::cli::dalsegno(&["serve", "--listen", "127.0.0.1:0", "--database", url]).await;
    assert!(said.failed(1).contains("database") || said.stderr.contains("sqlite"), "{said:?}");
}
