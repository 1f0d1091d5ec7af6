package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxReply bounds a judge's reply, in bytes.
const maxReply = 1 << 20

// verdict is the judge's answer to one criterion.
type verdict struct {
	reason string
	yes    bool // for yes_no
	step   int  // for a scale
}

// parseReply reads a judge's reply, one verdict for each criterion in the
// rubric's order, or says why it cannot be read. It looks at the reply alone:
// nothing in the judged sample changes how it is read.
//
// The reply is one JSON object of exactly the shape that was asked for. Prose,
// a <think> part or a ``` fence may come before it; behind it nothing may
// stand but the end of that fence. If the reply holds a second object with a
// "criteria" key, say because the judge quotes one from the sample, it is
// ambiguous and not read.
func parseReply(r *Rubric, text string) ([]verdict, error) {
	if len(text) > maxReply {
		return nil, fmt.Errorf("it is longer than %d bytes", maxReply)
	}
	obj, err := soleVerdict(skipThinking(text))
	if err != nil {
		return nil, err
	}
	if err := onlyKeys(obj, "criteria"); err != nil {
		return nil, err
	}
	list, ok := obj.get("criteria").([]any)
	if !ok {
		return nil, errors.New(`"criteria" is not a list`)
	}
	return readVerdicts(r, list)
}

func readVerdicts(r *Rubric, list []any) ([]verdict, error) {
	out := make([]verdict, len(r.Criteria))
	seen := make([]bool, len(r.Criteria))
	for n, e := range list {
		obj, ok := e.(object)
		if !ok {
			return nil, fmt.Errorf("entry %d of the criteria is not an object", n+1)
		}
		if err := onlyKeys(obj, "id", "reason", "answer"); err != nil {
			return nil, fmt.Errorf("entry %d of the criteria: %w", n+1, err)
		}
		id, ok := obj.get("id").(string)
		if !ok {
			return nil, fmt.Errorf("entry %d of the criteria has an id that is not text", n+1)
		}
		i := r.index(id)
		if i < 0 {
			return nil, fmt.Errorf("there is no criterion %s", quote(id, 40))
		}
		if seen[i] {
			return nil, fmt.Errorf("criterion %q is answered twice", id)
		}
		seen[i] = true
		v, err := readVerdict(&r.Criteria[i], obj)
		if err != nil {
			return nil, fmt.Errorf("criterion %q: %w", id, err)
		}
		out[i] = v
	}
	for i, ok := range seen {
		if !ok {
			return nil, fmt.Errorf("criterion %q is not answered", r.Criteria[i].ID)
		}
	}
	return out, nil
}

func (r *Rubric) index(id string) int {
	for i := range r.Criteria {
		if r.Criteria[i].ID == id {
			return i
		}
	}
	return -1
}

func readVerdict(c *Criterion, obj object) (verdict, error) {
	reason, ok := obj.get("reason").(string)
	if !ok {
		return verdict{}, errors.New("the reason is not text")
	}
	v := verdict{reason: reason}
	if c.Type == YesNo {
		yes, ok := readYesNo(obj.get("answer"))
		if !ok {
			return verdict{}, fmt.Errorf("the answer %s is not yes or no", shown(obj.get("answer")))
		}
		v.yes = yes
		return v, nil
	}
	step, ok := readStep(obj.get("answer"))
	if !ok || step < c.Lowest() || step > c.Highest() {
		return verdict{}, fmt.Errorf("the answer %s is not a whole number from %d to %d", shown(obj.get("answer")), c.Lowest(), c.Highest())
	}
	v.step = step
	return v, nil
}

func readYesNo(v any) (yes, ok bool) {
	switch x := v.(type) {
	case bool:
		return x, true
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "yes", "true":
			return true, true
		case "no", "false":
			return false, true
		}
	}
	return false, false
}

// readStep reads an integer: 4, 4.0 or "4".
func readStep(v any) (int, bool) {
	switch x := v.(type) {
	case json.Number:
		f, err := x.Float64()
		if err != nil || math.Abs(f) > 1e6 || f != math.Trunc(f) {
			return 0, false
		}
		return int(f), true
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(x))
		return n, err == nil && len(x) < 12
	}
	return 0, false
}

