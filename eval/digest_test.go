package eval

import (
	"reflect"
	"testing"
	"time"
)

// The short cut for cases is Digest itself; a field that is added to Case must
// be added to it.
func TestCaseDigestIsDigest(t *testing.T) {
	full := Case{ID: "a", Vars: map[string]any{"q": "<x>", "n": 1.5, "l": []any{true, nil}}, Messages: []Message{{"user", "hi"}}, Reference: "r", Context: []string{"c"},
		Tags: []string{"t"}, Cluster: "k", Checks: []CheckSpec{{Kind: "json"}, {Kind: "number", Name: "n", Weight: 2, MustPass: true, Params: map[string]any{"value": 1.0}}},
		Rubric: []string{"l"}, MustPass: true, KnownIssue: &KnownIssue{"why", time.Date(2026, 12, 1, 0, 0, 0, 5, time.UTC)}}
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Tag.Get("json") == "-" {
			continue
		}
		if v.Field(i).IsZero() {
			t.Errorf("%s is not tried", f.Name)
		}
		one := Case{ID: "a"}
		reflect.ValueOf(&one).Elem().Field(i).Set(v.Field(i))
		if caseDigest(&one) != Digest(&one) {
			t.Errorf("%s: another digest", f.Name)
		}
	}
	if caseDigest(&full) != Digest(&full) {
		t.Error("another digest")
	}
}
