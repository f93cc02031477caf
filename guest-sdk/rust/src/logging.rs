//! The `log` crate, connected with the host.

use log::{
    LevelFilter, Log, Metadata, Record,
    kv::{self, Key, Value, VisitSource},
};

use crate::{host::Level, runtime};

struct HostLogger;

/// Sends what is logged to the run's log.
pub(crate) fn install() {
    // A logger that user code has installed before stays.
    if log::set_logger(&HostLogger).is_ok() {
        log::set_max_level(LevelFilter::Trace);
    }
}

impl Log for HostLogger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let Some(runtime) = runtime::try_current() else {
            return;
        };
        let mut fields = Fields(vec![("target".to_owned(), record.target().to_owned())]);
        // Collecting into a vector cannot fail.
        let _ = record.key_values().visit(&mut fields);
        runtime.host().log(level(record.level()), &record.args().to_string(), &fields.0);
    }

    fn flush(&self) {}
}

fn level(level: log::Level) -> Level {
    match level {
        log::Level::Error => Level::Error,
        log::Level::Warn => Level::Warn,
        log::Level::Info => Level::Info,
        log::Level::Debug => Level::Debug,
        log::Level::Trace => Level::Trace,
    }
}

struct Fields(Vec<(String, String)>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        self.0.push((key.to_string(), value.to_string()));
        Ok(())
    }
}
