package workflow

// A Version is a number of a change of the code.
type Version int

// DefaultVersion is what runs have that passed a place before it was changed.
const DefaultVersion Version = -1

// GetVersion gives the version of a change that this run has: maxSupported in runs that reach it for the
// first time, and that version ever after; minSupported in runs that passed here before the change was
// made. A version below minSupported is a bug of the code: it says that no run has it any more. Decided
// once for each id.
func GetVersion(_ Context, changeID string, minSupported, maxSupported Version) Version {
	r := theRun()
	r.here("GetVersion")
	r.callSite(r.place())
	return Version(r.host.GetVersion(changeID, int32(minSupported), int32(maxSupported)))
}

// Patched is true in runs that take the new way: those that reach this point for the first time, and those
// that took it then. False in runs that passed here before the patch was made. Decided at the first call
// with an id, and the same for every later one.
func Patched(_ Context, id string) bool {
	r := theRun()
	r.here("Patched")
	r.callSite(r.place())
	return r.host.Patched(id)
}

// DeprecatePatch says that no run is left which went without the patch.
func DeprecatePatch(_ Context, id string) {
	r := theRun()
	r.here("DeprecatePatch")
	r.callSite(r.place())
	r.host.DeprecatePatch(id)
}
