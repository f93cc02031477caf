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
		if frame.Function != "" && !isInner(frame.Function, frame.File) {
			place := fmt.Sprintf("%s:%d", frame.File, frame.Line)
			lines = append(lines, line(place, frame.Function))
		}
		if !more {
			return lines
		}
	}
}

// Trace gives the frames as one text.
func Trace() string { return strings.Join(Frames(), "\n") }

// Of gives the user's frames of a goroutine as runtime.Stack has written it: after the heading two lines each, the
// call and the place.
func Of(goroutine string) string {
	written := strings.Split(goroutine, "\n")
	var lines []string
	for index := 1; index+1 < len(written); index += 2 {
		function := written[index]
		if end := strings.LastIndexByte(function, '('); end > 0 {
			function = function[:end]
		}
		place, _, _ := strings.Cut(strings.TrimSpace(written[index+1]), " ")
		if !isInner(function, place) && !strings.HasPrefix(function, "created by ") {
			lines = append(lines, line(place, function))
		}
	}
	return strings.Join(lines, "\n")
}

func line(place, function string) string { return fmt.Sprintf("%s (%s)", short(place), function) }

// isInner: tests of the SDK's own packages are the user there.
func isInner(function, file string) bool {
	if strings.Contains(file, "_test.go") {
		return false
	}
	// The package ends at the first dot behind the last slash, if that is not one of a generic's type.
	plain, _, _ := strings.Cut(function, "[")
	slash := strings.LastIndexByte(plain, '/') + 1
	name, _, _ := strings.Cut(plain[slash:], ".")
	in := plain[:slash] + name
	for _, prefix := range inner {
		if in == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(in, prefix) {
			return true
		}
	}
	return false
}

// short: with -trimpath a path begins with the module's name, else the folder tells enough.
func short(whole string) string {
	if !path.IsAbs(whole) {
		return whole
	}
	return path.Join(path.Base(path.Dir(whole)), path.Base(whole))
}
