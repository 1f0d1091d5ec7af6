package eval_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/qualgate/qualgate/eval"
)

func TestGoldenProblems(t *testing.T) {
	for name, tc := range map[string]struct {
		files files
		want  string
	}{
		"cases": {files{"g.yaml": `name: x
defaults: {vars: {lang: en, context: y}, tags: [a], checks: [{contans: x}], contxt: d}
cases:
- id: a
  vars: {q: 1.50, reference: x, 'a b': 1, n: .inf}
  tags: [a, b]
  rubrc: x
  question: y
  expected: z
- id: a
- id: ' x'
- {}
- id: "a\tb"
- 5
- id: b
  messages: [{role: usr, content: x}, {role: user}, x]
  known_issue: {reason: x, until: tomorrow}
- id: c
  known_issue: {until: 2026-12-01}
  tags: ['']
  must_pass: yes
  vars: [q]
`}, `g.yaml:2:29: "context" is no variable's name: {{context}} is the case's context; write context beside vars, not in it
g.yaml:2:63: unknown check "contans"; did you mean "contains"?
g.yaml:2:77: unknown key "contxt"; did you mean "context"?
g.yaml:5:19: "reference" is no variable's name: a prompt must not see the reference; write reference beside vars, not in it
g.yaml:5:33: "a b" is no variable's name; use letters, digits, _, - and .
g.yaml:5:46: .inf is not a finite number; write a number, or put it in quotes
g.yaml:7:3: unknown key "rubrc"; did you mean "rubric"?
g.yaml:8:3: unknown key "question"; put what the prompt shows under vars: {question: …}
g.yaml:9:3: unknown key "expected"; write reference
g.yaml:10:3: case "a" was already given at g.yaml:4:3; ids are unique over all golden files; use cluster for cases that belong together
g.yaml:11:3: id " x" begins or ends with a space
g.yaml:12:3: the case has no "id"
g.yaml:13:3: id "a\tb" holds a control character
g.yaml:14:3: a mapping is expected, found the number 5
g.yaml:16:14: role "usr" of case "b" is not known; write user, assistant or system
g.yaml:16:39: "content" is missing
g.yaml:16:53: a mapping is expected, found the text "x"
g.yaml:17:35: "tomorrow" is not a date; write 2026-12-01
g.yaml:18:3: an empty tag of case "c"
g.yaml:19:16: "reason" is missing
g.yaml:21:14: true or false is expected, found the text "yes"; write true
g.yaml:22:9: variables are a mapping of names to values, found a list; write vars: {name: value}`},
		"checks": {files{"g.yaml": `- id: a
  checks:
  - {contains: x, json: y}
  - {weight: -1, contains: x}
  - {weight: .nan, contains: x, name: [x], must_pass: no}
  - weight: 2
  - [x]
  -
  - number: {value: .nan}
- id: b
  checks: {contains: x}
`}, `g.yaml:3:19: a check has one kind, but this one has "contains" and "json"; begin each check with its own dash
g.yaml:4:14: the weight is out of range, found the number -1; write a number above 0, at most a million
g.yaml:5:14: .nan is not a finite number; write a number, or put it in quotes
g.yaml:5:39: text is expected, found a list; write one text; put text that begins with [ in quotes
g.yaml:5:55: true or false is expected, found the text "no"; write false
g.yaml:6:5: the check has no kind; write - contains: "text"
g.yaml:7:5: a check is expected, found a list; write - contains: "text"
g.yaml:8:4: a check is expected, found nothing; write - contains: "text"
g.yaml:9:21: .nan is not a finite number; write a number, or put it in quotes
g.yaml:11:11: a list is expected, found a mapping; begin each element with a dash`},
		"long and odd ids": {files{"g.yaml": "- id: " + strings.Repeat("é", 201) + "\n- id: a\u202eb\n- id: " + strings.Repeat("é", 200) + "\n"},
			`g.yaml:1:3: id "` + strings.Repeat("é", 40) + `"… is longer than 200 characters
g.yaml:2:3: id "a\u202eb" holds a control character`},
		"over files": {files{"1.jsonl": "{\"id\": \"a\"}\n", "2.csv": "id\na\n", "3.txt": "x", "4.yaml": "- id: a\n- id: b"},
			`2.csv:2:1: case "a" was already given at 1.jsonl:1:1; ids are unique over all golden files; use cluster for cases that belong together
3.txt: this is no golden set by its extension ".txt"; name it .yaml, .json, .jsonl or .csv
4.yaml:1:3: case "a" was already given at 1.jsonl:1:1; ids are unique over all golden files; use cluster for cases that belong together`},
		"jsonl": {files{"g.jsonl": "{\"id\": \"a\", \"quest\": 1}\r\n\n{\"id\": \"a\"}\n{\"id\": \"b\", \"vars\": {\"é\": NaN}}\n{\"id\": 7}\n[1]\n{\"id\": \"c\""},
			`g.jsonl:1:13: unknown key "quest"; put what the prompt shows under vars: {quest: …}
g.jsonl:3:1: case "a" was already given at g.jsonl:1:1; ids are unique over all golden files; use cluster for cases that belong together
g.jsonl:4:27: not valid JSON: invalid character 'N' looking for beginning of value; JSON has no such number; write null or leave the key out
g.jsonl:6:1: a mapping is expected, found a list
g.jsonl:7:11: not valid JSON: it ends too early; a bracket, brace or quote is not closed`},
		"a list as lines":    {files{"g.jsonl": "[{\"id\": \"a\"}]"}, `g.jsonl:1:1: the file holds a JSON list, not JSON lines; name it .json, or write one case a line`},
		"pretty lines":       {files{"g.jsonl": "{\n  \"id\": \"a\"\n}\n"}, `g.jsonl:1:1: a case goes over several lines; write each case in one line`},
		"no cases":           {files{"g.yaml": "cases: []"}, `g.yaml: there are no cases; add cases: [{id: …, vars: {…}}]`},
		"no cases key":       {files{"g.yaml": "name: x"}, `g.yaml:1:1: "cases" is missing`},
		"empty YAML":         {files{"g.yaml": ""}, `g.yaml:1:1: the document is empty`},
		"null":               {files{"g.json": "null"}, `g.json:1:1: the document is empty`},
		"empty JSONL":        {files{"g.jsonl": "\n"}, `g.jsonl: there are no cases; add cases: [{id: …, vars: {…}}]`},
		"header only":        {files{"g.csv": "id,q\n"}, `g.csv: there are no cases; add cases: [{id: …, vars: {…}}]`},
		"empty CSV":          {files{"g.csv": ""}, `g.csv:1:1: the file is empty`},
		"semicolons":         {files{"g.csv": "id;q\na;b\n"}, `g.csv:1:1: the table has no column "id"; the cells seem to be separated by semicolons; save it with commas`},
		"capital id":         {files{"g.csv": "ID,q\na,b\n"}, `g.csv:1:1: the table has no column "id"; rename column "ID" to "id"`},
		"no header":          {files{"g.csv": "a,b\nc,d\n"}, `g.csv:1:1: the table has no column "id"; the first row names the columns, one of them "id"`},
		"CSV not UTF-8":      {files{"g.csv": "id,q\na,caf\xe9\n"}, `g.csv:2:6: the file is not valid UTF-8: byte 10 is 0xe9; save it as UTF-8`},
		"JSONL not UTF-8":    {files{"g.jsonl": "{\"id\": \"a\"}\n{\"id\": \"\xe9\"}"}, `g.jsonl:2:9: the file is not valid UTF-8: byte 8 is 0xe9; save it as UTF-8`},
		"CSV columns":        {files{"g.csv": "id,q,q,vars.q,a b,vars.,vars.context\n"}, "g.csv:1:6: column \"q\" is there twice; rename one\ng.csv:1:8: column \"q\" is there twice; rename one\ng.csv:1:15: column \"a b\": \"a b\" is no variable's name; use letters, digits, _, - and .\ng.csv:1:19: column \"vars.\": \"\" is no variable's name; use letters, digits, _, - and .\ng.csv:1:25: column \"vars.context\": \"context\" is no variable's name: {{context}} is the case's context; write context beside vars, not in it"},
		"CSV cells":          {files{"g.csv": "id,é,checks,must_pass,known_issue_until,\na,é,\"[{\"\"contans\"\": 1}]\",maybe,2026-12-01,\na,b\nb,éé,{,TRUE,,x\nc,c,,1,2026-12-01,\n"}, "g.csv:2:26: must_pass is \"maybe\"; write true or false\ng.csv:3:1: the row has 2 cells, the header 6; quote cells that hold commas\ng.csv:4:6: column \"checks\": not valid JSON: it ends too early; a bracket, brace or quote is not closed\ng.csv:4:14: cell 6 is filled, but its column has no name; name the column in the first row\ng.csv:5:1: a known issue needs a reason and a date; fill known_issue_reason and known_issue_until, or neither"},
		"CSV quotes":         {files{"g.csv": "id,q\né,\"x\"y\n"}, `g.csv:2:5: not a CSV table: extraneous or missing " in quoted-field; put the whole cell in quotes and write "" for a quote in it`},
		"dates out of reach": {files{"g.yaml": "- id: a\n  known_issue: {reason: x, until: 9999-12-31T23:59:59-01:00}"}, `g.yaml:2:35: "9999-12-31T23:59:59-01:00" is not a date; write 2026-12-01`},
	} {
		set, ps := tc.files.load("contains", "number", "json")
		if set != nil {
			t.Errorf("%s: a set in spite of problems", name)
		}
		if got := ps.Error(); got != tc.want {
			t.Errorf("%s:\n got\n%s\nwant\n%s", name, got, tc.want)
		}
	}
}

func TestGoldenFilesThatCannotBeRead(t *testing.T) {
	_, ps := eval.LoadGolden([]string{"a.yaml", "b.yaml"}, eval.LoadOptions{Read: func(name string) ([]byte, error) {
		if name == "a.yaml" {
			return files{}.read(name)
		}
		return nil, &fs.PathError{Op: "open", Path: "/x/" + name, Err: fs.ErrPermission}
	}})
	if got, want := ps.Error(), "a.yaml: the file does not exist\nb.yaml: cannot be read: permission denied"; got != want {
		t.Errorf("got %s", got)
	}
	_, ps = eval.LoadGolden(nil, eval.LoadOptions{})
	if got, want := ps.Error(), "golden set: there are no cases; add cases: [{id: …, vars: {…}}]"; got != want {
		t.Errorf("got %s", got)
	}
}
