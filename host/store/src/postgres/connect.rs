//! Connecting to Postgres, and what every session is set to.

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection, PgConnection, Row,
    postgres::{PgConnectOptions, PgSslMode},
};

use crate::{OpenError, limits, open::shown, pool::bounded};

const DURABILITY: &str = include_str!("../../queries/postgres/durability.sql");

/// How to connect.
///
/// # Errors
/// [`OpenError::Address`]; its text has nothing of the URL that may be secret.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let address = |problem: String| OpenError::Address { url: shown(url), problem };
    let options: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| address(error.to_string()))?;
    if matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull) {
        return Err(address("encrypted connections (sslmode) are not supported".to_owned()));
    }
    let application = options.get_application_name().unwrap_or("dalsegno").to_owned();
    Ok(options.application_name(&application).options(settings()).disable_statement_logging())
}

/// The settings of every session.
fn settings() -> Vec<(&'static str, String)> {
    let off = || "off".to_owned();
    let millis = |duration: Duration| duration.as_millis().to_string();
    vec![
        // Plans are made once, maybe while the tables are empty, and are used while they grow. All of our statements
        // are lookups by an index and joins of a few rows with one, so everything else is put out of question.
        ("plan_cache_mode", "force_generic_plan".to_owned()),
        ("enable_seqscan", off()),
        ("enable_bitmapscan", off()),
        ("enable_hashjoin", off()),
        ("enable_mergejoin", off()),
        // The cost of what is out of question would make the planner compile such plans to machine code.
        ("jit", off()),
        ("max_parallel_workers_per_gather", "0".to_owned()),
        ("client_min_messages", "warning".to_owned()),
        ("statement_timeout", millis(limits::STATEMENT_TIMEOUT)),
        ("lock_timeout", millis(limits::LOCK_TIMEOUT)),
        ("idle_in_transaction_session_timeout", millis(limits::CALL_TIMEOUT)),
        // A host that vanished keeps no session, and no lock of one.
        ("tcp_user_timeout", millis(limits::PEER_TIMEOUT)),
        ("tcp_keepalives_idle", limits::PEER_TIMEOUT.as_secs().to_string()),
        ("tcp_keepalives_interval", "5".to_owned()),
        ("tcp_keepalives_count", "3".to_owned()),
    ]
}

/// The first connection to a server that may not be there yet.
pub(super) async fn first(options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    bounded(limits::CONNECT_TIMEOUT, options.connect())
        .await
        .map_err(|error| OpenError::Unavailable(format!("{}: {error}", place(options))))
}

/// Where the server is, for people.
fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or("");
    match options.get_socket() {
        Some(socket) => format!("{}, database {database}", socket.display()),
        None => format!("{}:{}, database {database}", options.get_host(), options.get_port()),
    }
}

/// Refuses a server that acknowledges what it may lose.
pub(super) async fn check_durability(connection: &mut PgConnection) -> Result<(), OpenError> {
    let unavailable = |error: sqlx::Error| OpenError::Unavailable(error.to_string());
    let query = sqlx::query(DURABILITY).persistent(false).fetch_all(&mut *connection);
    let mut off = Vec::new();
    for row in bounded(limits::CALL_TIMEOUT, query).await.map_err(unavailable)? {
        let (name, setting): (String, String) =
            (row.try_get(0).map_err(unavailable)?, row.try_get(1).map_err(unavailable)?);
        if setting == "off" {
            off.push(name);
        }
    }
    if off.is_empty() {
        return Ok(());
    }
    Err(OpenError::Unsafe(format!(
        "{} is off on the Postgres server; set it to on, or allow unsafe databases if losing data does not matter",
        off.join(", ")
    )))
}

/// Closes a connection without waiting for long.
pub(super) async fn farewell(connection: PgConnection) {
    // Whether the server hears of it makes no difference.
    let _ = bounded(limits::CONNECT_TIMEOUT, connection.close()).await;
}
