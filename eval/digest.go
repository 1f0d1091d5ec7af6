package eval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
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

// caseDigest is Digest(c), made in one pass: a set may have 100,000 cases.
func caseDigest(c *Case) string { return Digest(caseContent(c)) }

// caseContent is a case as its JSON reads back.
func caseContent(c *Case) map[string]any {
	m := map[string]any{"id": c.ID}
	put := func(key string, v any, ok bool) {
		if ok {
			m[key] = v
		}
	}
	put("vars", c.Vars, len(c.Vars) > 0)
	put("reference", c.Reference, c.Reference != "")
	put("context", c.Context, len(c.Context) > 0)
	put("tags", c.Tags, len(c.Tags) > 0)
	put("cluster", c.Cluster, c.Cluster != "")
	put("rubric", c.Rubric, len(c.Rubric) > 0)
	put("must_pass", true, c.MustPass)
	if c.KnownIssue != nil {
		m["known_issue"] = map[string]any{"reason": c.KnownIssue.Reason, "until": c.KnownIssue.Until.Format(time.RFC3339Nano)}
	}
	if len(c.Messages) > 0 {
		list := make([]any, len(c.Messages))
		for i, msg := range c.Messages {
			list[i] = map[string]any{"role": msg.Role, "content": msg.Content}
		}
		m["messages"] = list
	}
	if len(c.Checks) > 0 {
		list := make([]any, len(c.Checks))
		for i := range c.Checks {
			list[i] = checkContent(&c.Checks[i])
		}
		m["checks"] = list
	}
	return m
}

func checkContent(s *CheckSpec) map[string]any {
	m := map[string]any{"kind": s.Kind, "params": s.Params}
	if s.Name != "" {
		m["name"] = s.Name
	}
	if s.Weight != 0 {
		m["weight"] = s.Weight
	}
	if s.MustPass {
		m["must_pass"] = true
	}
	return m
}
