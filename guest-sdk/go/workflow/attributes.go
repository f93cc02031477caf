package workflow

import (
	"dalsegno"
	"dalsegno/internal/contract"
)

// UpsertTypedSearchAttributes sets and removes search attributes of this run; others stay as they are.
// [GetInfo] tells them from then on. All of one call are one event of the history.
func UpsertTypedSearchAttributes(_ Context, updates ...dalsegno.SearchAttributeUpdate) error {
	r := theRun()
	r.here("setting search attributes")
	changes := make([]contract.Change, 0, len(updates))
	for _, update := range updates {
		changes = append(changes, update.ToContract())
	}
	r.callSite(r.place())
	r.host.UpsertSearchAttributes(changes)
	r.upserted.searchAttributes = append(r.upserted.searchAttributes, changes...)
	return nil
}

// UpsertMemo sets memo fields of this run; those that are nil are removed, others stay as they are.
func UpsertMemo(_ Context, fields map[string]any) error {
	r := theRun()
	r.here("setting memo fields")
	var changes []contract.Change
	for _, field := range r.named("memo", fields) {
		change := contract.Change{Name: field.Name}
		if fields[field.Name] != nil {
			change.Value = &field.Value
		}
		changes = append(changes, change)
	}
	r.callSite(r.place())
	r.host.SetMemo(changes)
	r.upserted.memo = append(r.upserted.memo, changes...)
	return nil
}

// SetCurrentDetails sets a text for people on the state of the run, shown where it is described. It is no
// part of the history.
func SetCurrentDetails(_ Context, details string) { theRun().host.SetDetails(details) }

// upserted is what this run has changed of what it was started with.
type upserted struct {
	memo             []contract.Change
	searchAttributes []contract.Change
}

// changed applies changes to what was there before.
func changed(before []contract.Named, changes []contract.Change) map[string]contract.Payload {
	after := map[string]contract.Payload{}
	for _, named := range before {
		after[named.Name] = named.Value
	}
	for _, change := range changes {
		if change.Value != nil {
			after[change.Name] = *change.Value
		} else {
			delete(after, change.Name)
		}
	}
	return after
}
