package main

import (
	"fmt"

	"dalsegno"
	"dalsegno/workflow"
)

func init() { register("updates", updates) }

type account struct{ balance int }

func updates(ctx workflow.Context) (int, error) {
	a := &account{}
	closed := flag(ctx, "close")
	must(workflow.SetQueryHandler(ctx, "balance", func() (int, error) { return a.balance, nil }))
	must(workflow.SetUpdateHandler(ctx, "add", a.add))
	must(workflow.SetUpdateHandlerWithOptions(ctx, "withdraw", a.withdraw,
		workflow.UpdateHandlerOptions{Validator: a.canWithdraw}))
	must(workflow.SetUpdateHandler(ctx, "add-slowly", a.addSlowly))
	must(workflow.SetUpdateHandler(ctx, "refuse", func(why string) error {
		return dalsegno.NewApplicationError(why, "Refused")
	}))
	err := wait(ctx, closed)
	return a.balance, err
}

func (a *account) add(n int) (int, error) {
	a.balance += n
	return a.balance, nil
}

func (a *account) withdraw(n int) (int, error) { return a.add(-n) }

func (a *account) canWithdraw(n int) error {
	if n > a.balance {
		message := fmt.Sprintf("there is only %d", a.balance)
		return dalsegno.NewApplicationError(message, "TooLittle", a.balance)
	}
	return nil
}

func (a *account) addSlowly(ctx workflow.Context, n int) (int, error) {
	if _, err := activity[string](ctx, "echo", "check"); err != nil {
		return 0, err
	}
	a.balance += n
	_, err := activity[string](ctx, "echo", "book")
	return a.balance, err
}
