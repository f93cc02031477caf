package workflow

import (
	"fmt"
	"strconv"
	"time"

	"dalsegno"
)

// TimerOptions are those of a timer.
type TimerOptions struct {
	// A line for people, shown where the timer is listed.
	Summary string
}

// Now is the time of the present activation: the same until the workflow waits. time.Now gives the same.
func Now(Context) time.Time {
	return time.UnixMicro(int64(theRun().activation.TimeUs)).UTC()
}

// Sleep waits by a durable timer, for seconds or for years. The only error is a CanceledError.
func Sleep(ctx Context, duration time.Duration) error {
	return NewTimer(ctx, duration).Get(ctx, nil)
}

// NewTimer starts a durable timer. It fires late after downtime, never early.
func NewTimer(ctx Context, duration time.Duration) Future {
	return NewTimerWithOptions(ctx, duration, TimerOptions{})
}

// NewTimerWithOptions is NewTimer with options.
func NewTimerWithOptions(ctx Context, duration time.Duration, options TimerOptions) Future {
	return startTimer(ctx, duration, options)
}

func startTimer(ctx Context, duration time.Duration, options TimerOptions) *future {
	r := theRun()
	r.here("starting a timer")
	if duration < 0 {
		panic(fmt.Sprintf("a timer of %v: a duration is not negative", duration))
	}
	if err := scopeOf(ctx).err(); err != nil {
		return failedFuture(err)
	}
	frames := r.place()
	r.callSite(frames)
	number := r.host.StartTimer(dalsegno.Milliseconds(duration), options.Summary)
	timer := newFuture(func() string { return fmt.Sprintf("timer of %s (operation %d)", spelled(duration), number) })
	r.begin(ctx, number, &operation{
		future: timer,
		cancelInHost: func(string) bool {
			r.callSite(frames)
			return r.host.CancelTimer(number)
		},
		cancelled: canceledBecause,
	})
	return timer
}

// spelled gives a duration in one unit, as other languages write it.
func spelled(duration time.Duration) string {
	if duration < time.Second {
		return duration.String()
	}
	return strconv.FormatFloat(duration.Seconds(), 'f', -1, 64) + "s"
}

// AwaitWithTimeout is [Await] with a limit, a timer that is started if the condition does not hold already.
// False: the time is over. The timer is cancelled once the condition holds.
func AwaitWithTimeout(ctx Context, timeout time.Duration, condition func() bool) (ok bool, err error) {
	return AwaitWithOptions(ctx, AwaitOptions{Timeout: timeout}, condition)
}

// AwaitOptions are those of [AwaitWithOptions].
type AwaitOptions struct {
	// The limit.
	Timeout time.Duration
	// Of the limit's timer.
	TimerOptions TimerOptions
}

// AwaitWithOptions is [AwaitWithTimeout] with options.
func AwaitWithOptions(ctx Context, options AwaitOptions, condition func() bool) (ok bool, err error) {
	r, within := theRun(), scopeOf(ctx)
	if condition() {
		return true, nil
	}
	if within.cancelled {
		return false, within.err()
	}
	limited, stop := WithCancel(ctx)
	timer := startTimer(limited, options.Timeout, options.TimerOptions)
	met := false
	holds := func() bool {
		met = condition()
		return met || timer.ready
	}
	awaited := func() string { return "condition, or " + timer.awaited() }
	r.wait(awaited, holds, &r.conditions, &timer.waiters)
	stop()
	if met {
		return true, nil
	}
	return false, timer.err
}
