package workflow

import (
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"

	"dalsegno"
	"dalsegno/internal/contract"
)

// A CancellationType says what cancelling an activity waits for.
type CancellationType uint8

// The ways of cancelling an activity.
const (
	// Ask the activity to stop, and count it as cancelled at once.
	CancelTry CancellationType = CancellationType(contract.ActivityTryCancel)
	// Ask the activity to stop, and wait until it ends.
	CancelWait CancellationType = CancellationType(contract.ActivityWait)
	// Do not ask; count it as cancelled at once.
	CancelAbandon CancellationType = CancellationType(contract.ActivityAbandon)
)

// ActivityOptions are those of activities. StartToCloseTimeout or ScheduleToCloseTimeout is needed.
type ActivityOptions struct {
	// The task queue, if not the run's own.
	TaskQueue string
	// The time limit of the whole, with retries.
	ScheduleToCloseTimeout time.Duration
	// How long an attempt may wait for its start.
	ScheduleToStartTimeout time.Duration
	// The time limit of one attempt.
	StartToCloseTimeout time.Duration
	// The longest silence of an attempt.
	HeartbeatTimeout time.Duration
	// The same as the CancellationType CancelWait.
	WaitForCancellation bool
	// What cancelling waits for.
	CancellationType CancellationType
	// An id of your own, unique among the run's pending activities.
	ActivityID string
	// How failed attempts are repeated.
	RetryPolicy *dalsegno.RetryPolicy
	// A line for people.
	Summary string
	// Values that travel with the call beside its arguments.
	Headers map[string]any
}

// LocalActivityOptions are those of local activities. One of the two time limits is needed.
type LocalActivityOptions struct {
	// The time limit of the whole, with retries.
	ScheduleToCloseTimeout time.Duration
	// The time limit of one attempt.
	StartToCloseTimeout time.Duration
	// A backoff longer than this becomes a durable timer; a minute by default.
	LocalRetryThreshold time.Duration
	// What cancelling waits for.
	CancellationType CancellationType
	// An id of your own, unique among the run's pending activities.
	ActivityID string
	// How failed attempts are repeated.
	RetryPolicy *dalsegno.RetryPolicy
	// A line for people.
	Summary string
	// Values that travel with the call beside its arguments.
	Headers map[string]any
}

type (
	activityOptionsKey      struct{}
	localActivityOptionsKey struct{}
)

// WithActivityOptions sets the options of activities that are executed with the context.
func WithActivityOptions(ctx Context, options ActivityOptions) Context {
	return WithValue(ctx, activityOptionsKey{}, options)
}

// WithLocalActivityOptions sets the options of local activities that are executed with the context.
func WithLocalActivityOptions(ctx Context, options LocalActivityOptions) Context {
	return WithValue(ctx, localActivityOptionsKey{}, options)
}

// GetActivityOptions gives the options that the context has.
func GetActivityOptions(ctx Context) ActivityOptions {
	options, _ := ctx.Value(activityOptionsKey{}).(ActivityOptions)
	return options
}

// GetLocalActivityOptions gives the options that the context has.
func GetLocalActivityOptions(ctx Context) LocalActivityOptions {
	options, _ := ctx.Value(localActivityOptionsKey{}).(LocalActivityOptions)
	return options
}

func withChanged(ctx Context, change func(options *ActivityOptions)) Context {
	options := GetActivityOptions(ctx)
	change(&options)
	return WithActivityOptions(ctx, options)
}

// WithTaskQueue changes one of the options of activities.
func WithTaskQueue(ctx Context, name string) Context {
	return withChanged(ctx, func(options *ActivityOptions) { options.TaskQueue = name })
}

// WithStartToCloseTimeout changes one of the options of activities.
func WithStartToCloseTimeout(ctx Context, limit time.Duration) Context {
	return withChanged(ctx, func(options *ActivityOptions) { options.StartToCloseTimeout = limit })
}

// WithScheduleToCloseTimeout changes one of the options of activities.
func WithScheduleToCloseTimeout(ctx Context, limit time.Duration) Context {
	return withChanged(ctx, func(options *ActivityOptions) { options.ScheduleToCloseTimeout = limit })
}

// WithScheduleToStartTimeout changes one of the options of activities.
func WithScheduleToStartTimeout(ctx Context, limit time.Duration) Context {
	return withChanged(ctx, func(options *ActivityOptions) { options.ScheduleToStartTimeout = limit })
}

// WithHeartbeatTimeout changes one of the options of activities.
func WithHeartbeatTimeout(ctx Context, limit time.Duration) Context {
	return withChanged(ctx, func(options *ActivityOptions) { options.HeartbeatTimeout = limit })
}

// WithWaitForCancellation changes one of the options of activities.
func WithWaitForCancellation(ctx Context, wait bool) Context {
	return withChanged(ctx, func(options *ActivityOptions) { options.WaitForCancellation = wait })
}

// WithRetryPolicy changes one of the options of activities.
func WithRetryPolicy(ctx Context, policy dalsegno.RetryPolicy) Context {
	return withChanged(ctx, func(options *ActivityOptions) { options.RetryPolicy = &policy })
}

