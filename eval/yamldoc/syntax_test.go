package yamldoc

import (
	"strings"
	"testing"
)

// The parser's own words and lines are for its authors; these are for people.
func TestSyntaxProblems(t *testing.T) {
	for _, tc := range []struct{ doc, want string }{
		{"a: b: c\n", `f:1:5: a second ": " in one line; put the text that holds it in quotes`},
		{"cases:\n  - id: a\n    q: What: is\n  - id: b\n", `f:3:12: a second ": " in one line; put the text that holds it in quotes`},
		{"a: 1\n\tb: 2\n", `f:2:1: a tab in the indentation; YAML is indented with spaces`},
		{"a:\n\t- x\n", `f:2:1: a tab in the indentation; YAML is indented with spaces`},
		{"a:\r\n  b: 1\r\n\tc: 2\r\n", `f:3:1: a tab in the indentation; YAML is indented with spaces`},
		{"- x\n-\ty: 1\n  z: 2\n", `f:2:2: a tab in the indentation; YAML is indented with spaces`},
		{"t: |\n  one\n  two\ttabbed\nu:\n  v: 1\n\tw: 2\n", `f:6:1: a tab in the indentation; YAML is indented with spaces`},
		{"a: \"foo\nb: 1\n", `f:1:4: a quoted text is never closed; close it; inside single quotes write '' for an apostrophe`},
		{"x: 1\na: 'foo\nb: 1\n", `f:2:4: a quoted text is never closed; close it; inside single quotes write '' for an apostrophe`},
		{"a: [1, 2\nb: 3\n", `f:2:1: a list in [ ] or a mapping in { } lacks a comma or its end before this; text that begins with [ or { needs quotes`},
		{"a: @foo\n", `f:1:4: a value cannot begin with "@"; put the text in quotes`},
		{"é: `foo`\n", "f:1:4: a value cannot begin with \"`\"; put the text in quotes"},
		{"a: 90 %\nb: %foo\n", `f:2:4: a value cannot begin with "%"; put the text in quotes`},
		{"a: *foo*\n", `f:1:4: * and & have a meaning at the beginning of a value; put the text in quotes`},
		{"a: 1\nb: *foo\n", `f:2:4: *foo refers to nothing: no value is marked &foo; put text that begins with * in quotes`},
		{"a: \"x\\d\"\n", `f:1:6: this escape is not known in double quotes; write \\ for a backslash, or use single quotes`},
		{"a: \"\\ud83d\\ude00\"\n", `f:1:5: this escape is not known in double quotes; write \\ for a backslash, or use single quotes`},
		{"a: 'it's'\nb: 1\n", `f:1:8: text goes on behind its closing quote; quote all of it; inside single quotes write '' for an apostrophe, inside double quotes \"`},
		{"a: 5\nb: \"say \"hi\" now\"\n", `f:2:10: text goes on behind its closing quote; quote all of it; inside single quotes write '' for an apostrophe, inside double quotes \"`},
		{"a: [sic] he said\nb: 1\n", `f:1:10: text goes on behind its closing bracket; put text that begins with [ or { in quotes`},
		{"x: 1\na:\n  b: 1\n c: 2\nd: 1\n", `f:4:2: this line fits neither the list nor the mapping above it; check its indentation, and the quotes above`},
		{"- a\nb: 1\n", `f:2:1: this line fits neither the list nor the mapping above it; check its indentation, and the quotes above`},
		{"cases:\n  - id: a\n    vars: {q: x}\n   - id: b\n     vars: 1\n", `f:4:4: this line fits neither the list nor the mapping above it; check its indentation, and the quotes above`},
		{"a: 1\nfoo\nb: 2\n", `f:2:1: neither a key with its colon nor part of the text above; write key: value, or put text of several lines behind |`},
		{"foo\nb: 2\n", `f:1:1: neither a key with its colon nor part of the text above; write key: value, or put text of several lines behind |`},
		{"a: 1\nb:2\nc: 3\n", `f:2:2: a colon without a space behind it; write key: value`},
		{"key: value\n  other: x\n", `f:2:3: this line is indented deeper than the one it belongs to; indent it alike; put text of several lines behind | or in quotes`},
		{"a: >x\n", `f:1:4: text after | or > begins in the next line; put text that begins with | or > in quotes`},
		{"a: - b\n", `f:1:4: a list cannot begin here; begin it in a line of its own; put text that begins with "- " in quotes`},
		{"a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n", `f:2:1: a merge conflict is left in the file; resolve it and remove the markers`},
		{"%foo\na: 1\n", `f:1:1: not valid YAML: found unknown directive name`},
		{"", `f:1:1: the document is empty`},
		{"# only a remark\n", `f:1:1: the document is empty`},
		{"---\n", `f:2:1: the document is empty`},
		{"a: 1\n---\nb: 2\n", `f:2:1: a second document begins here; one file holds one document; remove the --- line or split the file`},
		{"a: \x1b[31m\n", `f:1:4: the control character U+001B is not allowed in YAML; write it in double quotes as "\u001B"`},
		{"é: \u0085\u009b\n", `f:1:5: the control character U+009B is not allowed in YAML; write it in double quotes as "\u009B"`},
		{"a: 1\nb: é\xff\n", `f:2:5: the file is not valid UTF-8: byte 10 is 0xff; save it as UTF-8`},
		{"\xff\xfea\x00:\x00", `f:1:1: the file is UTF-16; save it as UTF-8`},
		{"a: x\x00y", `f:1:5: the file holds a zero byte; it is not a text file`},
	} {
		n, ps := Parse("f", []byte(tc.doc))
		if n != nil {
			t.Errorf("%q was read", tc.doc)
		}
		if got := ps.Error(); got != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.doc, got, tc.want)
		}
	}
}

