package workflow

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"dalsegno/internal/contract"
	"dalsegno/internal/stack"
)

// blocked is the failure of a coroutine that Go itself has stopped.
func blocked(c *coroutine) contract.Failure {
	reason, trace := "", ""
	for _, goroutine := range goroutines() {
		// Those that wait for their turn, or have not had one.
		ours := strings.Contains(goroutine, "workflow.(*baton).await(")
		if !ours && strings.Contains(goroutine, "workflow.(*coroutine).main(") {
			// goroutine 8 [chan receive]:
			_, heading, _ := strings.Cut(goroutine, "[")
			reason, _, _ = strings.Cut(heading, "]")
			trace = stack.Of(goroutine)
		}
	}
	message := fmt.Sprintf("the coroutine `%s` waits for what cannot come while the workflow waits (%s): a channel, "+
		"a lock or a sleep of Go; use workflow.Go, workflow.NewChannel, workflow.NewMutex, workflow.Sleep",
		c.name, reason)
	// A listener that is made within a workflow is one that nobody can reach.
	if strings.HasPrefix(trace, "net/") {
		message = fmt.Sprintf("the coroutine `%s` waits for the network, which a workflow does not have: %s, or take "+
			"a signal or an update of the workflow", c.name, byTheHost)
	}
	failure := bug("Blocked", message)
	failure[0].StackTrace = trace
	return failure
}

// goroutines gives the stacks of all of them.
func goroutines() []string {
	text := make([]byte, 64<<10)
	return strings.Split(string(text[:runtime.Stack(text, true)]), "\n\n")
}

const (
	inActivities = "do that in an activity, with workflow.ExecuteActivity"
	byTheHost    = "call HTTP by the package dalsegno/http, or " + inActivities
)

// Errors of Go's own that say what a workflow has tried, by their types, and what to do instead: it has no such thing.
var attempts = map[string]struct{ what, instead string }{
	"net.OpError":       {"opened a network connection", byTheHost},
	"net.DNSError":      {"looked up a network address", byTheHost},
	"io/fs.PathError":   {"used a file", inActivities},
	"os.SyscallError":   {"called the operating system", inActivities},
	"os/exec.Error":     {"started a program", inActivities},
	"os/exec.ExitError": {"started a program", inActivities},
}

// reportMisuse ends the activation if a routine returned the error of something that belongs into an activity. Which of
// its lines did it is known no more, so its beginning is the place.
func (r *run) reportMisuse(err error, of *routine) bool {
	failure := misuse(err)
	if failure == nil {
		return false
	}
	failure[0].StackTrace = stack.At(of.function.Pointer())
	r.reportBug(failure)
	return true
}

// misuse is the failure of code that returns the error of something that belongs into an activity; nil if it is none.
func misuse(err error) contract.Failure {
	for ; err != nil; err = errors.Unwrap(err) {
		of := reflect.TypeOf(err)
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if attempt, found := attempts[of.PkgPath()+"."+of.Name()]; found {
			message := fmt.Sprintf("the workflow %s, and got: %v; %s", attempt.what, err, attempt.instead)
			return bug("NotInWorkflows", message)
		}
	}
	return nil
}
