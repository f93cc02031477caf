// Greets, after a durable timer, with a greeting that may be changed while it waits.
package main

import (
	"time"

	"dalsegno/workflow"
)

func init() {
	options := workflow.RegisterOptions{Name: "hello", Description: "Greets after five seconds."}
	workflow.RegisterWithOptions(Hello, options)
}

// Hello greets after five seconds.
func Hello(ctx workflow.Context, name string) (string, error) {
	current := "Hello"
	err := workflow.SetSignalHandler(ctx, "change", func(_ workflow.Context, greeting string) error {
		current = greeting
		return nil
	})
	if err != nil {
		return "", err
	}
	err = workflow.SetQueryHandler(ctx, "greeting", func() (string, error) { return current, nil })
	if err != nil {
		return "", err
	}

	// A durable timer: it goes on after a crash, and days are as good as seconds.
	if err := workflow.Sleep(ctx, 5*time.Second); err != nil {
		return "", err
	}
	return current + ", " + name + "!", nil
}

// The component has no main program: the host calls the workflows.
func main() {}
