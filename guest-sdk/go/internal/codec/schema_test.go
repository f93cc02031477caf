package codec

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"dalsegno/internal/contract"
)

type tree struct {
	Leaf     int32 `json:"leaf"`
	Branches []tree
}

type base struct {
	ID   string `json:"id"`
	Both int
}

type order struct {
	base
	*time.Location
	Paid    bool              `json:",omitempty"`
	Cents   uint8             `json:"cents,string"`
	Secret  string            `json:"-"`
	Dash    float64           `json:"-,"`
	Notes   map[string]string `json:"notes"`
	Both    string
	hidden  int
	Address netip.Addr
}

func TestSchemasSayWhatIsRead(t *testing.T) {
	for wanted, value := range map[string]any{
		`{"type":"boolean"}`:                     true,
		`{"type":"number"}`:                      1.5,
		`{"type":"string"}`:                      netip.Addr{},
		`{"type":["number","string"]}`:           json.Number("1"),
		`{"format":"date-time","type":"string"}`: time.Time{},
		`{"type":["string","array","null"]}`:     []byte{},
		`true`:                                   contract.Payload{},
		`{"format":"int64","maximum":9223372036854775807,"minimum":-9223372036854775808,"type":"integer"}`: time.Second,
		`{"format":"uint64","maximum":18446744073709551615,"minimum":0,"type":"integer"}`:                  uint64(1),
		`{"items":{"type":["string","null"]},"type":"array"}`:                                              [2]string{},
		`{"additionalProperties":true,"type":["object","null"]}`:                                           map[string]any{},
		`{"properties":{"Branches":{"items":true,"type":["array","null"]},` +
			`"leaf":{"format":"int32","maximum":2147483647,"minimum":-2147483648,"type":["integer","null"]}},"type":["object","null"]}`: &tree{},
		`{"properties":{"-":{"type":["number","null"]},"Address":{"type":["string","null"]},"Both":true,` +
			`"Paid":{"type":["boolean","null"]},"cents":true,"id":{"type":["string","null"]},` +
			`"notes":{"additionalProperties":{"type":["string","null"]},"type":["object","null"]}},"type":"object"}`: order{hidden: 1},
	} {
		if got := Schema(reflect.TypeOf(value)); got != wanted {
			t.Errorf("%T: %s instead of %s", value, got, wanted)
		}
	}
}

type (
	wide0 struct{ A, B, C, D, E, F, G, H *wide1 }
	wide1 struct{ A, B, C, D, E, F, G, H *wide2 }
	wide2 struct{ A, B, C, D, E, F, G, H *wide3 }
	wide3 struct{ A, B, C, D, E, F, G, H []string }
)

func TestASchemaThatIsTooLargeSaysNothing(t *testing.T) {
	if got := Schema(reflect.TypeFor[wide0]()); got != "true" {
		t.Fatal(len(got))
	}
}
