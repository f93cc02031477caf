//go:build wasip1

package workflow

import (
	"runtime"
	"runtime/metrics"
	"strings"
)

// A baton goes from the scheduler to a coroutine and back. There is one thread, so a plain variable will do.
type baton struct {
	handed  chan struct{}
	running bool
}

func (b *baton) prepare() { b.handed = make(chan struct{}) }

func (b *baton) await() { <-b.handed }

func (b *baton) giveBack() { b.running = false }

// handOver runs the coroutine until it gives the baton back. False: it waits for something that only Go
// itself could end, and nothing in Go is left to run.
//
// The scheduler does not wait on a channel, because then all goroutines might sleep: a deadlock, of which
// Go dies.
func (b *baton) handOver() bool {
	b.running = true
	b.handed <- struct{}{}
	for {
		runtime.Gosched()
		if !b.running {
			return true
		}
		if isIdle() {
			return false
		}
	}
}

// isIdle tells whether no other goroutine can run.
func isIdle() bool {
	sample := []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}
	metrics.Read(sample)
	return sample[0].Value.Kind() == metrics.KindUint64 && sample[0].Value.Uint64() == 0
}

// settle lets the goroutines that user code has started run until none can.
func (r *run) settle() {
	for runtime.NumGoroutine() > r.goroutines && !isIdle() {
		runtime.Gosched()
	}
}

// isForeign tells whether the present goroutine is none of ours. Looking for it is slow, and only needed if
// there are more goroutines than we have started.
func (r *run) isForeign() bool {
	if runtime.NumGoroutine() <= r.goroutines {
		return false
	}
	var counters [256]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(1, counters[:])])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, "workflow.(*coroutine).main") {
			return false
		}
		if !more {
			return true
		}
	}
}
