package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options reads the mapping under a check's kind. A getter notes what is wrong
// and returns the default, so that one compilation reports all of it.
type options struct {
	values map[string]any
	// effective holds every option with its default filled in: two spellings
	// of one rule have one digest.
	effective map[string]any
	errs      []error

	// What the rule needs of a case; reference, if set, refuses references
	// that it cannot compare with.
	needsReference bool
	reference      func(string) error
	needsVars      []string
	files          []string
}

// readOptions takes `kind: value` as short for `kind: {<value>: value}`.
func readOptions(info kindInfo, params any) (*options, error) {
	o := &options{values: map[string]any{}, effective: map[string]any{}}
	switch v := params.(type) {
	case nil:
		if !info.bare {
			return nil, fmt.Errorf("needs %s", needs(info))
		}
	case map[string]any:
		if info.name == "json_schema" && !schemaOptions(v) {
			o.values["schema"] = v
			return o, nil
		}
		o.values = v
	default:
		if info.value == "" {
			return nil, fmt.Errorf("needs a mapping with %s, not %s", strings.Join(info.options, ", "), describe(v))
		}
		o.values[info.value] = v
	}
	for _, k := range sortedKeys(o.values) {
		if slices.Contains(info.options, k) {
			continue
		}
		if near := nearest(k, info.options); near != "" {
			o.fail("there is no option %q; did you mean %q?", k, near)
		} else {
			o.fail("there is no option %q; the options are %s", k, strings.Join(info.options, ", "))
		}
	}
	return o, nil
}

// schemaOptions tells `{file: x}` and `{schema: {…}}` from a schema written
// directly under the kind: neither word is a keyword of JSON Schema.
func schemaOptions(m map[string]any) bool {
	_, file := m["file"]
	_, schema := m["schema"]
	return file || schema
}

func needs(info kindInfo) string {
	if info.value != "" {
		return "a value: " + info.name + ": <" + info.value + ">"
	}
	return "a mapping with " + strings.Join(info.options, ", ")
}

func (o *options) fail(format string, args ...any) {
	o.errs = append(o.errs, fmt.Errorf(format, args...))
}

// finish returns everything that was wrong, as one line.
func (o *options) finish() error {
	if len(o.errs) == 0 {
		return nil
	}
	parts := make([]string, len(o.errs))
	for i, e := range o.errs {
		parts[i] = e.Error()
	}
	return errors.New(strings.Join(parts, "; "))
}

func (o *options) has(key string) bool {
	v, ok := o.values[key]
	return ok && v != nil
}

// text reads a string; ok is false where it is absent or wrong.
func (o *options) text(key string) (s string, ok bool) {
	if !o.has(key) {
		return "", false
	}
	s, ok = o.values[key].(string)
	if !ok {
		o.fail("%s must be text, not %s%s", key, describe(o.values[key]), quoteHint(o.values[key]))
		return "", false
	}
	o.effective[key] = s
	return s, true
}

// quoteHint reminds of quotes where a document turned text into a number.
func quoteHint(v any) string {
	switch v.(type) {
	case float64, int, int64, bool, json.Number:
		return "; write it in quotes"
	}
	return ""
}

// texts reads a list of strings, or a single one.
func (o *options) texts(key string) []string {
	if !o.has(key) {
		return nil
	}
	list, isList := o.values[key].([]any)
	if !isList {
		if ss, ok := o.values[key].([]string); ok {
			o.effective[key] = ss
			return ss
		}
		if s, ok := o.text(key); ok {
			o.effective[key] = []string{s}
			return []string{s}
		}
		return nil
	}
	var out []string
	for i, v := range list {
		s, ok := v.(string)
		if !ok {
			o.fail("%s[%d] must be text, not %s%s", key, i, describe(v), quoteHint(v))
			continue
		}
		out = append(out, s)
	}
	o.effective[key] = out
	return out
}

// choice reads one of the given words; the first is the default.
func (o *options) choice(key string, words ...string) string {
	o.effective[key] = words[0]
	s, ok := o.text(key)
	if !ok {
		return words[0]
	}
	if !slices.Contains(words, s) {
		o.fail("%s must be %s, not %q", key, orList(words), s)
		return words[0]
	}
	return s
}

func (o *options) flag(key string, def bool) bool {
	o.effective[key] = def
	if !o.has(key) {
		return def
	}
	b, ok := o.values[key].(bool)
	if !ok {
		o.fail("%s must be true or false, not %s", key, describe(o.values[key]))
		return def
	}
	o.effective[key] = b
	return b
}

// number reads a finite number of at least lo and at most hi.
func (o *options) number(key string, lo, hi float64) (float64, bool) {
	if !o.has(key) {
		return 0, false
	}
	f, ok := asFloat(o.values[key])
	if !ok {
		o.fail("%s must be a number, not %s", key, describe(o.values[key]))
		return 0, false
	}
	if !(f >= lo && f <= hi) {
		if math.IsInf(hi, 1) {
			o.fail("%s must be a number of at least %s, not %s", key, formatFloat(lo), formatFloat(f))
		} else {
			o.fail("%s must be a number from %s to %s, not %s", key, formatFloat(lo), formatFloat(hi), formatFloat(f))
		}
		return 0, false
	}
	o.effective[key] = f
	return f, true
}

// count reads a whole number of at least 0.
func (o *options) count(key string) (int, bool) {
	f, ok := o.number(key, 0, 1e12)
	if ok && f != math.Trunc(f) {
		o.fail("%s must be a whole number, not %s", key, formatFloat(f))
		return 0, false
	}
	return int(f), ok
}

// duration reads a time such as 2s or 800ms, above 0.
func (o *options) duration(key string) (time.Duration, bool) {
	if !o.has(key) {
		return 0, false
	}
	s, ok := o.values[key].(string)
	if !ok {
		o.fail("%s must be a time with its unit, such as 2s or 800ms, not %s", key, describe(o.values[key]))
		return 0, false
	}
	d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
	if err != nil || d <= 0 {
		o.fail("%s must be a time with its unit, such as 2s or 800ms, not %q", key, s)
		return 0, false
	}
	o.effective[key] = d.String()
	return d, true
}

func asFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}

// describe names a value's type as a person sees it in a document.
func describe(v any) string {
	switch x := v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text " + quote(x, 40)
	case bool:
		return strconv.FormatBool(x)
	case []any, []string:
		return "a list"
	case map[string]any:
		return "a mapping"
	}
	if f, ok := asFloat(v); ok {
		return "the number " + formatFloat(f)
	}
	return fmt.Sprintf("%T", v)
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func orList(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// canonicalJSON writes a value with sorted keys; the values are plain JSON
// types, so it cannot fail except on a bug.
func canonicalJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("judge: not plain JSON: " + err.Error())
	}
	return string(b)
}
