//! A database that holds something up, or refuses something: nothing else stands still, and nothing is half done.

use dalsegno_tests::{Database, dice::Dice, waiting::at_some_time};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::prelude::*;

/// A table that nobody else gets at as it is locked, until this is dropped.
struct Lock {
    holder: PgConnection,
    looker: PgConnection,
    table: &'static str,
}

impl Lock {
    async fn take(database: &Database, table: &'static str, lock: &'static str) -> Self {
        let connect = async || PgConnection::connect(database.url()).await.expect("a connection");
        let (mut holder, looker) = (connect().await, connect().await);
        holder.execute("BEGIN").await.expect("a transaction begins");
        holder.execute(lock).await.expect("it is locked");
        Self { holder, looker, table }
    }

    /// Waits until the host waits for the table.
    async fn is_waited_for(&mut self) {
        let sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::regclass \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        eventually("the host waits for the table", async || {
            let waiting: i64 =
                sqlx::query_scalar(sql).bind(self.table).fetch_one(&mut self.looker).await.expect("a number");
            if waiting > 0 { Ok(()) } else { Err("nobody waits") }
        })
        .await;
    }

    async fn release(mut self) {
        self.holder.execute("ROLLBACK").await.expect("it is unlocked");
    }
}

/// Says something to the database behind the back of its host.
async fn tell(database: &Database, sql: &'static str) {
    let url = database.url();
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.expect("a connection");
        connection.execute(sqlx::raw_sql(sql)).await.expect("the database takes it");
    } else {
        let mut connection = PgConnection::connect(url).await.expect("a connection");
        connection.execute(sqlx::raw_sql(sql)).await.expect("the database takes it");
    }
}

#[tokio::test]
async fn a_run_whose_successor_has_no_module_yet_holds_up_no_other() {
    let settings = Settings::default().test_activities().set("guest_threads", "1");
    let mut host = Host::with(Postgres, settings).await;
    let client = host.client();
    client.upload("language").await;
    client.upload("chain").await;
    client.begin("continued", "leaves", json!([{ "times": 1, "waits": true, "into": "waiter" }])).await;
    client.begin("waiter", "stays", json!([])).await;
    // What is deployed is read anew.
    host.kill();
    host.restart().await;
    let mut lock = Lock::take(host.database(), "deployments", "LOCK TABLE deployments").await;
    let leaves = async {
        client.signal("leaves", "next", json!([])).await;
        client.signal("leaves", "go", json!(["there"])).await;
        client.result("leaves").await
    };
    let stays = async {
        lock.is_waited_for().await;
        client.signal("stays", "go", json!(["here"])).await;
        let result = client.result("stays").await;
        lock.release().await;
        result
    };
    assert_eq!(tokio::join!(leaves, stays), (json!("there"), json!("here")));
    let types: Vec<Value> =
        client.chain("leaves").await.iter().map(|run| run["workflow_type"].clone()).collect();
    assert_eq!(types, ["continued", "waiter"]);
}

#[tokio::test]
async fn a_run_that_is_given_up_is_not_read_before_all_that_it_did_is_stored() {
    let host = Host::start(Postgres).await;
    let client = host.client();
    client.upload("language").await;
    let chain = json!([{ "times": 1, "waits": true, "into": "no-such-type" }]);
    client.begin("continued", "moves", chain).await;
    let mut lock = Lock::take(host.database(), "history", "LOCK TABLE history IN EXCLUSIVE MODE").await;
    let signal =
        async |name: &str| client.post(&format!("/workflows/moves/signals/{name}"), &json!({})).await;
    let first = async { signal("first").await.json(202) };
    let then = async {
        lock.is_waited_for().await;
        let refused = signal("next").await.refusal(400, "invalid_argument");
        assert!(refused.contains("no-such-type"), "{refused}");
        let unlock = async {
            at_some_time(&mut Dice::new(), Duration::from_secs(1)).await;
            lock.release().await;
        };
        tokio::join!(async { signal("last").await.json(202) }, unlock);
    };
    tokio::join!(first, then);
    let described = client.describe("moves").await;
    let reason = described["blocked"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("no-such-type"), "{described}");
    let events = client.events("moves").await;
    let signals = events.iter().map(|event| event["attributes"]["signal_name"].clone());
    let signals: Vec<Value> = signals.filter(|name| !name.is_null()).collect();
    assert_eq!(signals, ["first", "last"]);
}

#[rstest]
#[tokio::test]
async fn a_run_that_cannot_be_replaced_goes_on(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    client.upload("chain").await;
    let old = client.begin("waiter", "held", json!([])).await;
    let refuse = match backend {
        Sqlite => "CREATE TRIGGER refuse BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'not now'); END",
        Postgres => {
            "CREATE FUNCTION refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$ \
             BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '23514'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION refuse()"
        }
    };
    let start = json!({ "workflow_type": "waiter", "workflow_id": "held", "id_conflict_policy": "terminate_existing" });
    tell(host.database(), refuse).await;
    let _ = client.start(&start).await.refusal(400, "invalid_argument");
    let described = client.describe("held").await;
    assert_eq!((&described["run_id"], &described["status"]), (&json!(old), &json!("running")), "{described}");
    assert!(described.get("blocked").is_none(), "{described}");

    let again = match backend {
        Sqlite => "DROP TRIGGER refuse",
        Postgres => "DROP TRIGGER refuse ON runs",
    };
    tell(host.database(), again).await;
    let new = client.start(&start).await.json(201);
    let ended = client.read(&format!("/workflows/held/result?run_id={old}")).await.json(200);
    assert_eq!(ended["status"], "terminated");
    client.signal("held", "go", json!([1])).await;
    assert_eq!(
        (client.result("held").await, client.describe("held").await["run_id"].clone()),
        (json!(1), new["run_id"].clone())
    );
}
