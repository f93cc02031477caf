// Package wit_types holds the generic values of the generated bindings.
package wit_types

// The tags of an Option.
const (
	OptionNone = 0
	OptionSome = 1
)

// The tags of a Result.
const (
	ResultOk  = 0
	ResultErr = 1
)

// An Option is a value that may be absent.
type Option[T any] struct {
	tag   uint8
	value T
}

// Some is a value that is there.
func Some[T any](value T) Option[T] { return Option[T]{OptionSome, value} }

// None is an absent value.
func None[T any]() Option[T] { return Option[T]{} }

// Tag tells whether the value is there.
func (o Option[T]) Tag() uint8 { return o.tag }

// Some gives the value; absent, it is a bug of the caller.
func (o Option[T]) Some() T {
	if o.tag != OptionSome {
		panic("the option is none")
	}
	return o.value
}

// A Result is a value or an error.
type Result[T, E any] struct {
	tag   uint8
	ok    T
	error E
}

// Ok is a good result.
func Ok[T, E any](value T) Result[T, E] { return Result[T, E]{tag: ResultOk, ok: value} }

// Err is an error.
func Err[T, E any](value E) Result[T, E] { return Result[T, E]{tag: ResultErr, error: value} }

// Tag tells which of the two it is.
func (r Result[T, E]) Tag() uint8 { return r.tag }

// Ok gives the value of a good result.
func (r Result[T, E]) Ok() T {
	if r.tag != ResultOk {
		panic("the result is an error")
	}
	return r.ok
}

// Err gives the error.
func (r Result[T, E]) Err() E {
	if r.tag != ResultErr {
		panic("the result is no error")
	}
	return r.error
}

// A Unit is no value at all.
type Unit struct{}

// A Tuple2 is a pair.
type Tuple2[A, B any] struct {
	F0 A
	F1 B
}
