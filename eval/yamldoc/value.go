package yamldoc

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Any decodes a node to plain JSON types: string, float64, bool, nil, []any,
// map[string]any.
//
// What is not a number in JSON is text as it was written: 007, 0x1F and 1_000
// are labels more often than numbers, and yes, no and dates are words. So is a
// whole number that a float64 cannot hold (from 2⁵³ on). NaN and infinities
// are problems.
func (n *Node) Any() (any, Problems) {
	var ps Problems
	switch n.Kind() {
	case Null:
		return nil, nil
	case Sequence:
		items := n.Items()
		out := make([]any, len(items))
		for i, it := range items {
			v, p := it.Any()
			out[i], ps = v, append(ps, p...)
		}
		return out, ps
	case Mapping:
		entries := n.Entries()
		out := make(map[string]any, len(entries))
		for _, e := range entries {
			v, p := e.Value.Any()
			out[e.Key], ps = v, append(ps, p...)
		}
		return out, ps
	}
	return n.scalar()
}

// Verbatim is like Any, except that a lone number or truth value which JSON
// would write differently stays text: 1.50, 1e3 and True come out as they were
// written. It is for values that are shown, such as a prompt's variables.
func (n *Node) Verbatim() (any, Problems) {
	v, ps := n.Any()
	switch v.(type) {
	case float64, bool:
		if b, err := json.Marshal(v); err != nil || string(b) != n.Text() {
			return n.Text(), ps
		}
	}
	return v, ps
}

func (n *Node) scalar() (any, Problems) {
	text := n.Text()
	switch n.resolved().ShortTag() {
	case "!!bool":
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil {
			return b, nil
		}
	case "!!int":
		i, err := strconv.ParseInt(text, 10, 64)
		if text == "-0" {
			return 0.0, nil
		}
		if err == nil && strconv.FormatInt(i, 10) == strings.TrimPrefix(text, "+") && i > -1<<53 && i < 1<<53 {
			return float64(i), nil
		}
	case "!!float":
		f, err := strconv.ParseFloat(text, 64)
		switch {
		case strings.Contains(text, "_"):
			return text, nil
		case err != nil || math.IsNaN(f) || math.IsInf(f, 0):
			return nil, Problems{n.Problem("write a number, or put it in quotes", "%s is not a finite number", text)}
		}
		if f == 0 {
			return 0.0, nil // not -0, which JSON would write differently
		}
		return f, nil
	}
	return text, nil
}
