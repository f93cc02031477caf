// Package http is for calls over HTTP by the host's built-in activity, since a workflow itself has no network.
//
//	var response http.Response[Receipt]
//	if err := http.Post(ctx, base+"/charges", charge).Get(ctx, &response); err != nil {
//		return err
//	}
//
// Every attempt of a call carries the same Idempotency-Key. The statuses 408, 425, 429 and 5xx are tried again by the
// retry policy; other statuses that are no success fail at once, see [ErrorStatusOf].
package http

import (
	"errors"
	"fmt"
	"time"

	"dalsegno"
	"dalsegno/workflow"
)

// StartToCloseDefault is the time limit of one attempt, unless the context's options of activities have a limit.
const StartToCloseDefault = 30 * time.Second

// The activity, and the type of its failure by a status.
const (
	activity      = "http"
	statusFailure = "HttpStatus"
)

// A Request is what [Send] sends.
type Request struct {
	Method  string
	URL     string
	Headers map[string]string
	// The body, as JSON; none if it is nil.
	Body any
	// Limits the request itself, more narrowly than the attempt as a whole.
	Timeout time.Duration
}

// A Response is that to a request that succeeded. T is its body, read as JSON or a text; any reads both.
type Response[T any] struct {
	// From 200 to 299.
	Status int `json:"status"`
	// By their names in small letters.
	Headers map[string]string `json:"headers"`
	Body    T                 `json:"body"`
}

// An ErrorStatus is the response to a request that failed by its status.
type ErrorStatus struct {
	// 400 and above, mostly.
	Status int `json:"status"`
	// JSON, or a text.
	Body any `json:"body"`
}

// Get sends a GET request; see [Send].
func Get(ctx workflow.Context, url string) workflow.Future {
	return Send(ctx, Request{Method: "GET", URL: url})
}

// Post sends a POST request with a body, as JSON; see [Send].
func Post(ctx workflow.Context, url string, body any) workflow.Future {
	return Send(ctx, Request{Method: "POST", URL: url, Body: body})
}

// Put sends a PUT request with a body, as JSON; see [Send].
func Put(ctx workflow.Context, url string, body any) workflow.Future {
	return Send(ctx, Request{Method: "PUT", URL: url, Body: body})
}

// Patch sends a PATCH request with a body, as JSON; see [Send].
func Patch(ctx workflow.Context, url string, body any) workflow.Future {
	return Send(ctx, Request{Method: "PATCH", URL: url, Body: body})
}

// Delete sends a DELETE request; see [Send].
func Delete(ctx workflow.Context, url string) workflow.Future {
	return Send(ctx, Request{Method: "DELETE", URL: url})
}

// Send sends a request by an activity, with the context's options of activities. The future's value is a [Response].
func Send(ctx workflow.Context, request Request) workflow.Future {
	options := workflow.GetActivityOptions(ctx)
	if options.StartToCloseTimeout == 0 && options.ScheduleToCloseTimeout == 0 {
		ctx = workflow.WithStartToCloseTimeout(ctx, StartToCloseDefault)
	}
	return workflow.ExecuteActivity(ctx, activity, call(request))
}

// SendLocal is [Send] by a local activity: for short requests, several of which then cost one commit.
func SendLocal(ctx workflow.Context, request Request) workflow.Future {
	options := workflow.GetLocalActivityOptions(ctx)
	if options.StartToCloseTimeout == 0 && options.ScheduleToCloseTimeout == 0 {
		options.StartToCloseTimeout = StartToCloseDefault
		ctx = workflow.WithLocalActivityOptions(ctx, options)
	}
	return workflow.ExecuteLocalActivity(ctx, activity, call(request))
}

// An argument is what the activity takes.
type argument struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    any               `json:"body,omitempty"`
	Timeout string            `json:"timeout,omitempty"`
}

func call(request Request) argument {
	made := argument{Method: request.Method, URL: request.URL, Headers: request.Headers, Body: request.Body}
	if request.Timeout > 0 {
		made.Timeout = fmt.Sprintf("%dms", dalsegno.Milliseconds(request.Timeout))
	}
	return made
}

// ErrorStatusOf gives the response behind an error; nil unless a request failed by its status.
func ErrorStatusOf(err error) *ErrorStatus {
	application, found := errors.AsType[*dalsegno.ApplicationError](err)
	if !found || application.Type() != statusFailure {
		return nil
	}
	var status ErrorStatus
	if application.Details(&status) != nil {
		return nil
	}
	return &status
}
