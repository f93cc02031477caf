//! Which way a run goes where its code was changed.
//!
//! Decided at the first call of an id, and the same for every later call of it, in a loop too: a run that reached the
//! place before the change goes on as it began. That it was without the change is in no history: a replay finds it
//! out again, because the marker is not where the call is made.

use super::{CallError, Calls, Mode, invalid};
use crate::event::{EventAttributes as E, Marker};

impl Calls {
    /// Whether the run has a patch. Source: Temporal, `workflow.patched`.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn patched(&mut self, id: String) -> Result<bool, CallError> {
        self.check_open("run.patched")?;
        match self.marker(&id) {
            Some(Marker::Patch { .. }) => return Ok(true),
            Some(Marker::Version { .. }) => return invalid(format!("`{id}` is a version, not a patch")),
            None => {}
        }
        if self.is_without(&id) {
            return Ok(false);
        }
        self.mark("run.patched", Marker::Patch { id, deprecated: false })?;
        Ok(true)
    }

    /// Says that no run without the patch is left. Source: Temporal, `workflow.deprecatePatch`.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn deprecate_patch(&mut self, id: String) -> Result<(), CallError> {
        self.check_open("run.deprecate-patch")?;
        if self.marker(&id).is_some() || self.is_without(&id) {
            return Ok(());
        }
        self.mark("run.deprecate-patch", Marker::Patch { id, deprecated: true })
    }

    /// The version of a change that the run has. Source: Temporal, Go SDK, `workflow.GetVersion`.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn get_version(&mut self, change_id: String, minimum: i32, maximum: i32) -> Result<i32, CallError> {
        self.check_open("run.get-version")?;
        if minimum > maximum {
            return invalid(format!("the change `{change_id}` has versions from {minimum} to {maximum}"));
        }
        let version = match self.marker(&change_id).cloned() {
            Some(Marker::Version { version, .. }) => version,
            Some(Marker::Patch { .. }) => return invalid(format!("`{change_id}` is a patch, not a version")),
            None if self.is_without(&change_id) => minimum,
            None => {
                let version = self.expected_version(&change_id).unwrap_or(maximum);
                self.mark("run.get-version", Marker::Version { change_id: change_id.clone(), version })?;
                version
            }
        };
        if version < minimum || version > maximum {
            return invalid(format!(
                "the run has version {version} of the change `{change_id}`, the code knows {minimum} to {maximum} \
                 only: it has to know each version that an open run has"
            ));
        }
        Ok(version)
    }

    fn marker(&self, id: &str) -> Option<&Marker> {
        self.markers.get(id).or_else(|| self.state.markers.get(id))
    }

    /// Whether the run passed the place before the change was made. So it is if its history goes on otherwise.
    fn is_without(&mut self, id: &str) -> bool {
        if self.is_replay() && self.expected_marker(id).is_none() {
            self.without.insert(id.to_owned());
        }
        self.without.contains(id)
    }

    fn expected_version(&self, change_id: &str) -> Option<i32> {
        match self.expected_marker(change_id) {
            Some(Marker::Version { version, .. }) => Some(*version),
            _ => None,
        }
    }

    /// The marker of this id, if the history has it next: after deprecated patches that the code may have forgotten.
    fn expected_marker(&self, id: &str) -> Option<&Marker> {
        let Mode::Replay(expected) = &self.mode else { return None };
        for event in expected {
            match event {
                E::MarkerRecorded { marker } if marker.id() == id => return Some(marker),
                E::MarkerRecorded { marker: Marker::Patch { deprecated: true, .. } } => {}
                _ => return None,
            }
        }
        None
    }

    /// Records a marker; a replay takes the one of its history, deprecated or not.
    fn mark(&mut self, call: &'static str, marker: Marker) -> Result<(), CallError> {
        let id = marker.id().to_owned();
        let marker = match (self.expected_marker(&id), marker) {
            (Some(expected @ Marker::Patch { .. }), Marker::Patch { .. }) => expected.clone(),
            (_, marker) => marker,
        };
        self.issue(call, E::MarkerRecorded { marker: marker.clone() })?;
        self.markers.insert(id, marker);
        Ok(())
    }

    /// Passes over deprecated patches in the history that the code does not ask for any more.
    pub(super) fn skip_deprecated_patches(&mut self, next: Option<&E>) {
        let Mode::Replay(expected) = &mut self.mode else { return };
        while let Some(event @ E::MarkerRecorded { marker: marker @ Marker::Patch { deprecated: true, .. } }) =
            expected.front()
            && next != Some(event)
        {
            self.markers.insert(marker.id().to_owned(), marker.clone());
            self.commands.extend(expected.pop_front());
        }
    }
}
