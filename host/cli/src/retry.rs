//! When a refused call is made again.

use std::time::{Duration, Instant};

use crate::{error::CliError, output};

/// How long a host may say that it cannot answer at the moment, before that is told.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(500);
/// Between two tries to reach a host that was lost.
const LOST_PAUSE: Duration = Duration::from_secs(1);

/// Codes of refusals that pass by themselves, and before which nothing was done.
const PASSES: [&str; 2] = ["not_ready", "overloaded"];
/// Codes of refusals that pass by themselves, and after which something may have been done.
const PASSES_UNSURE: [&str; 4] = ["database_unavailable", "not_owner", "shutting_down", "module_compiling"];

/// How long a call has been tried.
#[derive(Debug)]
pub(crate) struct Patience {
    begun: Instant,
}

impl Default for Patience {
    fn default() -> Self {
        Self { begun: Instant::now() }
    }
}

impl Patience {
    /// How long to wait before the next try; `None`: there is none.
    pub(crate) fn wait_for(&mut self, error: &CliError, repeatable: bool) -> Option<Duration> {
        let passes = passes(error, repeatable) && self.begun.elapsed() < PATIENCE;
        passes.then_some(PAUSE)
    }
}

/// Whether trying again may help, and cannot harm.
fn passes(error: &CliError, repeatable: bool) -> bool {
    let CliError::Refused(problem) = error else { return false };
    let code = problem.code.as_str();
    PASSES.contains(&code) || (repeatable && PASSES_UNSURE.contains(&code))
}

/// The contact with a host that has answered, by those who wait for something anyway, however long.
#[derive(Debug, Default)]
pub(crate) struct Contact {
    is_lost: bool,
}

impl Contact {
    /// The host answered.
    pub(crate) fn made(&mut self) {
        if std::mem::take(&mut self.is_lost) {
            output::note("the host answers again");
        }
    }

    /// The host did not answer: tells it, and returns when it is time to try again.
    ///
    /// # Errors
    /// The same one, if trying again does not help.
    pub(crate) async fn lost(&mut self, error: CliError) -> Result<(), CliError> {
        if !may_come_back(&error) {
            return Err(error);
        }
        if !std::mem::replace(&mut self.is_lost, true) {
            output::note(&format!("waiting for the host: {error}"));
        }
        tokio::time::sleep(LOST_PAUSE).await;
        Ok(())
    }
}

fn may_come_back(error: &CliError) -> bool {
    match error {
        CliError::Unreachable { .. } | CliError::Lost { .. } => true,
        CliError::Refused(problem) => problem.status == 503 || passes(error, true),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Problem;

    fn refused(status: u16, code: &str) -> CliError {
        CliError::Refused(Box::new(Problem { status, code: code.to_owned(), ..Problem::default() }))
    }

    #[test]
    fn what_may_have_been_done_is_not_done_twice() {
        assert!(passes(&refused(503, "not_ready"), false));
        assert!(passes(&refused(503, "database_unavailable"), true));
        assert!(!passes(&refused(503, "database_unavailable"), false));
        assert!(!passes(&refused(409, "workflow_closed"), true));
    }

    #[test]
    fn patience_ends() {
        let mut patience = Patience::default();
        assert_eq!(patience.wait_for(&refused(503, "not_ready"), true), Some(PAUSE));
        patience.begun = Instant::now().checked_sub(PATIENCE).expect("the machine runs for longer");
        assert_eq!(patience.wait_for(&refused(503, "not_ready"), true), None);
    }

    #[test]
    fn a_lost_host_may_come_back() {
        let lost = CliError::Lost { address: String::new(), problem: String::new() };
        assert!(may_come_back(&lost) && may_come_back(&refused(503, "")));
        assert!(!may_come_back(&refused(404, "workflow_not_found")));
    }
}
