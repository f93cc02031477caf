package workflow

// Go runs a function beside the present code, as a coroutine of the workflow.
func Go(ctx Context, body func(ctx Context)) { GoNamed(ctx, "coroutine", body) }

// GoNamed is Go with a name for people.
func GoNamed(ctx Context, name string, body func(ctx Context)) {
	r := theRun()
	r.here("workflow.Go")
	r.enqueueNew(r.spawn(name, func() { body(ctx) }))
}

// Await waits until a condition holds. It is looked at whenever all else waits, and must not change
// anything. The only error is a CanceledError: the context was cancelled before.
func Await(ctx Context, condition func() bool) error {
	r, within := theRun(), scopeOf(ctx)
	met := false
	holds := func() bool {
		met = condition()
		return met || within.cancelled
	}
	r.wait(func() string { return "condition" }, holds, &r.conditions, &within.waiters)
	if met {
		return nil
	}
	return within.err()
}

// A WaitGroup waits until several coroutines are done.
type WaitGroup interface {
	// Add counts so many more that are not done.
	Add(delta int)
	// Done counts one less.
	Done()
	// Wait waits until none is left.
	Wait(ctx Context)
	// Go runs a function as a coroutine that the group waits for.
	Go(ctx Context, body func(ctx Context))
}

// NewWaitGroup makes a group of none.
func NewWaitGroup(Context) WaitGroup { return &waitGroup{run: theRun()} }

type waitGroup struct {
	run     *run
	left    int
	waiters waiters
}

func (g *waitGroup) Add(delta int) {
	g.left += delta
	if g.left < 0 {
		panic("a wait group has more that are done than were added")
	}
	g.waiters.wake()
}

func (g *waitGroup) Done() { g.Add(-1) }

func (g *waitGroup) Wait(Context) {
	g.run.wait(func() string { return "wait group" }, func() bool { return g.left == 0 }, &g.waiters)
}

func (g *waitGroup) Go(ctx Context, body func(ctx Context)) {
	g.Add(1)
	Go(ctx, func(ctx Context) {
		defer g.Done()
		body(ctx)
	})
}

// A Mutex is held by one coroutine at a time.
type Mutex interface {
	// Lock waits for it. The only error is a CanceledError: the context was cancelled before.
	Lock(ctx Context) error
	// TryLock takes it if it is free.
	TryLock(ctx Context) bool
	// Unlock gives it back.
	Unlock()
	// IsLocked tells whether it is held.
	IsLocked() bool
}

// NewMutex makes a mutex that is free.
func NewMutex(Context) Mutex { return &mutex{newSemaphore("mutex", 1)} }

type mutex struct{ one *semaphore }

func (m *mutex) Lock(ctx Context) error { return m.one.Acquire(ctx, 1) }

func (m *mutex) TryLock(ctx Context) bool { return m.one.TryAcquire(ctx, 1) }

func (m *mutex) IsLocked() bool { return m.one.free == 0 }

func (m *mutex) Unlock() {
	if !m.IsLocked() {
		panic("a mutex is unlocked that is not locked")
	}
	m.one.Release(1)
}

// A Semaphore is held by several coroutines, up to its size.
type Semaphore interface {
	// Acquire waits for as much of it. The only error is a CanceledError: the context was cancelled before.
	Acquire(ctx Context, amount int64) error
	// TryAcquire takes as much if it is free.
	TryAcquire(ctx Context, amount int64) bool
	// Release gives as much back.
	Release(amount int64)
}

// NewSemaphore makes a semaphore of this size.
func NewSemaphore(_ Context, size int64) Semaphore { return newSemaphore("semaphore", size) }

type semaphore struct {
	run  *run
	name string
	size int64
	free int64
	// Those who wait, in order: who came first is served first.
	queue   []*acquiring
	waiters waiters
}

type acquiring struct {
	amount  int64
	granted bool
}

func newSemaphore(name string, size int64) *semaphore {
	return &semaphore{run: theRun(), name: name, size: size, free: size}
}

func (s *semaphore) Acquire(ctx Context, amount int64) error {
	if amount > s.size {
		panic("more of a semaphore is wanted than there is")
	}
	within := scopeOf(ctx)
	if within.cancelled {
		return within.err()
	}
	mine := &acquiring{amount: amount}
	s.queue = append(s.queue, mine)
	s.grant()
	holds := func() bool { return mine.granted || within.cancelled }
	s.run.wait(func() string { return s.name }, holds, &s.waiters, &within.waiters)
	if mine.granted {
		return nil
	}
	s.leave(mine)
	return within.err()
}

func (s *semaphore) leave(gone *acquiring) {
	for index, waiting := range s.queue {
		if waiting == gone {
			s.queue = append(s.queue[:index:index], s.queue[index+1:]...)
			break
		}
	}
	s.grant()
}

func (s *semaphore) grant() {
	for len(s.queue) > 0 && s.queue[0].amount <= s.free {
		s.queue[0].granted = true
		s.free -= s.queue[0].amount
		s.queue = s.queue[1:]
	}
	s.waiters.wake()
}

func (s *semaphore) TryAcquire(_ Context, amount int64) bool {
	if len(s.queue) > 0 || amount > s.free {
		return false
	}
	s.free -= amount
	return true
}

func (s *semaphore) Release(amount int64) {
	s.free += amount
	if s.free > s.size {
		panic("more of a semaphore is released than was acquired")
	}
	s.grant()
}
