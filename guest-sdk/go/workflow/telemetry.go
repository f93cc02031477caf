package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dalsegno/internal/contract"
)

// A Logger writes to the run's log; what is written while the past is repeated is dropped. Keys and values
// follow each other, as with log/slog.
type Logger interface {
	Debug(message string, keyvals ...any)
	Info(message string, keyvals ...any)
	Warn(message string, keyvals ...any)
	Error(message string, keyvals ...any)
	// With gives a logger that adds the same keys and values to every line.
	With(keyvals ...any) Logger
}

// GetLogger gives the run's logger.
func GetLogger(Context) Logger { return logger{run: theRun()} }

type logger struct {
	run    *run
	fields []contract.Tag
}

func (l logger) Debug(message string, keyvals ...any) { l.log(contract.LevelDebug, message, keyvals) }
func (l logger) Info(message string, keyvals ...any)  { l.log(contract.LevelInfo, message, keyvals) }
func (l logger) Warn(message string, keyvals ...any)  { l.log(contract.LevelWarn, message, keyvals) }
func (l logger) Error(message string, keyvals ...any) { l.log(contract.LevelError, message, keyvals) }

func (l logger) With(keyvals ...any) Logger {
	l.fields = append(slices.Clip(l.fields), fieldsOf(keyvals)...)
	return l
}

func (l logger) log(level uint8, message string, keyvals []any) {
	l.run.host.Log(level, message, append(slices.Clip(l.fields), fieldsOf(keyvals)...))
}

func fieldsOf(keyvals []any) []contract.Tag {
	var fields []contract.Tag
	for index := 0; index < len(keyvals); index += 2 {
		field := contract.Tag{Key: fmt.Sprint(keyvals[index])}
		if index+1 < len(keyvals) {
			field.Value = fmt.Sprint(keyvals[index+1])
		}
		fields = append(fields, field)
	}
	return fields
}

// A MetricsHandler gives figures for operators. Those of a replay or of a failed activation are dropped.
type MetricsHandler interface {
	// WithTags gives a handler that adds tags to every figure.
	WithTags(tags map[string]string) MetricsHandler
	// Counter is what adds up.
	Counter(name string) MetricsCounter
	// Gauge is a value as it is now.
	Gauge(name string) MetricsGauge
	// Timer is how long something took.
	Timer(name string) MetricsTimer
}

type (
	// MetricsCounter adds up.
	MetricsCounter interface{ Inc(delta int64) }
	// MetricsGauge takes a value as it is now.
	MetricsGauge interface{ Update(value float64) }
	// MetricsTimer takes how long something took.
	MetricsTimer interface{ Record(duration time.Duration) }
)

// GetMetricsHandler gives the run's figures.
func GetMetricsHandler(Context) MetricsHandler { return figures{run: theRun()} }

type figures struct {
	run  *run
	tags []contract.Tag
}

type metric struct {
	figures
	name string
}

func (m figures) WithTags(tags map[string]string) MetricsHandler {
	added := make([]contract.Tag, 0, len(tags))
	for key, value := range tags {
		added = append(added, contract.Tag{Key: key, Value: value})
	}
	slices.SortFunc(added, func(a, b contract.Tag) int { return strings.Compare(a.Key, b.Key) })
	m.tags = append(slices.Clip(m.tags), added...)
	return m
}

func (m figures) Counter(name string) MetricsCounter { return metric{m, name} }
func (m figures) Gauge(name string) MetricsGauge     { return metric{m, name} }
func (m figures) Timer(name string) MetricsTimer     { return metric{m, name} }

func (m metric) Inc(delta int64) { m.run.host.Count(m.name, uint64(max(delta, 0)), m.tags) }

func (m metric) Update(value float64) { m.run.host.Record(m.name, value, m.tags) }

func (m metric) Record(duration time.Duration) {
	m.run.host.Record(m.name, duration.Seconds(), m.tags)
}
