// Package stack tells where in the user's code something happens.
package stack

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

const framesMax = 64

// The packages whose frames say nothing to a user.
var inner = []string{"dalsegno", "dalsegno/workflow", "dalsegno/internal/", "runtime", "reflect", "internal/"}

// Frames gives the frames of the present goroutine that are the user's, innermost first: `hello/main.go:12
// (main.Hello)`.
func Frames() []string {
	var counters [framesMax]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	var lines []string
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !isInner(frame) {
			lines = append(lines, fmt.Sprintf("%s:%d (%s)", file(frame.File), frame.Line, frame.Function))
		}
		if !more {
			return lines
		}
	}
}

// Trace gives the frames as one text.
func Trace() string { return strings.Join(Frames(), "\n") }

// isInner: tests of the SDK's own packages are the user there.
func isInner(frame runtime.Frame) bool {
	if strings.HasSuffix(frame.File, "_test.go") {
		return false
	}
	// The package ends at the first dot behind the last slash.
	slash := strings.LastIndexByte(frame.Function, '/') + 1
	name, _, _ := strings.Cut(frame.Function[slash:], ".")
	in := frame.Function[:slash] + name
	for _, prefix := range inner {
		if in == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(in, prefix) {
			return true
		}
	}
	return false
}

// file is short: with -trimpath a path begins with the module's name, else the folder tells enough.
func file(whole string) string {
	if !path.IsAbs(whole) {
		return whole
	}
	return path.Join(path.Base(path.Dir(whole)), path.Base(whole))
}
