//! The time that a tool has which runs the project's code: an endless loop there must not be an endless build.

use std::{
    io,
    process::{Child, ExitStatus},
    thread,
    time::{Duration, Instant},
};

const POLL_EVERY: Duration = Duration::from_millis(20);
const TELL_EVERY: Duration = Duration::from_secs(30);

/// Waits for a tool, and tells every half minute that it is still at work. `None`: its time was over, and it was killed.
pub(super) fn wait(
    child: &mut Child,
    time_max: Duration,
    mut tell: impl FnMut(Duration),
) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut told = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let passed = start.elapsed();
        if passed >= time_max {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        if passed >= told + TELL_EVERY {
            told += TELL_EVERY;
            tell(told);
        }
        thread::sleep(POLL_EVERY);
    }
}
