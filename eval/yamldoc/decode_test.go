package yamldoc

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

type model struct {
	Provider string            `doc:"provider,required"`
	Limit    int               `doc:"limit"`
	Small    uint8             `doc:"small"`
	Price    *float64          `doc:"price"`
	Cache    bool              `doc:"cache"`
	Aliases  []string          `doc:"aliases"`
	Headers  map[string]string `doc:"headers"`
	Timeout  time.Duration     `doc:"timeout"`
	Share    percent           `doc:"share"`
	Size     size              `doc:"size"`
	Extra    any               `doc:"extra"`
	Ignored  string
	Nested   struct {
		Name string `doc:"name"`
	} `doc:"nested"`
	Pos Pos
}

// percent reads itself from a node.
type percent float64

func (p *percent) DecodeNode(n *Node) Problems {
	var f float64
	if _, err := fmt.Sscanf(n.Text(), "%g%%", &f); err != nil {
		return Problems{n.Problem("write 5%", "a share is expected, found %s", n.Describe())}
	}
	*p = percent(f / 100)
	return nil
}

// size reads itself from text.
type size string

func (s *size) UnmarshalText(b []byte) error {
	if len(b) > 1 {
		return fmt.Errorf("%q is no size", b)
	}
	*s = size(b)
	return nil
}

func TestDecode(t *testing.T) {
	price := 1.5
	want := model{Provider: "007", Limit: 1000, Small: 255, Price: &price, Cache: true, Aliases: []string{"1.50", "yes", "", "2020-01-01", "0x1F"},
		Headers: map[string]string{"X": "1"}, Timeout: 90 * time.Second, Share: 0.05, Size: "L",
		Extra: map[string]any{"n": []any{1.0, "007", nil, true, 1.5}}, Pos: Pos{1, 1}}
	want.Nested.Name = "null"
	yaml := `provider: 007
limit: 1e3
small: 255
price: 1.50
cache: True
aliases: [1.50, yes, ~, 2020-01-01, 0x1F]
headers: {X: 1}
timeout: 1m30s
share: 5%
size: L
extra: {n: [1, 007, null, true, 1.50]}
nested: {name: "null"}
`
	var got model
	if ps := Decode("f.yaml", []byte(yaml), &got); ps != nil {
		t.Fatal(ps)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Every problem of a document comes at once, in the order of its lines.
func TestDecodeProblems(t *testing.T) {
	doc := `provder: x
limit: 1.5
small: 256
price: "2"
cache: yes
aliases: one
headers: [a]
timeout: 60
share: five
size: XL
nested:
  nam: x
  zzzzzz: y
`
	want := `f.yaml:1:1: "provider" is missing
f.yaml:1:1: unknown key "provder"; did you mean "provider"?
f.yaml:2:8: a whole number is expected, found the number 1.5
f.yaml:3:8: a whole number from 0 is expected, found the number 256
f.yaml:4:8: a number is expected, found the text "2"; remove the quotes
f.yaml:5:8: true or false is expected, found the text "yes"; write true
f.yaml:6:10: a list is expected, found the text "one"; write [one]
f.yaml:7:10: a mapping is expected, found a list
f.yaml:8:10: a duration is expected, found the number 60; write a number and a unit, such as 60s, 1m30s or 250ms
f.yaml:9:8: a share is expected, found the text "five"; write 5%
f.yaml:10:7: "XL" is no size
f.yaml:12:3: unknown key "nam"; did you mean "name"?
f.yaml:13:3: unknown key "zzzzzz"; valid are name`
	var m model
	if got := Decode("f.yaml", []byte(doc), &m).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, tc := range []struct{ doc, want string }{
		{"provider: [a]", `f.yaml:1:11: text is expected, found a list; write one text; put text that begins with [ in quotes`},
		{"provider: {a: b}", `f.yaml:1:11: text is expected, found a mapping; put text that holds a colon, or begins with {, in quotes`},
		{"{provider: x, limit: 1_000}", `f.yaml:1:22: a whole number is expected, found the number 1_000; write 1000`},
		{"{provider: x, small: -1}", `f.yaml:1:22: a whole number from 0 is expected, found the number -1`},
		{"{provider: x, limit: 1e300}", `f.yaml:1:22: a whole number is expected, found the number 1e300`},
		{"{provider: x, price: .inf}", `f.yaml:1:22: .inf is not a finite number; write a number, or put it in quotes`},
		{"{provider: x, aliases: {a: 1}}", `f.yaml:1:24: a list is expected, found a mapping; begin each element with a dash`},
		{"{provider: x, extra: [.NaN]}", `f.yaml:1:23: .NaN is not a finite number; write a number, or put it in quotes`},
		{"provider:\n", `f.yaml:1:1: "provider" is missing`},
		{"[]", `f.yaml:1:1: a mapping is expected, found a list`},
		{"provider: x\naliases: \"a\\e[31m\\nb\"", `f.yaml:2:10: a list is expected, found the text "a\x1b[31m\nb"`},
		{"{provider: x, aliases: a\n\nb}", `f.yaml:1:24: a list is expected, found the text "a\nb"; write [a\nb]`},
		{"text", `f.yaml:1:1: a mapping is expected, found the text "text"`},
		{"{provider: x, Ignored: y}", `f.yaml:1:15: unknown key "Ignored"; valid are aliases, cache, extra, headers, limit, nested, price, provider, share, size, small, timeout`},
	} {
		var m model
		if got := Decode("f.yaml", []byte(tc.doc), &m).Error(); got != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.doc, got, tc.want)
		}
	}
}

