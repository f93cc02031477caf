//! The statements that both backends have, each in a file of the same name.

/// The statements of one backend.
pub(crate) struct Queries {
    pub(crate) activity_rows: &'static str,
    pub(crate) count_blocked_runs: &'static str,
    pub(crate) count_runs: &'static str,
    pub(crate) deploy: &'static str,
    pub(crate) deploy_first: &'static str,
    pub(crate) deployment: &'static str,
    pub(crate) discard_message: &'static str,
    pub(crate) due_runs: &'static str,
    pub(crate) history: &'static str,
    pub(crate) inbox: &'static str,
    pub(crate) list_blocked_runs: &'static str,
    pub(crate) list_runs: &'static str,
    pub(crate) list_runs_of_id: &'static str,
    pub(crate) module: &'static str,
    pub(crate) module_bytes: &'static str,
    pub(crate) modules: &'static str,
    pub(crate) namespace_exists: &'static str,
    pub(crate) newest_run: &'static str,
    pub(crate) ping: &'static str,
    pub(crate) put_module: &'static str,
    pub(crate) put_module_bytes: &'static str,
    pub(crate) renew: &'static str,
    pub(crate) run: &'static str,
    pub(crate) update: &'static str,
}

/// The statements of a backend, each from the file of its name.
macro_rules! queries {
    ($constant:ident, $backend:literal) => {
        queries!(@ $constant, $backend, activity_rows count_blocked_runs count_runs deploy deploy_first deployment
            discard_message due_runs history inbox list_blocked_runs list_runs list_runs_of_id module module_bytes modules
            namespace_exists newest_run ping put_module put_module_bytes renew run update);
    };
    (@ $constant:ident, $backend:literal, $($name:ident)*) => {
        pub(crate) const $constant: Queries = Queries {
            $($name: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/queries/", $backend, "/", stringify!($name), ".sql"
            ))),*
        };
    };
}
queries!(POSTGRES, "postgres");
queries!(SQLITE, "sqlite");
