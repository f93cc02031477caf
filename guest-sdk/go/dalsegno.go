// Package dalsegno has what workflows and their callers have in common: errors, retry policies, search
// attributes. The workflows themselves are written with package workflow.
//
// Whoever knows Temporal's Go SDK: this package stands for its package temporal.
package dalsegno

import (
	"time"

	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

// A Payload is one value as it travels, with what is needed to read it. It can stand wherever a value can:
// as an argument it is passed on as it is, and read into a *Payload nothing is decoded.
type Payload = contract.Payload

// A RetryPolicy says how failed attempts of an activity, a child or a run are repeated. What is zero has
// the host's default.
type RetryPolicy struct {
	// The first backoff; 1 s by default.
	InitialInterval time.Duration
	// What each backoff is multiplied with; 2.0 by default.
	BackoffCoefficient float64
	// The longest backoff; 100 times the first by default.
	MaximumInterval time.Duration
	// 1 means that nothing is repeated, 0 that the number is not limited.
	MaximumAttempts int32
	// Types of application errors that are not repeated, matched exactly.
	NonRetryableErrorTypes []string
}

// ToContract is for the SDK itself.
func (p *RetryPolicy) ToContract() *contract.RetryPolicy {
	if p == nil {
		return nil
	}
	return &contract.RetryPolicy{
		InitialIntervalMs:      Milliseconds(p.InitialInterval),
		BackoffCoefficient:     p.BackoffCoefficient,
		MaximumIntervalMs:      Milliseconds(p.MaximumInterval),
		MaximumAttempts:        uint32(max(p.MaximumAttempts, 0)),
		NonRetryableErrorTypes: p.NonRetryableErrorTypes,
	}
}

// RetryPolicyOf is for the SDK itself.
func RetryPolicyOf(policy *contract.RetryPolicy) *RetryPolicy {
	if policy == nil {
		return nil
	}
	return &RetryPolicy{
		InitialInterval:        time.Duration(policy.InitialIntervalMs) * time.Millisecond,
		BackoffCoefficient:     policy.BackoffCoefficient,
		MaximumInterval:        time.Duration(policy.MaximumIntervalMs) * time.Millisecond,
		MaximumAttempts:        int32(policy.MaximumAttempts),
		NonRetryableErrorTypes: policy.NonRetryableErrorTypes,
	}
}

// Milliseconds is for the SDK itself: a duration rounded up, so that nothing fires early; zero if it is
// negative.
func Milliseconds(duration time.Duration) uint64 {
	if duration <= 0 {
		return 0
	}
	return uint64((duration + time.Millisecond - 1) / time.Millisecond)
}

// details are values that travel with an error.
type details []contract.Payload

// HasDetails tells whether there are any.
func (d details) HasDetails() bool { return len(d) > 0 }

// Details reads the details in order, as many as there are pointers.
func (d details) Details(pointers ...any) error {
	for index, pointer := range pointers {
		if index >= len(d) {
			return ErrNoDetails
		}
		if err := codec.Decode(&d[index], pointer); err != nil {
			return err
		}
	}
	return nil
}

// encode gives the details as they travel. A value without a JSON form is left out: an error must not fail.
func encode(values []any) details {
	var encoded details
	for _, value := range values {
		if payload, err := codec.Encode(value); err == nil {
			encoded = append(encoded, payload)
		}
	}
	return encoded
}