// What parses but would be read as something else than it looks like.
func TestMisreadings(t *testing.T) {
	for _, tc := range []struct{ doc, want string }{
		{"a: &foo\n", `f:1:4: &foo names an empty value; put text that begins with & in quotes`},
		{"a: !important x\n", `f:1:4: the tag !important is not supported; put text that begins with ! in quotes`},
		{"a: !!int 5\n", `f:1:4: the tag !!int is not supported; put text that begins with ! in quotes`},
		{"a: {{x}}\n", `f:1:5: a key is a single text, not a list or a mapping; put text that begins with { or [ in quotes`},
		{"? [a, b]\n: c\n", `f:1:3: a key is a single text, not a list or a mapping; put text that begins with { or [ in quotes`},
		{"x: &b {a: 1}\ny:\n  <<: *b\n", `f:3:3: merge keys (<<) are not supported; write the keys out`},
		{"a: 1\nA: 2\n\"a\": 3\n", `f:3:1: key "a" is given twice, first in line 1; remove one`},
		{"x: &k a\n*k : 1\na: 2\n", `f:3:1: key "a" is given twice, first in line 2; remove one`},
	} {
		_, ps := Parse("f", []byte(tc.doc))
		if got := ps.Error(); got != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.doc, got, tc.want)
		}
	}
}

func TestAcceptedDocuments(t *testing.T) {
	for _, doc := range []string{
		"a: 1\n", "\ufeffa: 1\n", "a: 1\r\n", "a: 1", "---\na: 1\n...\n", "%YAML 1.1\n---\na: 1\n", "{\"a\": 1}", "{\n\t\"a\": 1\n}\n",
		"# é\na: 1 # x\n", "a: !!str 1\n",
	} {
		n, ps := Parse("f", []byte(doc))
		if len(ps) > 0 || n.Get("a") == nil || n.Get("a").Text() != "1" {
			t.Errorf("%q: %v", doc, ps)
		}
	}
}

func TestJSONProblems(t *testing.T) {
	for _, tc := range []struct{ doc, want string }{
		{"{\"a\": 1,}", `f.json:7:9: not valid JSON: invalid character '}' looking for beginning of object key string; a comma too many, or the wrong bracket?`},
		{"[1 2]", `f.json:7:4: not valid JSON: invalid character '2' after array element`},
		{"\n{'a': 1}", `f.json:8:2: not valid JSON: invalid character '\''; use double quotes`},
		{"{\"a\": NaN}", `f.json:7:7: not valid JSON: invalid character 'N' looking for beginning of value; JSON has no such number; write null or leave the key out`},
		{"{\"a\"  \n", `f.json:7:5: not valid JSON: it ends too early; a bracket, brace or quote is not closed`},
		{"{},", `f.json:7:3: not valid JSON: something follows the value`},
		{"{\"é\": x}", `f.json:7:7: not valid JSON: invalid character 'x' looking for beginning of value`},
		{"", `f.json:7:1: not valid JSON: it ends too early; a bracket, brace or quote is not closed`},
		{"null", `f.json:7:1: the document is empty`},
		{"\"\xff\"", `f.json:7:2: the file is not valid UTF-8: byte 1 is 0xff; save it as UTF-8`},
		{strings.Repeat("[", 200) + strings.Repeat("]", 200), `f.json:7:101: the document is nested more than 100 levels deep; write it out more simply`},
		{"\n {} {}", `f.json:8:5: not valid JSON: something follows the value`},
	} {
		n, ps := ParseJSON("f.json", []byte(tc.doc), 7)
		if n != nil {
			t.Errorf("%q was read", tc.doc)
		}
		if got := ps.Error(); got != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.doc, got, tc.want)
		}
	}
	_, ps := ParseJSON("f.json", []byte(`{"a":1,"a":2}`), 7)
	if got, want := ps.Error(), `f.json:7:8: key "a" is given twice, first in line 7; remove one`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
