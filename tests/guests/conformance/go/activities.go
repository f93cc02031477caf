package main

import (
	"errors"
	"time"

	"dalsegno"
	"dalsegno/workflow"
)

func init() {
	register("activities-in-sequence", activitiesInSequence)
	register("activities-in-parallel", activitiesInParallel)
	register("chain", chain)
	register("activity-fails", activityFails)
	register("activity-failure-caught", activityFailureCaught)
	register("activity-retried", activityRetried)
	register("activity-attempts-used-up", activityAttemptsUsedUp)
	register("activity-type-not-retried", activityTypeNotRetried)
	register("activity-options", activityOptions)
	register("activity-times-out", activityTimesOut)
	register("activity-cancelled", activityCancelled)
	register("activity-cancelled-and-awaited", activityCancelledAndAwaited)
	register("local-activities", localActivities)
}

func activitiesInSequence(ctx workflow.Context) ([]string, error) {
	a, err := activity[string](ctx, "echo", "a")
	if err != nil {
		return nil, err
	}
	b, err := activity[string](ctx, "echo", a+"b")
	if err != nil {
		return nil, err
	}
	c, err := activity[string](ctx, "echo", b+"c")
	return []string{a, b, c}, err
}

func activitiesInParallel(ctx workflow.Context) ([]int, error) {
	var started []workflow.Future
	for number := range 3 {
		started = append(started, start(ctx, "echo", number+1))
	}
	results := make([]int, len(started))
	for index, future := range started {
		if err := future.Get(ctx, &results[index]); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func chain(ctx workflow.Context, n int) (int, error) {
	for i := range n {
		if _, err := activity[int](ctx, "echo", i); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func activityFails(ctx workflow.Context) error {
	_, err := activity[any](ctx, "decline", "4242")
	return err
}

func activityFailureCaught(ctx workflow.Context) (map[string]any, error) {
	_, err := activity[any](ctx, "decline", "4242")
	var failed *dalsegno.ActivityError
	if !errors.As(err, &failed) {
		return nil, err
	}
	var detail struct{ Code int }
	must(application(err).Details(&detail))
	return map[string]any{
		"activity": failed.ActivityType(), "attempts": failed.Attempts(), "code": detail.Code,
		"message": application(err).Message(), "type": application(err).Type(),
	}, nil
}

func activityRetried(ctx workflow.Context) (attempt int, err error) {
	ctx = with(ctx, workflow.ActivityOptions{RetryPolicy: retry(5)})
	err = workflow.ExecuteActivity(ctx, "succeeds-at", 3).Get(ctx, &attempt)
	return attempt, err
}

func activityAttemptsUsedUp(ctx workflow.Context) error {
	ctx = with(ctx, workflow.ActivityOptions{RetryPolicy: retry(2)})
	return workflow.ExecuteActivity(ctx, "unavailable", "x").Get(ctx, nil)
}

func activityTypeNotRetried(ctx workflow.Context) (int, error) {
	ctx = with(ctx, workflow.ActivityOptions{RetryPolicy: retry(5, "Unavailable")})
	err := workflow.ExecuteActivity(ctx, "unavailable", "x").Get(ctx, nil)
	var failed *dalsegno.ActivityError
	if errors.As(err, &failed) {
		return failed.Attempts(), nil
	}
	return 0, err
}

func activityOptions(ctx workflow.Context) (result string, err error) {
	ctx = with(ctx, workflow.ActivityOptions{
		ActivityID:             "my-id",
		ScheduleToCloseTimeout: 40 * time.Second,
		ScheduleToStartTimeout: 20 * time.Second,
		StartToCloseTimeout:    10 * time.Second,
		HeartbeatTimeout:       5 * time.Second,
		RetryPolicy:            retry(3),
		WaitForCancellation:    true,
		Summary:                "for people",
	})
	err = workflow.ExecuteActivity(ctx, "echo", "x").Get(ctx, &result)
	return result, err
}

func activityTimesOut(ctx workflow.Context) (string, error) {
	options := workflow.ActivityOptions{StartToCloseTimeout: 100 * time.Millisecond, RetryPolicy: retry(1)}
	err := workflow.ExecuteActivity(with(ctx, options), "hang").Get(ctx, nil)
	if dalsegno.IsTimeoutError(err) {
		return "timed out", nil
	}
	return "", err
}

func activityCancelled(ctx workflow.Context) (string, error) {
	return cancelHanging(ctx, workflow.ActivityOptions{})
}

func activityCancelledAndAwaited(ctx workflow.Context) (string, error) {
	return cancelHanging(ctx, workflow.ActivityOptions{WaitForCancellation: true})
}

func cancelHanging(ctx workflow.Context, options workflow.ActivityOptions) (string, error) {
	goOn := flag(ctx, "go")
	inner, cancel := workflow.WithCancel(with(ctx, options))
	hanging := workflow.ExecuteActivity(inner, "hang")
	if err := wait(ctx, goOn); err != nil {
		return "", err
	}
	cancel()
	return cancelledOr(hanging.Get(ctx, nil), "cancelled")
}

func localActivities(ctx workflow.Context) ([]int, error) {
	options := workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute}
	ctx = workflow.WithLocalActivityOptions(ctx, options)
	results := make([]int, 3)
	for index := range results {
		if err := workflow.ExecuteLocalActivity(ctx, "echo", index+1).Get(ctx, &results[index]); err != nil {
			return nil, err
		}
	}
	return results, nil
}
