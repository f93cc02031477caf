//go:build !wasip1

package workflow

// A baton goes from the scheduler to a coroutine and back.
type baton struct {
	handed   chan struct{}
	returned chan struct{}
}

func (b *baton) prepare() {
	b.handed, b.returned = make(chan struct{}), make(chan struct{})
}

func (b *baton) await() { <-b.handed }

func (b *baton) giveBack() { b.returned <- struct{}{} }

// handOver runs the coroutine until it gives the baton back. Natively, code that blocks for good is left to
// Go's own detection of deadlocks.
func (b *baton) handOver() bool {
	b.handed <- struct{}{}
	<-b.returned
	return true
}

func (r *run) settle() {}

func (r *run) isForeign() bool { return false }
