// Package link joins the two halves of a component, which cannot import each other: the SDK and the
// generated bindings.
package link

import "dalsegno/internal/contract"

var (
	// Host is set by the bindings.
	Host contract.Host
	// Guest is set by the SDK.
	Guest contract.Guest
)
