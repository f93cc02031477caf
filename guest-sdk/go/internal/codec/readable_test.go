package codec

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"dalsegno/internal/contract"
)

type list struct {
	Next  *list
	Cause error
	Skip  func() `json:"-"`
	inner chan int
}

func TestWhatNoJSONCanBeReadIntoIsFound(t *testing.T) {
	for wanted, of := range map[string]reflect.Type{
		"chan int":       reflect.TypeFor[[]chan int](),
		"func()":         reflect.TypeFor[func()](),
		"complex128":     reflect.TypeFor[struct{ C map[string]complex128 }](),
		"error":          reflect.TypeFor[error](),
		"map[bool]int":   reflect.TypeFor[map[bool]int](),
		"<-chan bool":    reflect.TypeFor[*struct{ C <-chan bool }](),
		"unsafe.Pointer": reflect.TypeFor[unsafe.Pointer](),
	} {
		if found := Unreadable(of); found == nil || found.String() != wanted {
			t.Errorf("%v instead of %s", found, wanted)
		}
	}
	if Unreadable(reflect.TypeFor[*http.Request]()) == nil {
		t.Error("a request was taken")
	}
}

func TestWhatJSONIsReadIntoIsTaken(t *testing.T) {
	for _, of := range []reflect.Type{
		reflect.TypeFor[list](), reflect.TypeFor[any](), reflect.TypeFor[map[netip.Addr]any](), reflect.TypeFor[time.Time](),
		reflect.TypeFor[json.RawMessage](), reflect.TypeFor[contract.Payload](), reflect.TypeFor[map[int]*float32](),
		reflect.TypeFor[tree](), reflect.TypeFor[order](), reflect.TypeFor[[2]byte](),
	} {
		if found := Unreadable(of); found != nil {
			t.Errorf("%v: %v was found", of, found)
		}
	}
}