func shown(v any) string {
	switch x := v.(type) {
	case string:
		return quote(x, 40)
	case json.Number:
		return capRunes(x.String(), 40)
	case bool:
		return strconv.FormatBool(x)
	case nil:
		return "null"
	case object:
		return "(an object)"
	}
	return "(a list)"
}

// skipThinking drops the part that reasoning models put in front of a reply.
// Only the first end mark counts: a later one may be quoted from the sample.
func skipThinking(s string) string {
	s = strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
	if rest, ok := strings.CutPrefix(s, "<think>"); ok {
		if _, after, ok := strings.Cut(rest, "</think>"); ok {
			return strings.TrimSpace(after)
		}
	}
	return s
}

// soleVerdict finds the one object with a "criteria" key that ends the reply.
func soleVerdict(s string) (object, error) {
	if s == "" {
		return nil, errors.New("it is empty")
	}
	var found object
	end, open := 0, 0 // open counts braces of the prose before it
	for i := 0; i < len(s); {
		switch s[i] {
		case '}':
			open--
		case '{':
			obj, n, err := decodeObject(s[i:])
			if errors.Is(err, errTwice) {
				return nil, err
			}
			if err != nil {
				open++
				break
			}
			if obj.has("criteria") {
				if found != nil {
					return nil, errors.New("it holds more than one verdict")
				}
				if open != 0 {
					return nil, errors.New("the verdict stands inside other braces")
				}
				found, end = obj, i+n
			}
			i += n
			continue
		}
		i++
	}
	if found == nil {
		return nil, errors.New(`it holds no JSON object with "criteria"`)
	}
	if rest := strings.TrimSpace(s[end:]); rest != "" && rest != "```" {
		return nil, fmt.Errorf("text follows the verdict: %s", quote(rest, 60))
	}
	return found, nil
}

// object is a JSON object with its keys in order, none of them twice.
type object []member

type member struct {
	key   string
	value any // string, json.Number, bool, nil, []any or object
}

func (o object) get(key string) any {
	for _, m := range o {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

func (o object) has(key string) bool {
	for _, m := range o {
		if m.key == key {
			return true
		}
	}
	return false
}

// onlyKeys requires exactly these keys. encoding/json would take "Answer" for
// "answer" and the last of two; a verdict must not hang on that.
func onlyKeys(o object, keys ...string) error {
	for _, k := range keys {
		if !o.has(k) {
			return fmt.Errorf("%q is missing", k)
		}
	}
	for _, m := range o {
		known := false
		for _, k := range keys {
			known = known || m.key == k
		}
		if !known {
			return fmt.Errorf("the key %s was not asked for", quote(m.key, 40))
		}
	}
	return nil
}

var (
	errTwice = errors.New("a key stands twice in one object")
	errDeep  = errors.New("nested too deeply or with too many keys")
)

// maxDepth and maxMembers bound the nesting of a reply and the keys of one
// object; a verdict needs three levels and three keys.
const (
	maxDepth   = 16
	maxMembers = 200
)

// decodeObject reads the JSON object at the start of s; n is its length.
func decodeObject(s string) (obj object, n int, err error) {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	v, err := decodeValue(dec, 0)
	if err != nil {
		return nil, 0, err
	}
	obj, ok := v.(object)
	if !ok {
		return nil, 0, errors.New("not an object")
	}
	return obj, int(dec.InputOffset()), nil
}

func decodeValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	tok, err := dec.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		return decodeMembers(dec, depth)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := decodeValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	}
	return tok, nil
}

func decodeMembers(dec *json.Decoder, depth int) (object, error) {
	obj := object{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, ok := tok.(string)
		if !ok {
			return nil, errors.New("a key is not text")
		}
		if len(obj) == maxMembers {
			return nil, errDeep
		}
		if obj.has(key) {
			return nil, fmt.Errorf("%w: %s", errTwice, quote(key, 40))
		}
		v, err := decodeValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		obj = append(obj, member{key, v})
	}
	_, err := dec.Token()
	return obj, err
}
