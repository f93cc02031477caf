// Package workflow is for writing durable workflows: functions that wait for activities, timers, signals
// and other workflows, for as long as it takes, and survive every restart of the host.
//
//	func init() { workflow.Register(Hello) }
//
//	func Hello(ctx workflow.Context, name string) (string, error) {
//		if err := workflow.Sleep(ctx, time.Second); err != nil {
//			return "", err
//		}
//		return "Hello, " + name + "!", nil
//	}
//
// Whoever knows Temporal's Go SDK knows this one. A workflow is replayed from its history, so its code must
// do the same every time: here time.Now, math/rand, crypto/rand, the order of maps and everything made of
// them do. What has to be replaced is what waits: workflow.Go for go, workflow.Channel for chan,
// workflow.Selector for select, workflow.Sleep for time.Sleep. A coroutine that waits for one of Go's own
// fails its activation with a message.
//
// # Errors and bugs
//
// An error that a workflow returns fails the run; one from the handler of an update fails the update. A
// panic is a bug: it fails the activation only; the host tries again, then parks the run with the message
// until the code is repaired. The same happens when the result of an activity or the argument of a signal
// does not fit its type, so that nothing is lost.
package workflow
