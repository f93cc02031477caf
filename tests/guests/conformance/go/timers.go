package main

import (
	"time"

	"dalsegno/workflow"
)

func init() {
	register("timer", timer)
	register("timers-in-order-of-firing", timersInOrderOfFiring)
	register("timer-cancelled", timerCancelled)
	register("race", race)
	register("timeout", timeout)
	register("condition", condition)
}

func timer(ctx workflow.Context) (string, error) {
	return "fired", workflow.Sleep(ctx, 50*time.Millisecond)
}

func timersInOrderOfFiring(ctx workflow.Context) ([]string, error) {
	selector := workflow.NewSelector(ctx)
	var fired []string
	add := func(name string, after time.Duration) {
		selector.AddFuture(workflow.NewTimer(ctx, after), func(workflow.Future) { fired = append(fired, name) })
	}
	add("a", 900*time.Millisecond)
	add("b", 100*time.Millisecond)
	add("c", 500*time.Millisecond)
	for range 3 {
		selector.Select(ctx)
	}
	return fired, nil
}

func timerCancelled(ctx workflow.Context) (string, error) {
	goOn := flag(ctx, "go")
	inner, cancel := workflow.WithCancel(ctx)
	started := workflow.NewTimer(inner, time.Hour)
	if err := wait(ctx, goOn); err != nil {
		return "", err
	}
	cancel()
	return cancelledOr(started.Get(ctx, nil), "cancelled")
}

func race(ctx workflow.Context) (winner string, err error) {
	inner, cancel := workflow.WithCancel(ctx)
	hanging := start(inner, "hang")
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(hanging, func(workflow.Future) { winner = "activity" })
	selector.AddFuture(workflow.NewTimer(ctx, 50*time.Millisecond), func(workflow.Future) {
		winner = "timer"
		cancel()
	})
	selector.Select(ctx)
	return winner, nil
}

func timeout(ctx workflow.Context) ([]string, error) {
	first, err := within(ctx, time.Hour, "echo", "in time")
	if err != nil {
		return nil, err
	}
	second, err := within(ctx, 50*time.Millisecond, "hang")
	if err != nil {
		second, err = cancelledOr(err, "cut off")
	}
	return []string{first, second}, err
}

// within runs an activity under a limit: a timer that cancels it, or is cancelled by its end.
func within(ctx workflow.Context, limit time.Duration, name string, args ...any) (result string, err error) {
	limited, stopTimer := workflow.WithCancel(ctx)
	over := workflow.NewTimer(limited, limit)
	inner, cancel := workflow.WithCancel(ctx)
	running := start(inner, name, args...)
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(running, func(workflow.Future) { stopTimer() })
	selector.AddFuture(over, func(workflow.Future) { cancel() })
	selector.Select(ctx)
	err = running.Get(ctx, &result)
	return result, err
}

func condition(ctx workflow.Context, milliseconds int) (bool, error) {
	set := flag(ctx, "set")
	limit := time.Duration(milliseconds) * time.Millisecond
	met, err := workflow.AwaitWithTimeout(ctx, limit, func() bool { return *set })
	if err != nil {
		return false, err
	}
	_, err = activity[bool](ctx, "echo", met)
	return met, err
}
