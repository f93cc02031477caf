package workflow

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
)

// IsReplaying tells whether the past is being repeated. Nothing but output for people may depend on it.
func IsReplaying(Context) bool { return theRun().activation.Replaying }

// NewRandom makes a generator from the run's own seed. math/rand and crypto/rand give the same when a run
// is replayed, too; after a reset of the run this one and crypto/rand go other ways than before, math/rand
// does not.
func NewRandom(Context) *rand.Rand {
	r := theRun()
	r.here("drawing random bytes")
	var seed [32]byte
	copy(seed[:], r.host.RandomBytes(uint32(len(seed))))
	return rand.New(rand.NewChaCha8(seed))
}

// DeterministicKeys gives the keys of a map in their order. To range over a map repeats its order too; this is one that
// people can follow.
func DeterministicKeys[K cmp.Ordered, V any](of map[K]V) []K { return slices.Sorted(maps.Keys(of)) }

// A Value is what [SideEffect] gives.
type Value interface {
	// Get reads it into what valuePtr points to.
	Get(valuePtr any) error
	// HasValue tells whether it is other than nil.
	HasValue() bool
}

type sideEffect struct{ value any }

func (s sideEffect) Get(valuePtr any) error { return assign(s.value, valuePtr) }
func (s sideEffect) HasValue() bool         { return s.value != nil }

// SideEffect calls a function, and that is all: time and randomness are repeated by the host, so nothing
// has to be recorded. It is there for code that was written for Temporal.
func SideEffect(ctx Context, function func(ctx Context) any) Value { return sideEffect{function(ctx)} }

// MutableSideEffect is as trivial as [SideEffect].
func MutableSideEffect(
	ctx Context, _ string, function func(ctx Context) any, _ func(a, b any) bool,
) Value {
	return sideEffect{function(ctx)}
}
