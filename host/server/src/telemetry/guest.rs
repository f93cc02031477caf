//! The logs of guests, released with the transition that wrote them.

use dalsegno_engine::guest::RunInfo;
use dalsegno_sandbox::{Level, LogSource, Telemetry};

/// Passes on what a guest said.
pub(crate) fn release(run: &RunInfo, said: Vec<Telemetry>) {
    for entry in said {
        match entry {
            Telemetry::Log { level, source, message, fields } => {
                let source = match source {
                    LogSource::Log => "log",
                    LogSource::Stdout => "stdout",
                    LogSource::Stderr => "stderr",
                };
                log(run, level, source, &message.escape_debug().to_string(), &fields);
            }
            Telemetry::Count { name, value, tags } => {
                tracing::debug!(target: "guest", workflow_id = %run.started.workflow_id, run_id = %run.run_id, name, value, ?tags, "count");
            }
            Telemetry::Record { name, value, tags } => {
                tracing::debug!(target: "guest", workflow_id = %run.started.workflow_id, run_id = %run.run_id, name, value, ?tags, "record");
            }
            Telemetry::Details(text) => {
                tracing::debug!(target: "guest", workflow_id = %run.started.workflow_id, run_id = %run.run_id, details = %text.escape_debug(), "details");
            }
        }
    }
}

/// The level of a line is fixed where it is written, so there is one place for each.
fn log(run: &RunInfo, level: Level, source: &str, message: &str, fields: &[(String, String)]) {
    let (workflow_id, run_id) = (&run.started.workflow_id, &run.run_id);
    macro_rules! line {
        ($macro:ident) => {
            tracing::$macro!(target: "guest", %workflow_id, %run_id, source, ?fields, "{message}")
        };
    }
    match level {
        Level::Trace => line!(trace),
        Level::Debug => line!(debug),
        Level::Info => line!(info),
        Level::Warn => line!(warn),
        Level::Error => line!(error),
    }
}
