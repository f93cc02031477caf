package workflow

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dalsegno/internal/contract"
)

// The built-in queries.
const (
	stackTraceQuery = "__stack_trace"
	metadataQuery   = "__metadata"
)

// stackTrace names each coroutine, what it waits for, and where. In a closed run nothing waits any more.
func (r *run) stackTrace() string {
	if r.closed {
		return ""
	}
	var lines []string
	for _, c := range r.coroutines {
		lines = append(lines, c.name)
		if c.awaited == nil {
			continue
		}
		place := ""
		frames := c.where()
		if len(frames) > 0 {
			place = ", at " + frames[0]
		}
		lines = append(lines, fmt.Sprintf("    %s%s", c.awaited(), place))
		for _, frame := range frames[min(1, len(frames)):] {
			lines = append(lines, "        called at "+frame)
		}
	}
	return strings.Join(lines, "\n")
}

// where asks a coroutine that waits for its frames.
func (c *coroutine) where() []string {
	c.asked = true
	c.baton.handOver()
	c.asked = false
	return c.frames
}

type metadata struct {
	WorkflowType   string            `json:"workflow_type"`
	Description    *string           `json:"description"`
	Signals        []handlerMetadata `json:"signals"`
	Queries        []handlerMetadata `json:"queries"`
	Updates        []handlerMetadata `json:"updates"`
	DynamicSignals bool              `json:"dynamic_signals"`
	DynamicQueries bool              `json:"dynamic_queries"`
	DynamicUpdates bool              `json:"dynamic_updates"`
}

type handlerMetadata struct {
	Name        string  `json:"name"`
	Description *string `json:"description"`
}

// The failures of calling a handler that does not exist, by its kind.
var unknownTypes = map[string]string{"query": "UnknownQuery", "update": "UnknownUpdate"}

// unknown is the failure of calling a handler that does not exist.
func unknown(kind, name string, known []string) contract.Failure {
	there := "it has none"
	if len(known) > 0 {
		there = "it has: " + strings.Join(known, ", ")
	}
	message := fmt.Sprintf("the workflow has no %s named `%s`; %s", kind, name, there)
	return contract.Failure{{
		Message: message, Kind: contract.Application{Type: unknownTypes[kind], NonRetryable: true},
	}}
}

func (r *run) queryNames() []string {
	return append(names(r.handlers.queries), stackTraceQuery, metadataQuery)
}

func names(handlers map[string]*handler) []string { return slices.Sorted(maps.Keys(handlers)) }

// metadata gives the workflow type and the handlers that it has by now.
func (r *run) metadata() metadata {
	h := &r.handlers
	queries := describe(h.queries)
	for name, description := range map[string]string{
		stackTraceQuery: "What each coroutine waits for.", metadataQuery: "The handlers.",
	} {
		queries = append(queries, handlerMetadata{name, &description})
	}
	told := metadata{
		Signals: describe(h.signals), Queries: inOrder(queries), Updates: describe(h.updates),
		DynamicSignals: h.dynamicSignal != nil, DynamicQueries: h.dynamicQuery != nil,
		DynamicUpdates: h.dynamicUpdate != nil,
	}
	if r.definition != nil {
		told.WorkflowType = r.definition.name
		told.Description = text(r.definition.description)
	}
	return told
}

func describe(all map[string]*handler) []handlerMetadata {
	told := make([]handlerMetadata, 0, len(all))
	for name, of := range all {
		told = append(told, handlerMetadata{name, text(of.description)})
	}
	return inOrder(told)
}

func inOrder(told []handlerMetadata) []handlerMetadata {
	slices.SortFunc(told, func(a, b handlerMetadata) int { return strings.Compare(a.Name, b.Name) })
	return told
}

func text(description string) *string {
	if description == "" {
		return nil
	}
	return &description
}
