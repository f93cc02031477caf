//! Changes of code that open runs must not see.
//!
//! An open run repeats what its history says. New code that would ask for something else is kept apart by a
//! patch: [`patched`] says which way the run went, or is to go.

use crate::runtime;

/// True in runs that take the new way: those that reach this point for the first time, and those that took
/// it then. False in runs that passed here before the patch was made.
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Failure, activity, patched};
///
/// async fn ship(order: &str) -> Result<(), Failure> {
///     let limit = Duration::from_secs(10);
///     if patched("insure-parcels") {
///         let () = activity("insure").input(order).start_to_close(limit).await?;
///     }
///     activity("ship").input(order).start_to_close(limit).await
/// }
/// ```
///
/// A change lives in three steps, each a new module:
/// 1. `if patched("id") { new } else { old }`, while there are runs from before;
/// 2. `deprecate_patch("id"); new`, when the last of those is closed;
/// 3. `new` alone, when the last run that has seen step 1 is closed.
///
/// The id is decided once for the run, at the first call with it; every later call gives the same. So in a
/// loop all rounds go the same way, also those after an upgrade in the middle of it. For a change that
/// takes effect from the next round on, make the id one of the round: `patched(&format!("insure-{round}"))`.
#[must_use]
#[track_caller]
pub fn patched(id: &str) -> bool {
    let runtime = runtime::current();
    runtime.call_site_of_caller();
    runtime.host().patched(id)
}

/// Says that no run is left which went without the patch: step 2 of [`patched`].
///
/// ```
/// use dalsegno_sdk::deprecate_patch;
///
/// fn ship() {
///     deprecate_patch("insure-parcels");
///     // … the new way only.
/// }
/// ```
#[track_caller]
pub fn deprecate_patch(id: &str) {
    let runtime = runtime::current();
    runtime.call_site_of_caller();
    runtime.host().deprecate_patch(id);
}

/// The version of a change that this run has: a [`patched`] with more than two ways.
///
/// `maximum` in runs that reach it for the first time, and that version ever after; `minimum` in runs that
/// passed here before the change was made. Decided once for each id, as with `patched`.
///
/// A run whose version is not from `minimum` to `maximum` is parked with a message that says so, until it has
/// code that knows the version. Runs from before the change have no version on record, so they cannot be found
/// out like this: raise `minimum` only when the last of them is closed, because they get whatever it is. Source:
/// Temporal, Go SDK, `workflow.GetVersion`, where such runs have a version of their own, -1; with
/// `get_version("id", -1, 1)` they have it here too.
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Failure, activity, get_version};
///
/// async fn tax(cents: u64) -> Result<u64, Failure> {
///     let service = match get_version("tax-service", 0, 2) {
///         0 => "old-tax",
///         1 => "tax",
///         _ => "tax-with-rebates",
///     };
///     activity(service).input(&cents).start_to_close(Duration::from_secs(10)).await
/// }
/// ```
#[must_use]
#[track_caller]
pub fn get_version(change_id: &str, minimum: i32, maximum: i32) -> i32 {
    let runtime = runtime::current();
    runtime.call_site_of_caller();
    runtime.host().get_version(change_id, minimum, maximum)
}
