package codec

import (
	"reflect"
	"slices"
)

// Unreadable finds in an argument's type what no JSON can be read into, and encoding/json refuses to write; nil if there
// is nothing. An interface with methods may stand in a field, where it can stay empty.
func Unreadable(argument reflect.Type) reflect.Type { return unreadable(argument, nil) }

// unreadable looks into a type that the outer ones contain.
func unreadable(of reflect.Type, outer []reflect.Type) reflect.Type {
	pointer := reflect.PointerTo(of)
	readsItself := of == payloadType || pointer.Implements(unmarshalerType) || pointer.Implements(textUnmarshalerType)
	if readsItself || slices.Contains(outer, of) {
		return nil
	}
	outer = append(outer, of)
	switch of.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return of
	case reflect.Interface:
		if of.NumMethod() > 0 {
			return of
		}
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return unreadable(of.Elem(), outer)
	case reflect.Map:
		if !isKey(of.Key()) {
			return of
		}
		return unreadable(of.Elem(), outer)
	case reflect.Struct:
		return unreadableField(of, outer)
	}
	return nil
}

func unreadableField(of reflect.Type, outer []reflect.Type) reflect.Type {
	for index := range of.NumField() {
		field := of.Field(index)
		isSkipped := field.Tag.Get("json") == "-" || !field.IsExported() && !field.Anonymous
		if isSkipped || field.Type.Kind() == reflect.Interface {
			continue
		}
		if found := unreadable(field.Type, outer); found != nil {
			return found
		}
	}
	return nil
}

// isKey tells whether encoding/json reads keys of a map as this type.
func isKey(of reflect.Type) bool {
	isPlain := of.Kind() == reflect.String || of.Kind() >= reflect.Int && of.Kind() <= reflect.Uintptr
	return isPlain || reflect.PointerTo(of).Implements(textUnmarshalerType)
}
