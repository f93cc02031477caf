// Package codec turns Go values into payloads and back.
package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"dalsegno/internal/contract"
)

// Encode makes a payload of a value: a payload stays as it is, []byte becomes binary/plain, all else JSON.
func Encode(value any) (contract.Payload, error) {
	switch value := value.(type) {
	case contract.Payload:
		return value, nil
	case *contract.Payload:
		if value != nil {
			return *value, nil
		}
	case []byte:
		if value != nil {
			return contract.NewPayload(contract.BinaryPlain, value), nil
		}
	}
	text, err := Marshal(value)
	if err != nil {
		return contract.Payload{}, err
	}
	return contract.NewPayload(contract.JSONPlain, text), nil
}

// Null is the payload of nothing.
func Null() contract.Payload {
	return contract.NewPayload(contract.JSONPlain, []byte("null"))
}

// Marshal gives JSON as every SDK of the host writes it: compact, and no character escaped that need not be.
func Marshal(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return unescape(bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))), nil
}

// What encoding/json escapes for the sake of JavaScript, and its mark of bytes that are no UTF-8.
var needless = map[string]string{`\u2028`: "\u2028", `\u2029`: "\u2029", `\ufffd`: "\ufffd"}

func unescape(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\u2`)) && !bytes.Contains(text, []byte(`\ufffd`)) {
		return text
	}
	plain := make([]byte, 0, len(text))
	for len(text) > 0 {
		if text[0] != '\\' {
			plain, text = append(plain, text[0]), text[1:]
			continue
		}
		// A backslash is followed by at least one byte; u by four digits.
		length := 2
		if text[1] == 'u' {
			length = 6
		}
		if character, found := needless[string(text[:length])]; found {
			plain = append(plain, character...)
		} else {
			plain = append(plain, text[:length]...)
		}
		text = text[length:]
	}
	return plain
}

// Decode reads a payload into what target points to. An absent payload reads as null, a nil target as
// nothing.
func Decode(payload *contract.Payload, target any) error {
	if target == nil {
		return nil
	}
	if payload == nil {
		return json.Unmarshal([]byte("null"), target)
	}
	if whole, ok := target.(*contract.Payload); ok {
		*whole = *payload
		return nil
	}
	switch format := payload.Format(); format {
	case contract.JSONPlain:
		return json.Unmarshal(payload.Data, target)
	case contract.BinaryNull:
		return json.Unmarshal([]byte("null"), target)
	case contract.BinaryPlain:
		if data, ok := target.(*[]byte); ok {
			*data = bytes.Clone(payload.Data)
			return nil
		}
		return fmt.Errorf("a payload with the encoding `%s` is read as []byte only", format)
	default:
		return fmt.Errorf("a payload with the encoding `%s` is not read as JSON", format)
	}
}

// Arguments reads payloads as values of the given types. An absent one reads as null, which only some types
// can be; those that nobody reads are ignored, so that a caller may be newer than its callee.
func Arguments(payloads []contract.Payload, types []reflect.Type) ([]reflect.Value, error) {
	values := make([]reflect.Value, len(types))
	for index, wanted := range types {
		target := reflect.New(wanted)
		var given *contract.Payload
		if index < len(payloads) {
			given = &payloads[index]
		} else if !nullable(wanted) {
			return nil, fmt.Errorf("argument %d: it is missing", index+1)
		}
		if err := Decode(given, target.Interface()); err != nil {
			return nil, fmt.Errorf("argument %d: %w", index+1, err)
		}
		values[index] = target.Elem()
	}
	return values, nil
}

func nullable(wanted reflect.Type) bool {
	switch wanted.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		return true
	default:
		return false
	}
}
