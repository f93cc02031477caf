package codec

import (
	"encoding"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"dalsegno/internal/contract"
)

const (
	// Types that are described at most for one argument: those within may multiply.
	describedMax = 2_000
	// The host refuses longer ones.
	schemaBytesMax = 60_000
)

// What is not known to fit fits.
const anything = true

var (
	payloadType         = reflect.TypeFor[contract.Payload]()
	numberType          = reflect.TypeFor[json.Number]()
	timeType            = reflect.TypeFor[time.Time]()
	unmarshalerType     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// Schema gives the JSON Schema of an argument, as [Arguments] reads it: by it the host refuses what does not fit before
// the workflow has it. Within a value null fits everywhere and no field is needed, since encoding/json is so.
func Schema(argument reflect.Type) string {
	describing := &describing{left: describedMax}
	text, err := Marshal(describing.schema(argument, nullable(argument)))
	if err != nil || len(text) > schemaBytesMax {
		return "true"
	}
	return string(text)
}

type object = map[string]any

type describing struct {
	// How many types may still be described.
	left int
	// The types that contain the present one. One within itself would need references.
	outer []reflect.Type
}

func (d *describing) schema(of reflect.Type, takesNull bool) any {
	d.left--
	if d.left < 0 || slices.Contains(d.outer, of) {
		return anything
	}
	switch pointer := reflect.PointerTo(of); {
	case of == timeType:
		schema := typed(takesNull, "string")
		schema["format"] = "date-time"
		return schema
	case of == numberType:
		return typed(takesNull, "number", "string")
	case of == payloadType, pointer.Implements(unmarshalerType):
		return anything
	case pointer.Implements(textUnmarshalerType):
		return typed(takesNull, "string")
	}
	d.outer = append(d.outer, of)
	schema := d.byKind(of, takesNull)
	d.outer = d.outer[:len(d.outer)-1]
	return schema
}

func (d *describing) byKind(of reflect.Type, takesNull bool) any {
	switch of.Kind() {
	case reflect.Bool:
		return typed(takesNull, "boolean")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return integer(of, takesNull)
	case reflect.Float32, reflect.Float64:
		return typed(takesNull, "number")
	case reflect.String:
		return typed(takesNull, "string")
	case reflect.Pointer:
		return d.schema(of.Elem(), true)
	case reflect.Slice, reflect.Array:
		return d.list(of, takesNull)
	case reflect.Map:
		schema := typed(takesNull, "object")
		schema["additionalProperties"] = d.schema(of.Elem(), true)
		return schema
	case reflect.Struct:
		schema, properties := typed(takesNull, "object"), object{}
		d.addFields(of, properties)
		schema["properties"] = properties
		return schema
	default:
		return anything
	}
}

// typed is the schema of some of JSON's types.
func typed(takesNull bool, names ...string) object {
	if takesNull {
		names = append(names, "null")
	}
	if len(names) == 1 {
		return object{"type": names[0]}
	}
	return object{"type": names}
}

// integer says by its format that a whole number is not written with a fraction.
func integer(of reflect.Type, takesNull bool) object {
	schema := typed(takesNull, "integer")
	schema["format"] = of.Kind().String()
	bits := of.Bits()
	if of.Kind() >= reflect.Uint {
		schema["minimum"] = 0
		schema["maximum"] = uint64(math.MaxUint64) >> (64 - bits)
		return schema
	}
	schema["minimum"] = int64(math.MinInt64) >> (64 - bits)
	schema["maximum"] = int64(math.MaxInt64) >> (64 - bits)
	return schema
}

func (d *describing) list(of reflect.Type, takesNull bool) object {
	if of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Uint8 {
		// Bytes are a text in base 64 within JSON.
		return typed(takesNull, "string", "array")
	}
	schema := typed(takesNull, "array")
	schema["items"] = d.schema(of.Elem(), true)
	return schema
}

// addFields adds those that encoding/json knows, with those of embedded structs. What a name means that several have is
// left to it.
func (d *describing) addFields(of reflect.Type, properties object) {
	for index := range of.NumField() {
		field := of.Field(index)
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if field.Anonymous && name == "" && d.embed(field.Type, properties) {
			continue
		}
		if !field.IsExported() || tag == "-" {
			continue
		}
		if name == "" {
			name = field.Name
		}
		_, isKnown := properties[name]
		if isKnown || slices.Contains(strings.Split(options, ","), "string") {
			properties[name] = anything
		} else {
			properties[name] = d.schema(field.Type, true)
		}
	}
}

// embed adds the fields of an embedded struct. False: it is a field like any other.
func (d *describing) embed(of reflect.Type, properties object) bool {
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return false
	}
	d.left--
	if d.left >= 0 && !slices.Contains(d.outer, of) {
		d.outer = append(d.outer, of)
		d.addFields(of, properties)
		d.outer = d.outer[:len(d.outer)-1]
	}
	return true
}
