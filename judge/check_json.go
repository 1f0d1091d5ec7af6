package judge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/qualgate/qualgate/eval"
)

// buildJSON requires the whole answer to be one JSON value. strip_fence takes
// a ``` fence around it off first; type asks for an object, array and so on.
func buildJSON(_ *compiler, o *options) (rule, error) {
	strip := o.flag("strip_fence", false)
	want := o.choice("type", "any", "object", "array", "string", "number", "boolean", "null")
	return func(_ context.Context, s *eval.Sample) (ruling, error) {
		v, err := answerJSON(s.Output.Text, strip)
		if err != nil {
			return yesNo(false, "invalid", err.Error()), nil
		}
		got := jsonType(v)
		if want != "any" && got != want {
			return yesNo(false, got, fmt.Sprintf("the answer is a JSON %s, expected %s", got, want)), nil
		}
		return yesNo(true, got, "the answer is valid JSON"), nil
	}, nil
}

var codeFence = regexp.MustCompile("(?s)^```[A-Za-z0-9_-]*[ \t]*\r?\n(.*?)\r?\n?```$")

// answerJSON reads an answer as one JSON value, or says why it is none.
func answerJSON(text string, strip bool) (any, error) {
	body := strings.TrimSpace(text)
	m := codeFence.FindStringSubmatch(body)
	if m != nil && strip {
		body = m[1]
	}
	v, err := decodeJSON(body)
	if err == nil {
		return v, nil
	}
	switch {
	case body == "":
		return nil, errors.New("the answer is empty, expected JSON")
	case m != nil && !strip:
		return nil, errors.New("the answer is a ``` code block, not bare JSON; set strip_fence: true if your program takes the fence off")
	}
	return nil, fmt.Errorf("the answer is not valid JSON: %s", err)
}

// decodeJSON reads exactly one value and places errors by line and column.
func decodeJSON(body string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	if err == nil {
		rest := strings.TrimSpace(body[dec.InputOffset():])
		if rest == "" {
			return v, nil
		}
		return nil, fmt.Errorf("after the value comes %s", quote(rest, 60))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("it ends in the middle of a value: %s", quote(tail(body, 60), 60))
	}
	var syn *json.SyntaxError
	if errors.As(err, &syn) && syn.Offset > 0 && int(syn.Offset) <= len(body) {
		at := int(syn.Offset) - 1
		line := strings.Count(body[:at], "\n") + 1
		col := at - strings.LastIndex(body[:at], "\n")
		return nil, fmt.Errorf("%s at line %d, column %d, near %s", syn.Error(), line, col, quote(strings.ToValidUTF8(body[max(0, at-20):min(len(body), at+20)], ""), 60))
	}
	return nil, err
}

func jsonType(v any) string {
	switch v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case json.Number, float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "null"
}

// buildJSONSchema validates the answer against a JSON Schema (draft 2020-12
// unless $schema says otherwise). The schema is written in the check or read
// from a file; $ref reaches other files the same way, and never the network.
func buildJSONSchema(c *compiler, o *options) (rule, error) {
	strip := o.flag("strip_fence", false)
	load := &schemaLoader{read: c.read, options: o}
	location := ""
	file, hasFile := o.text("file")
	switch {
	case hasFile && o.has("schema"):
		o.fail("give the schema or its file, not both")
	case hasFile && !belowRoot(file):
		o.fail("the schema file %s must be written relative to the configuration and lie below it", quote(file, 80))
	case hasFile:
		location = fileURL(file)
	case o.has("schema"):
		load.inline(o.values["schema"])
		location = inlineURL
	case len(o.errs) == 0:
		o.fail("needs a schema, or the file that holds it")
	}
	if len(o.errs) > 0 {
		return nil, o.finish()
	}
	schema, err := load.compile(location)
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, s *eval.Sample) (ruling, error) {
		v, err := answerJSON(s.Output.Text, strip)
		if err != nil {
			return yesNo(false, "invalid JSON", err.Error()), nil
		}
		if err := schema.Validate(v); err != nil {
			return yesNo(false, "does not fit", schemaReason(err)), nil
		}
		return yesNo(true, "fits", "the answer fits the schema"), nil
	}, nil
}

// inlineURL stands for a schema written in the check. Its directory is the
// one file paths are relative to.
const inlineURL = "qualgate:///inline"

func slashed(p string) string { return path.Clean(strings.ReplaceAll(p, "\\", "/")) }

func belowRoot(p string) bool {
	p = slashed(p)
	return !path.IsAbs(p) && p != "." && p != ".." && !strings.HasPrefix(p, "../") && !strings.Contains(p, ":")
}

func fileURL(p string) string {
	return "qualgate:///" + (&url.URL{Path: slashed(p)}).EscapedPath()
}

