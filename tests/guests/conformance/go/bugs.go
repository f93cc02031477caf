package main

import (
	"dalsegno"
	"dalsegno/workflow"
)

func init() {
	register("cause-chain", causeChain)
	register("bug", bug)
	register("hangs", hangs)
}

func causeChain(workflow.Context) error {
	declined := dalsegno.NewNonRetryableApplicationError("not enough funds", "CardDeclined", nil, 42, "EUR")
	failed := dalsegno.NewApplicationErrorWithCause("cannot charge the card", "PaymentFailed", declined)
	return dalsegno.NewApplicationErrorWithCause("cannot fulfil the order", "OrderFailed", failed)
}

func bug(workflow.Context) error {
	panic("this is a bug")
}

func hangs(ctx workflow.Context) (string, error) {
	ctx = with(ctx, workflow.ActivityOptions{})
	return "hung", workflow.ExecuteActivity(ctx, "hang").Get(ctx, nil)
}
