package eval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Digest identifies a value by the SHA-256 of its canonical JSON, as 64 hex
// digits. Equal content has equal digests, whatever document it was written in
// and in whatever order its keys stood.
//
// Canonical JSON is the value as encoding/json writes it, with the keys of
// every object sorted by their bytes, no white space, no HTML escaping, and
// numbers in their shortest form that reads back the same (1, not 1.0).
//
// It panics for a value that has no JSON form (NaN, a channel): no document can
// hold one, and a digest that many values share would be worse.
func Digest(v any) string {
	sum := sha256.Sum256(canonical(v))
	return hex.EncodeToString(sum[:])
}

// canonical is a value's canonical JSON, see Digest.
func canonical(v any) []byte {
	b := compact(v)
	if plain(v) {
		return b
	}
	// A struct comes out in the order of its fields, which may change in
	// another version of this program; its digest must not.
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		panic("eval: canonical JSON does not read back: " + err.Error())
	}
	return compact(tree)
}

// plain reports whether v is written in canonical form at once: encoding/json
// sorts the keys of maps.
func plain(v any) bool {
	switch v := v.(type) {
	case nil, string, bool, int, float64, json.Number, []string:
		return true
	case []any:
		for _, e := range v {
			if !plain(e) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, e := range v {
			if !plain(e) {
				return false
			}
		}
		return true
	}
	return false
}

func compact(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("eval: a %T has no canonical form: %v", v, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
