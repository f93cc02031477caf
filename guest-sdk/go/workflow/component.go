//go:build wasip1

package workflow

// The exports of the component.
import _ "dalsegno/internal/bindings/exports/wit_exports"
