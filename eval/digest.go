package eval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Digest identifies a value by the SHA-256 of its canonical JSON, 64 hex
// digits: keys sorted, no white space, no HTML escaping. Equal values have
// equal digests, whatever document they were written in.
func Digest(v any) string {
	sum := sha256.Sum256(canonical(v))
	return hex.EncodeToString(sum[:])
}

// canonical is a value's JSON with sorted keys and no white space. A struct is
// written in the order of its fields, which is fixed. A value that has no JSON
// form gives none.
func canonical(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
