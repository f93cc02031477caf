// The conformance scenarios in Go. What each does stands in ../README.md.
package main

import (
	"errors"
	"time"

	"dalsegno"
	"dalsegno/workflow"
)

func register(name string, function any) {
	workflow.RegisterWithOptions(function, workflow.RegisterOptions{Name: name})
}

// with sets the options of activities; their time limit is a minute unless it is given.
func with(ctx workflow.Context, options workflow.ActivityOptions) workflow.Context {
	if options.StartToCloseTimeout == 0 {
		options.StartToCloseTimeout = time.Minute
	}
	return workflow.WithActivityOptions(ctx, options)
}

func start(ctx workflow.Context, name string, args ...any) workflow.Future {
	return workflow.ExecuteActivity(with(ctx, workflow.ActivityOptions{}), name, args...)
}

// activity runs an activity and gives its result.
func activity[T any](ctx workflow.Context, name string, args ...any) (result T, err error) {
	err = start(ctx, name, args...).Get(ctx, &result)
	return result, err
}

func retry(attempts int32, notRetried ...string) *dalsegno.RetryPolicy {
	return &dalsegno.RetryPolicy{
		InitialInterval:        10 * time.Millisecond,
		BackoffCoefficient:     1,
		MaximumInterval:        time.Second,
		MaximumAttempts:        attempts,
		NonRetryableErrorTypes: notRetried,
	}
}

// flag is set by a signal.
func flag(ctx workflow.Context, signal string) *bool {
	set := false
	handle(ctx, signal, func() { set = true })
	return &set
}

func handle(ctx workflow.Context, signal string, handler any) {
	must(workflow.SetSignalHandler(ctx, signal, handler))
}

func wait(ctx workflow.Context, flag *bool) error {
	return workflow.Await(ctx, func() bool { return *flag })
}

func waitForSignal(ctx workflow.Context, signal string) error { return wait(ctx, flag(ctx, signal)) }

// must is for what fails only through a bug of these scenarios.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// application gives the first application error of a chain.
func application(err error) *dalsegno.ApplicationError {
	var found *dalsegno.ApplicationError
	if !errors.As(err, &found) {
		panic("no application error: " + err.Error())
	}
	return found
}

// cancelledOr gives the word if the error is a cancellation.
func cancelledOr(err error, word string) (string, error) {
	if dalsegno.IsCanceledError(err) {
		return word, nil
	}
	return "", err
}

func main() {}
