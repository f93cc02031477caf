package dalsegno

import (
	"bytes"
	"encoding/json"
	"time"

	"dalsegno/internal/codec"
	"dalsegno/internal/contract"
)

// A SearchAttributeType says what can be searched for by a search attribute.
type SearchAttributeType string

// The types.
const (
	SearchAttributeBool        SearchAttributeType = "bool"
	SearchAttributeTime        SearchAttributeType = "datetime"
	SearchAttributeFloat64     SearchAttributeType = "double"
	SearchAttributeInt64       SearchAttributeType = "int"
	SearchAttributeKeyword     SearchAttributeType = "keyword"
	SearchAttributeKeywordList SearchAttributeType = "keyword-list"
	SearchAttributeString      SearchAttributeType = "text"
)

// typeKey names the type in a payload's metadata.
const typeKey = "type"

// A SearchAttributeKey is the name of a search attribute whose values have one type.
type SearchAttributeKey[T any] struct {
	name          string
	attributeType SearchAttributeType
}

// NewSearchAttributeKeyBool is a key for true or false.
func NewSearchAttributeKeyBool(name string) SearchAttributeKey[bool] {
	return SearchAttributeKey[bool]{name, SearchAttributeBool}
}

// NewSearchAttributeKeyTime is a key for points in time, to the microsecond.
func NewSearchAttributeKeyTime(name string) SearchAttributeKey[time.Time] {
	return SearchAttributeKey[time.Time]{name, SearchAttributeTime}
}

// NewSearchAttributeKeyFloat64 is a key for numbers with a fraction.
func NewSearchAttributeKeyFloat64(name string) SearchAttributeKey[float64] {
	return SearchAttributeKey[float64]{name, SearchAttributeFloat64}
}

// NewSearchAttributeKeyInt64 is a key for whole numbers.
func NewSearchAttributeKeyInt64(name string) SearchAttributeKey[int64] {
	return SearchAttributeKey[int64]{name, SearchAttributeInt64}
}

// NewSearchAttributeKeyKeyword is a key for texts that are found as a whole, or by how they begin.
func NewSearchAttributeKeyKeyword(name string) SearchAttributeKey[string] {
	return SearchAttributeKey[string]{name, SearchAttributeKeyword}
}

// NewSearchAttributeKeyKeywordList is a key for several such texts.
func NewSearchAttributeKeyKeywordList(name string) SearchAttributeKey[[]string] {
	return SearchAttributeKey[[]string]{name, SearchAttributeKeywordList}
}

// NewSearchAttributeKeyString is a key for texts that are found by their words.
func NewSearchAttributeKeyString(name string) SearchAttributeKey[string] {
	return SearchAttributeKey[string]{name, SearchAttributeString}
}

// GetName gives the name.
func (k SearchAttributeKey[T]) GetName() string { return k.name }

// A SearchAttributeUpdate sets or removes one search attribute.
type SearchAttributeUpdate struct{ change contract.Change }

// ToContract is for the SDK itself.
func (u SearchAttributeUpdate) ToContract() contract.Change { return u.change }

// ValueSet sets the attribute.
func (k SearchAttributeKey[T]) ValueSet(value T) SearchAttributeUpdate {
	payload := k.encode(value)
	return SearchAttributeUpdate{contract.Change{Name: k.name, Value: &payload}}
}

// ValueUnset removes the attribute.
func (k SearchAttributeKey[T]) ValueUnset() SearchAttributeUpdate {
	return SearchAttributeUpdate{contract.Change{Name: k.name}}
}

func (k SearchAttributeKey[T]) encode(value T) contract.Payload {
	var plain any = value
	switch typed := plain.(type) {
	case time.Time:
		plain = typed.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	case float64:
		plain = wholeWithPoint(typed)
	}
	// Values of these types have a JSON form, but for numbers that are none; the host refuses those.
	payload, err := codec.Encode(plain)
	if err != nil {
		payload = codec.Null()
	}
	payload.Metadata = append(payload.Metadata, contract.Entry{Key: typeKey, Value: []byte(k.attributeType)})
	return payload
}

// wholeWithPoint writes 2 as 2.0, as the other languages do.
func wholeWithPoint(value float64) any {
	text, err := codec.Marshal(value)
	if err != nil || bytes.ContainsAny(text, ".e") {
		return value
	}
	return json.RawMessage(append(text, ".0"...))
}

// SearchAttributes are what a run is found by.
type SearchAttributes struct{ values map[string]contract.Payload }

// NewSearchAttributes makes a set, for a child or for continuing as new.
func NewSearchAttributes(updates ...SearchAttributeUpdate) SearchAttributes {
	var none SearchAttributes
	return none.With(updates...)
}

// With gives a set that is changed by updates.
func (s SearchAttributes) With(updates ...SearchAttributeUpdate) SearchAttributes {
	values := make(map[string]contract.Payload, len(s.values)+len(updates))
	for name, value := range s.values {
		values[name] = value
	}
	for _, update := range updates {
		if update.change.Value == nil {
			delete(values, update.change.Name)
		} else {
			values[update.change.Name] = *update.change.Value
		}
	}
	return SearchAttributes{values}
}

// Size counts the attributes.
func (s SearchAttributes) Size() int { return len(s.values) }

// GetBool reads an attribute; false if it is not there, or of another type. So do the others.
func (s SearchAttributes) GetBool(key SearchAttributeKey[bool]) (bool, bool) { return key.Get(s) }

// GetTime reads a point in time.
func (s SearchAttributes) GetTime(key SearchAttributeKey[time.Time]) (time.Time, bool) {
	return key.Get(s)
}

// GetFloat64 reads a number with a fraction.
func (s SearchAttributes) GetFloat64(key SearchAttributeKey[float64]) (float64, bool) {
	return key.Get(s)
}

// GetInt64 reads a whole number.
func (s SearchAttributes) GetInt64(key SearchAttributeKey[int64]) (int64, bool) { return key.Get(s) }

// GetKeyword reads a keyword.
func (s SearchAttributes) GetKeyword(key SearchAttributeKey[string]) (string, bool) {
	return key.Get(s)
}

// GetKeywordList reads several keywords.
func (s SearchAttributes) GetKeywordList(key SearchAttributeKey[[]string]) ([]string, bool) {
	return key.Get(s)
}

// GetString reads a text.
func (s SearchAttributes) GetString(key SearchAttributeKey[string]) (string, bool) { return key.Get(s) }

// ToContract is for the SDK itself.
func (s SearchAttributes) ToContract() map[string]contract.Payload { return s.values }

// SearchAttributesOf is for the SDK itself.
func SearchAttributesOf(values map[string]contract.Payload) SearchAttributes {
	return SearchAttributes{values}
}

// Get reads an attribute; false if it is not there, or of another type.
func (k SearchAttributeKey[T]) Get(attributes SearchAttributes) (T, bool) {
	var value T
	payload, found := attributes.values[k.name]
	if !found || !k.fits(payload) {
		return value, false
	}
	err := codec.Decode(&payload, &value)
	return value, err == nil
}

func (k SearchAttributeKey[T]) fits(payload contract.Payload) bool {
	for _, entry := range payload.Metadata {
		if entry.Key == typeKey {
			return string(entry.Value) == string(k.attributeType)
		}
	}
	return false
}
