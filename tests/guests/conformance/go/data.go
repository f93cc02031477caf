package main

import (
	"strings"

	"dalsegno/workflow"
)

func init() {
	register("large-payload", largePayload)
	register("unicode", unicode)
	register("many-arguments", manyArguments)
	register("nothing", nothing)
	register("mirror", mirror)
	register("bytes", toAndFro)
}

func largePayload(ctx workflow.Context, n int) (int, error) {
	text, err := activity[string](ctx, "echo", strings.Repeat("x", n))
	return len(text), err
}

func unicode(ctx workflow.Context, text string) ([]string, error) {
	received, value := false, ""
	handle(ctx, "grüße 😀", func(given string) { received, value = true, given })
	must(workflow.UpsertMemo(ctx, map[string]any{"note": text}))
	echoed, err := activity[string](ctx, "echo", text)
	if err != nil {
		return nil, err
	}
	err = wait(ctx, &received)
	return []string{echoed, value}, err
}

func manyArguments(
	ctx workflow.Context, text string, whole int, float float64, truth bool, list []any, object map[string]any,
) ([]any, error) {
	return activity[[]any](ctx, "echo", text, whole, float, truth, list, object)
}

func nothing(ctx workflow.Context, argument any) error {
	a, err := activity[any](ctx, "silent")
	if err != nil {
		return err
	}
	b, err := activity[any](ctx, "echo")
	if err != nil {
		return err
	}
	c, err := activity[any](ctx, "echo", argument)
	if err != nil {
		return err
	}
	_, err = activity[any](ctx, "echo", []any{a, b, c})
	return err
}

func mirror(_ workflow.Context, value []byte) ([]byte, error) { return value, nil }

func toAndFro(ctx workflow.Context) (value []byte, err error) {
	err = startChild(ctx, mirror, []byte{0, 1, 254, 255}).Get(ctx, &value)
	return value, err
}