// ExecuteActivity schedules work outside of the sandbox, by its name, or by a function of that name. Its
// options are those of the context; cancelling the context cancels it. The error of a failed activity is an
// ActivityError, whose cause says why.
func ExecuteActivity(ctx Context, activity any, args ...any) Future {
	options := GetActivityOptions(ctx)
	if options.WaitForCancellation {
		options.CancellationType = CancelWait
	}
	return execute(ctx, activities, functionName(activity), args, contract.ActivityOptions{
		ActivityID:        options.ActivityID,
		TaskQueue:         options.TaskQueue,
		ScheduleToCloseMs: dalsegno.Milliseconds(options.ScheduleToCloseTimeout),
		ScheduleToStartMs: dalsegno.Milliseconds(options.ScheduleToStartTimeout),
		StartToCloseMs:    dalsegno.Milliseconds(options.StartToCloseTimeout),
		HeartbeatMs:       dalsegno.Milliseconds(options.HeartbeatTimeout),
		RetryPolicy:       options.RetryPolicy.ToContract(),
		CancellationType:  uint8(options.CancellationType),
		Summary:           options.Summary,
	}, options.Headers)
}

// ExecuteLocalActivity runs short work in the host itself, its result stored together with what the
// workflow does next: several in a row cost one commit. It is repeated from its beginning if the host stops
// meanwhile.
func ExecuteLocalActivity(ctx Context, activity any, args ...any) Future {
	options := GetLocalActivityOptions(ctx)
	return execute(ctx, localActivities, functionName(activity), args, contract.ActivityOptions{
		ActivityID:            options.ActivityID,
		ScheduleToCloseMs:     dalsegno.Milliseconds(options.ScheduleToCloseTimeout),
		StartToCloseMs:        dalsegno.Milliseconds(options.StartToCloseTimeout),
		LocalRetryThresholdMs: dalsegno.Milliseconds(options.LocalRetryThreshold),
		RetryPolicy:           options.RetryPolicy.ToContract(),
		CancellationType:      uint8(options.CancellationType),
		Summary:               options.Summary,
	}, options.Headers)
}

// An activityKind is local, or not.
type activityKind struct {
	name string
	// The type of its options.
	options string
	ask     func(contract.Host, string, []contract.Payload, contract.ActivityOptions) contract.Operation
}

var (
	activities      = activityKind{"activity", "ActivityOptions", contract.Host.ScheduleActivity}
	localActivities = activityKind{"local activity", "LocalActivityOptions", contract.Host.ScheduleLocalActivity}
)

func execute(
	ctx Context, kind activityKind, name string, args []any, options contract.ActivityOptions,
	headers map[string]any,
) Future {
	r := theRun()
	r.here("executing an activity")
	call := fmt.Sprintf("%s `%s`", kind.name, name)
	if options.StartToCloseMs == 0 && options.ScheduleToCloseMs == 0 {
		r.fail(bug(badArguments, fmt.Sprintf("the %s needs a time limit: StartToCloseTimeout or ScheduleToCloseTimeout "+
			"of %[2]s, which the context has by workflow.With%[2]s", call, kind.options)))
	}
	if err := scopeOf(ctx).err(); err != nil {
		return failedFuture(err)
	}
	input := r.encode(call, args)
	options.Headers = r.named(call, headers)
	frames := r.place()
	r.callSite(frames)
	number := kind.ask(r.host, name, input, options)
	if options.ActivityID == "" {
		options.ActivityID = fmt.Sprint(number)
	}
	started := newFuture(func() string { return fmt.Sprintf("%s %s (operation %d)", kind.name, name, number) })
	r.begin(ctx, number, &operation{
		future: started,
		cancelInHost: func(string) bool {
			r.callSite(frames)
			return r.host.CancelActivity(number)
		},
		cancelled: func(string) error {
			return givenUp("activity cancelled", contract.Activity{
				ActivityType: name, ActivityID: options.ActivityID, Attempts: 1,
				RetryState: contract.RetryStateCancelRequested,
			})
		},
	})
	return started
}

// givenUp is the error of what was given up because of a request to cancel.
func givenUp(message string, kind contract.CauseKind) error {
	return dalsegno.ErrorOf(contract.Failure{
		{Message: message, Kind: kind},
		{Message: message, Kind: contract.Cancelled{}},
	})
}

// functionName gives the name of an activity or a workflow: a text is it already.
func functionName(named any) string {
	if name, ok := named.(string); ok {
		return name
	}
	value := reflect.ValueOf(named)
	if value.Kind() != reflect.Func || value.IsNil() {
		panic(fmt.Sprintf("a name or a function is expected, not a %T", named))
	}
	// `main.(*Activities).Charge-fm`, `main.Charge[...]`, `main.init.func1`
	name, _, _ := strings.Cut(runtime.FuncForPC(value.Pointer()).Name(), "[")
	name = strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "-fm")
	if _, err := strconv.Atoi(strings.TrimPrefix(name, "func")); err == nil {
		panic("a function literal has no name to be known by: give a name, or a function that has one")
	}
	return name
}