// schemaLoader gives the compiler the schemas of a check, and nothing else.
type schemaLoader struct {
	read    fileReader
	options *options
	doc     any
}

// inline takes a schema written in the check. JSON Schema ignores words it
// does not know, so a schema without a single known one is a mistake.
func (l *schemaLoader) inline(schema any) {
	raw, err := json.Marshal(schema)
	if err != nil {
		l.options.fail("the schema is not plain JSON: %s", err)
		return
	}
	if l.doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(raw)); err != nil {
		l.options.fail("the schema cannot be read: %s", err)
		return
	}
	m, ok := l.doc.(map[string]any)
	if !ok {
		l.options.fail("the schema must be a mapping, not %s", describe(schema))
		return
	}
	for _, k := range sortedKeys(m) {
		if near := nearest(k, schemaWords); !knownSchemaWord(k) && near != "" && nearlySame(k, near) {
			l.options.fail("the schema has %q, which JSON Schema does not know; did you mean %q?", k, near)
		}
	}
	l.options.effective["schema"] = json.RawMessage(raw)
}

func (l *schemaLoader) compile(location string) (*jsonschema.Schema, error) {
	jc := jsonschema.NewCompiler()
	jc.DefaultDraft(jsonschema.Draft2020)
	jc.UseLoader(l)
	jc.AssertFormat()
	if l.doc != nil {
		if err := jc.AddResource(inlineURL, l.doc); err != nil {
			return nil, fmt.Errorf("the schema cannot be used: %w", err)
		}
	}
	s, err := jc.Compile(location)
	if err != nil {
		return nil, schemaCompileError(err)
	}
	return s, nil
}

// Load reads a file the schema names; anything else is refused.
func (l *schemaLoader) Load(location string) (any, error) {
	p, ok := strings.CutPrefix(location, "qualgate:///")
	if !ok {
		return nil, fmt.Errorf("the schema refers to %s; schemas are never loaded over the network: save it as a file and refer to that", location)
	}
	if dec, err := url.PathUnescape(p); err == nil {
		p = dec
	}
	if l.read == nil {
		return nil, fmt.Errorf("the schema file %s cannot be read here; write the schema in the check", p)
	}
	data, err := l.read(path.Clean(p))
	if err != nil {
		return nil, fmt.Errorf("cannot read the schema: %w", err)
	}
	v, err := decodeJSON(strings.TrimPrefix(string(data), "\ufeff"))
	if err != nil {
		return nil, fmt.Errorf("%s is not valid JSON: %w", p, err)
	}
	sum := sha256.Sum256([]byte(canonicalJSON(v)))
	l.options.files = append(l.options.files, p+" "+hex.EncodeToString(sum[:]))
	return v, nil
}

func schemaCompileError(err error) error {
	var load *jsonschema.LoadURLError
	if errors.As(err, &load) {
		return load.Err
	}
	var bad *jsonschema.SchemaValidationError
	if errors.As(err, &bad) {
		var v *jsonschema.ValidationError
		if errors.As(bad.Err, &v) {
			return fmt.Errorf("the schema is not a valid JSON Schema: %s", schemaReason(v))
		}
	}
	return fmt.Errorf("the schema cannot be used: %w", err)
}

// schemaReason lists the first violations, each with the place in the answer.
func schemaReason(err error) string {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return err.Error()
	}
	p := message.NewPrinter(language.English)
	var parts []string
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			parts = append(parts, "at /"+capRunes(strings.Join(e.InstanceLocation, "/"), 80)+": "+capRunes(e.ErrorKind.LocalizedString(p), 160))
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(v)
	slices.Sort(parts) // the validator's own order is that of a Go map
	parts = slices.Compact(parts)
	if n := len(parts); n > 4 {
		parts = append(parts[:4], fmt.Sprintf("and %d more", n-4))
	}
	return strings.Join(parts, "; ")
}

// schemaWords are the keywords of draft 2020-12 and the older ones still met.
var schemaWords = strings.Fields(`$schema $id $ref $defs $anchor $dynamicRef $dynamicAnchor $comment $vocabulary
	allOf anyOf oneOf not if then else dependentSchemas prefixItems items contains properties patternProperties
	additionalProperties propertyNames unevaluatedItems unevaluatedProperties type enum const multipleOf maximum
	exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxContains
	minContains maxProperties minProperties required dependentRequired title description default deprecated readOnly
	writeOnly examples format contentEncoding contentMediaType contentSchema definitions dependencies additionalItems id`)

func knownSchemaWord(k string) bool { return slices.Contains(schemaWords, k) }

// nearlySame keeps the hint to slips of the pen: own keywords are allowed.
func nearlySame(k, word string) bool {
	return editDistance([]rune(strings.ToLower(k)), []rune(strings.ToLower(word))) <= 2 && len(k) > 3
}