// A variable shows what the document says; a value in a structure is a value.
func TestVerbatim(t *testing.T) {
	for _, tc := range []struct {
		text string
		want any
		any  any
	}{
		{"42", 42.0, 42.0}, {"-1.5", -1.5, -1.5}, {"1.50", "1.50", 1.5}, {"1e3", "1e3", 1000.0}, {"+5", "+5", 5.0},
		{"007", "007", "007"}, {"0x1F", "0x1F", "0x1F"}, {"1_000", "1_000", "1_000"}, {"1_0.5", "1_0.5", "1_0.5"},
		{"9007199254740993", "9007199254740993", "9007199254740993"},
		{"true", true, true}, {"True", "True", true}, {"yes", "yes", "yes"}, {`"42"`, "42", "42"}, {"null", nil, nil},
		{"2026-01-01", "2026-01-01", "2026-01-01"}, {"[1.50]", []any{1.5}, []any{1.5}},
	} {
		n, ps := Parse("f", []byte("v: "+tc.text))
		if ps != nil {
			t.Fatal(ps)
		}
		if got, _ := n.Get("v").Verbatim(); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("Verbatim(%s) = %#v, want %#v", tc.text, got, tc.want)
		}
		if got, _ := n.Get("v").Any(); !reflect.DeepEqual(got, tc.any) {
			t.Errorf("Any(%s) = %#v, want %#v", tc.text, got, tc.any)
		}
	}
}

func TestFind(t *testing.T) {
	n, ps := Parse("f", []byte("x: &c\n  - {id: a}\n  - id: é\n    vars: {q: 1}\ncases: *c\n"))
	if ps != nil {
		t.Fatal(ps)
	}
	if q := n.Find("cases", "1", "vars", "q"); q == nil || q.Pos != (Pos{4, 15}) || q.Text() != "1" {
		t.Errorf("found %+v", q)
	}
	for _, path := range [][]string{{"case"}, {"cases", "2"}, {"cases", "-1"}, {"cases", "x"}, {"cases", "0", "id", "a"}} {
		if got := n.Find(path...); got != nil {
			t.Errorf("%v: found %+v", path, got)
		}
	}
}

func TestProblemsAreSortedOnceAndCounted(t *testing.T) {
	var ps Problems
	for i := range 60 {
		p := Problem{File: "f", Line: 60 - i, Col: 1, Msg: "wrong"}
		ps = append(ps, p, p)
	}
	lines := strings.Split(ps.Error(), "\n")
	if len(lines) != 51 || lines[0] != "f:1:1: wrong" || lines[50] != "… and 10 more problems" {
		t.Errorf("%d lines: %q … %q", len(lines), lines[0], lines[len(lines)-1])
	}
	if Problems(nil).Err() != nil || ps.Err() == nil {
		t.Error("Err is nil exactly without problems")
	}
	if got := (Problem{File: "f", Msg: "m"}).String(); got != "f: m" {
		t.Errorf("without a place: %q", got)
	}
}

func TestNearest(t *testing.T) {
	valid := []string{"reference", "rubric", "vars", "tags"}
	for word, want := range map[string]string{"refrence": "reference", "Reference": "reference", "var": "vars", "tag": "tags", "expected": "", "": ""} {
		if got := Nearest(word, valid); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := DidYouMean("expected", nil); got != "" {
		t.Errorf("without candidates: %q", got)
	}
}
