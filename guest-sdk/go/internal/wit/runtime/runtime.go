//go:build wasip1

// Package runtime gives the generated bindings their memory.
package runtime

import (
	"runtime"
	"unsafe"
)

// Allocate makes room for size bytes that stays in its place until the pinner is released.
func Allocate(pinner *runtime.Pinner, size, align uintptr) unsafe.Pointer {
	if size == 0 {
		return nil
	}
	var place unsafe.Pointer
	switch align {
	case 1, 2, 4:
		place = unsafe.Pointer(unsafe.SliceData(make([]uint32, (size+3)/4)))
	case 8:
		place = unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
	default:
		panic("no value of the contract has such an alignment")
	}
	pinner.Pin(place)
	return place
}

// received pins what the host has written for the call that is under way.
var received runtime.Pinner

// Unpin releases what the host has written; the garbage collector takes what nobody keeps.
func Unpin() { received.Unpin() }

// Until Go's runtime has begun it has no memory to give, but the adapter of WASI wants its own before that.
var (
	early     [256 << 10]byte
	earlyUsed uintptr
	begun     bool
)

func init() { begun = true }

func allocateEarly(size, align uintptr) unsafe.Pointer {
	start := uintptr(unsafe.Pointer(&early[0]))
	place := (start + earlyUsed + align - 1) &^ (align - 1)
	earlyUsed = place + size - start
	if earlyUsed > uintptr(len(early)) {
		panic("the adapter of WASI wants more memory than expected")
	}
	return unsafe.Pointer(place)
}

// The garbage collector reads the clock, which is forbidden while the host writes: the adapter then answers
// by itself.
//
//go:wasmimport wasi_snapshot_preview1 adapter_monotonic_clock_set_paused
func pauseClock(paused bool)

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uintptr) unsafe.Pointer {
	if old != nil || oldSize != 0 {
		panic("the host changes the size of what it has written")
	}
	if !begun {
		return allocateEarly(size, align)
	}
	pauseClock(true)
	place := Allocate(&received, size, align)
	pauseClock(false)
	return place
}
