package http

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"dalsegno"
)

func TestTheActivityGetsWhatIsSet(t *testing.T) {
	for wanted, request := range map[string]Request{
		`{"method":"GET","url":"u"}`: {Method: "GET", URL: "u"},
		`{"method":"PUT","url":"u","headers":{"a":"b"},"body":0,"timeout":"1500ms"}`: {
			Method: "PUT", URL: "u", Headers: map[string]string{"a": "b"}, Body: 0, Timeout: 1500 * time.Millisecond,
		},
	} {
		if text, err := json.Marshal(call(request)); err != nil || string(text) != wanted {
			t.Errorf("%s, %v instead of %s", text, err, wanted)
		}
	}
}

func TestTheStatusOfAFailedRequestIsFound(t *testing.T) {
	failed := dalsegno.NewApplicationError("404", "HttpStatus", map[string]any{"status": 404, "body": "gone"})
	if found := ErrorStatusOf(fmt.Errorf("asking: %w", failed)); found == nil || *found != (ErrorStatus{404, "gone"}) {
		t.Error(found)
	}
	for _, err := range []error{nil, errors.New("no"), dalsegno.NewApplicationError("no", "HttpStatus")} {
		if found := ErrorStatusOf(err); found != nil {
			t.Error(found)
		}
	}
}
