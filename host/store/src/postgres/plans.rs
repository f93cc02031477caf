//! How Postgres finds the rows of our statements, even if it plans while the tables are empty.

use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row};

use super::connect;
use crate::{OpenOptions, migrations::POSTGRES, open, queries::POSTGRES as QUERIES, testing::TestPostgres};

async fn empty_database() -> PgConnection {
    let url = TestPostgres::shared().expect("a server").database().await.expect("a database");
    open(&url, OpenOptions::default()).await.expect("a store");
    connect::options(&url).expect("an address").connect().await.expect("a session like the store's")
}

async fn plan(connection: &mut PgConnection, sql: &str, parameters: usize) -> String {
    let nulls = vec!["NULL"; parameters].join(", ");
    let arguments = if parameters == 0 { String::new() } else { format!("({nulls})") };
    let text = format!("PREPARE p AS {sql}; EXPLAIN EXECUTE p{arguments}; DEALLOCATE p");
    let rows = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(connection).await.expect(sql);
    rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
}

/// The parts of a plan that read all of a table, or an index beside the point.
fn assert_by_index(plan: &str, sql: &str) {
    for wrong in ["Seq Scan", "Bitmap", "Hash Join", "Merge Join", "hashed SubPlan"] {
        assert!(!plan.contains(wrong), "{sql}\n{plan}");
    }
    assert!(plan.contains("Index"), "{sql}\n{plan}");
}

#[tokio::test]
async fn reads_go_by_their_index_on_empty_tables() {
    let mut connection = empty_database().await;
    for (sql, parameters, index) in [
        (QUERIES.activity_rows, 1, "activities_pkey"),
        (QUERIES.count_blocked_runs, 0, "runs_blocked"),
        (QUERIES.due_runs, 4, "runs_due"),
        (QUERIES.history, 3, "history_pkey"),
        (QUERIES.inbox, 4, "inbox_pkey"),
        (QUERIES.list_blocked_runs, 6, "runs_blocked"),
        (QUERIES.list_runs, 6, "runs_newest"),
        (QUERIES.list_runs_of_id, 8, "runs_of_id"),
        (QUERIES.run, 1, "runs_pkey"),
        (QUERIES.update, 3, "updates_pkey"),
    ] {
        let plan = plan(&mut connection, sql, parameters).await;
        assert_by_index(&plan, sql);
        // The first rows are found without sorting all.
        assert!(plan.contains(&format!("using {index} on")) && !plan.contains("Sort"), "{sql}\n{plan}");
    }
    let plan = plan(&mut connection, QUERIES.newest_run, 2).await;
    assert_by_index(&plan, QUERIES.newest_run);
    assert!(plan.contains("using runs_of_id on") && !plan.contains("runs_newest"), "{plan}");
}

/// The statements within the commit function, with its parameters as theirs.
#[tokio::test]
async fn commits_go_by_index_on_empty_tables() {
    let mut connection = empty_database().await;
    let function =
        POSTGRES.iter().find(|migration| migration.name.ends_with("commit")).expect("the function");
    assert!(function.sql.contains("FROM unnest(before_item, before_run, before_first, before_activation)"));
    let head = "SELECT h.first_event_id + h.events FROM history h WHERE h.run_id = t.run \
                ORDER BY h.first_event_id DESC, h.activation DESC LIMIT 1";
    for sql in [
        &format!("SELECT t.run, ({head}) FROM unnest($1::UUID[]) AS t (run)"),
        "UPDATE runs r SET status = t.status FROM unnest($1::UUID[], $2::SMALLINT[]) AS t (run, status) \
         WHERE r.run_id = t.run AND (r.status = 0 OR r.status = t.status)",
        "DELETE FROM activities a USING unnest($1::UUID[], $2::BIGINT[]) AS t (run, operation) \
         WHERE a.run_id = t.run AND a.operation = t.operation",
        "SELECT t.event FROM unnest($1::UUID[], $2::BIGINT[], $3::SMALLINT[]) AS t (sender, event, kind) \
         WHERE NOT EXISTS (
             SELECT FROM inbox i WHERE i.sender = t.sender AND i.event = t.event AND i.kind = t.kind)",
        "DELETE FROM inbox i USING unnest($1::UUID[], $2::BIGINT[], $3::SMALLINT[]) AS t (sender, event, kind) \
         WHERE i.sender = t.sender AND i.event = t.event AND i.kind = t.kind",
        "SELECT t.run FROM unnest($1::UUID[]) AS t (run) \
         WHERE NOT EXISTS (SELECT FROM runs r WHERE r.run_id = t.run AND r.status = 0)",
        "SELECT t.run FROM unnest($1::UUID[], $2::TEXT[], $3::TEXT[], $4::UUID[], $5::UUID[]) \
             AS t (run, namespace, id, after, after_new) \
         WHERE t.after IS NOT NULL AND (
                 SELECT r.status = 0 AND r.namespace = t.namespace AND r.workflow_id = t.id
                 FROM runs r WHERE r.run_id = t.after) IS NOT TRUE
            OR (SELECT TRUE FROM runs r WHERE r.run_id = t.after_new)
            OR coalesce(t.after, t.after_new) IS NOT NULL AND (SELECT TRUE FROM runs r WHERE r.run_id = t.run)",
        "SELECT n.run, (SELECT TRUE FROM runs r WHERE r.run_id = n.run) AS known FROM unnest($1::UUID[]) AS n (run)",
        "UPDATE runs r SET memo = t.memo FROM unnest($1::UUID[], $2::BYTEA[]) AS t (run, memo) WHERE r.run_id = t.run",
        "UPDATE hosts SET left_out = '0' WHERE host_id = $1::TEXT",
        "UPDATE hosts SET last_batch = 1, left_out = '' \
         WHERE host_id = $1::TEXT AND epoch = $2::BIGINT AND last_batch = 0",
    ] {
        let parameters = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
        let plan = plan(&mut connection, sql, parameters).await;
        assert_by_index(&plan, sql);
        assert!(!plan.contains("Sort"), "{sql}\n{plan}");
    }
}
