// What a workflow cannot do, each by its name.
package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"

	"dalsegno/workflow"
)

func init() {
	workflow.RegisterWithOptions(Misdeed, workflow.RegisterOptions{
		Name: "misdeed", Description: "Does what its argument names.",
	})
}

var misdeeds = map[string]func(workflow.Context) error{
	"calls-from-a-goroutine": func(ctx workflow.Context) error {
		go func() { _ = workflow.Sleep(ctx, time.Second) }()
		return workflow.Sleep(ctx, time.Minute)
	},
	"connects": func(workflow.Context) error {
		_, err := net.Dial("tcp", "127.0.0.1:80")
		return err
	},
	"listens": func(workflow.Context) error {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			_, err = listener.Accept()
		}
		return err
	},
	"looks-up-a-name": func(workflow.Context) error {
		_, err := net.LookupHost("example.com")
		return err
	},
	"misses-a-time-limit": func(ctx workflow.Context) error {
		return workflow.ExecuteActivity(ctx, "charge").Get(ctx, nil)
	},
	"names-a-literal": func(ctx workflow.Context) error {
		ctx = workflow.WithStartToCloseTimeout(ctx, time.Second)
		return workflow.ExecuteActivity(ctx, func() error { return nil }).Get(ctx, nil)
	},
	"opens-a-file": func(workflow.Context) error {
		_, err := os.ReadFile("/etc/hosts")
		return err
	},
	"requests": func(workflow.Context) error {
		_, err := http.Get("http://127.0.0.1/")
		return err
	},
	"runs-a-program": func(workflow.Context) error { return exec.Command("true").Run() },
	"sleeps": func(workflow.Context) error {
		time.Sleep(time.Second)
		return nil
	},
	"waits-for-a-channel": func(workflow.Context) error {
		<-make(chan int)
		return nil
	},
	"waits-for-a-lock": func(workflow.Context) error {
		var lock sync.Mutex
		lock.Lock()
		lock.Lock()
		return nil
	},
	"waits-for-a-ticker": func(workflow.Context) error {
		<-time.After(time.Second)
		return nil
	},
	"writes-a-file": func(workflow.Context) error { return os.WriteFile("notes.txt", nil, 0o600) },
}

// Misdeed does what its argument names.
func Misdeed(ctx workflow.Context, name string) error { return misdeeds[name](ctx) }

func main() {}
