//! Other runs: signalled and cancelled by their id.

use dalsegno_sdk::{Failure, external, workflow};

use crate::go;

/// Signals another run, and cancels it at the signal `go`.
#[workflow(name = "external")]
pub(crate) async fn messenger(target: String) -> Result<&'static str, Failure> {
    let target = external(target);
    target.signal("note").input("from outside").await?;
    go().await?;
    target.cancel("").await?;
    Ok("done")
}

/// Asks something of a run that is not there.
#[workflow]
pub(crate) async fn external_missing() -> Result<[String; 2], Failure> {
    let nobody = external("nobody");
    let signalled = nobody.signal("note").input("x").await;
    let cancelled = nobody.cancel("").await;
    let told = |ended: Result<(), Failure>| {
        let failure = ended.expect_err("nobody is there");
        failure.application_type().unwrap_or_default().to_owned()
    };
    Ok([told(signalled), told(cancelled)])
}
