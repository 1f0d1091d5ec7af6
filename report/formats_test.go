package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/qualgate/qualgate/eval"
)

// An independent reader sees what was written: a failure if and only if the
// exit code is 1 or 4, an error for what was not measured, and right counts.
func TestJUnitReadBack(t *testing.T) {
	for _, f := range fixtures() {
		t.Run(f.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := JUnit(&b, f.result); err != nil {
				t.Fatal(err)
			}
			var got junit.Testsuites
			if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if len(got.Suites) != 1 {
				t.Fatalf("%d suites", len(got.Suites))
			}
			s := got.Suites[0]
			failures, errs, skipped := 0, 0, 0
			var verdict *junit.Testcase
			for i, c := range s.Testcases {
				if c.Failure != nil {
					failures++
				}
				if c.Error != nil {
					errs++
				}
				if c.Skipped != nil {
					skipped++
				}
				if c.Name == verdictCase {
					verdict = &s.Testcases[i]
				}
			}
			if verdict == nil {
				t.Fatal("no verdict")
			}
			code := f.result.ExitCode
			if (code == 1 || code == 4) != (failures > 0) || (verdict.Failure != nil) != (failures > 0) {
				t.Errorf("exit %d with %d failures", code, failures)
			}
			if (code == 3) != (verdict.Error != nil) {
				t.Errorf("exit %d: the verdict is an error: %v", code, verdict.Error != nil)
			}
			if len(s.Testcases) != 1+len(f.result.Cases) || s.Tests != len(s.Testcases) || s.Failures != failures || s.Errors != errs || s.Skipped != skipped {
				t.Errorf("%d cases for %d, counts %d/%d/%d/%d, found %d failures, %d errors, %d skipped", len(s.Testcases), len(f.result.Cases), s.Tests, s.Failures, s.Errors, s.Skipped, failures, errs, skipped)
			}
			if got.Tests != s.Tests || got.Failures != failures {
				t.Errorf("the totals differ from the suite's")
			}
		})
	}
}

// The report keeps to the shape of the XSD that Jenkins' xunit plugin checks
// against, written down here in our own words.
func TestJUnitAgainstXSD(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("no xmllint (libxml2-utils) on the PATH")
	}
	for _, f := range fixtures() {
		var b bytes.Buffer
		if err := JUnit(&b, f.result); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(lint, "--noout", "--huge", "--schema", "testdata/junit.xsd", "-")
		c.Stdin = &b
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", f.name, err, out)
		}
	}
}

// Whatever models write, the XML is well-formed, the JSON valid, no terminal
// line is wider than it may be or holds an escape of its own, and nothing is
// changed in the Result.
func TestAnyTextIsSafe(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([\x00-\x1f]|\x1b\[[0-9;]*[a-zA-Z]|\]\]>|<!\[CDATA\[|&|"|\x{202e}|\x{200b}|日本|👩‍👩‍👧|é| |x){0,60}`)).Draw(rt, "text")
		width := rapid.IntRange(60, 200).Draw(rt, "width")
		r := hostileText(text)
		before := mustJSON(r)
		var x, j, term bytes.Buffer
		if err := JUnit(&x, r); err != nil {
			rt.Fatal(err)
		}
		dec := xml.NewDecoder(&x)
		for {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				rt.Fatalf("not well-formed: %v", err)
			}
		}
		if err := JSON(&j, r); err != nil || !json.Valid(j.Bytes()) {
			rt.Fatalf("JSON: %v", err)
		}
		if err := Terminal(&term, r, TerminalOptions{Width: width, Color: NoColor}); err != nil {
			rt.Fatal(err)
		}
		for _, line := range strings.Split(term.String(), "\n") {
			if strings.ContainsAny(line, "\x1b\r\x00\u202e") {
				rt.Fatalf("a raw control in %q", line)
			}
			if w := ansi.StringWidth(line); w > width {
				rt.Fatalf("%d columns in %d: %q", w, width, line)
			}
		}
		if after := mustJSON(r); after != before {
			rt.Fatalf("the Result was changed")
		}
	})
}

// hostileText is a regressed Result with one text in every place a model or a
// user can reach.
func hostileText(text string) *eval.Result {
	r := regressedResult()
	r.Run.Name, r.Run.GoldenName, r.Run.EndedWhy, r.Run.Judge = text, text, text, text
	r.Candidate.Label, r.Candidate.Model = text, text
	r.Sentence, r.Next = "s "+text, "n "+text
	for i := range r.Cases {
		c := &r.Cases[i]
		c.ID, c.Cluster, c.Tags, c.KnownIssue = fmt.Sprint(i, text), text, []string{text}, ""
		if c.Detail != nil {
			c.Detail.Question, c.Detail.Reference = text, text
			for _, a := range []*eval.Answer{c.Detail.Baseline, c.Detail.Candidate} {
				if a != nil {
					a.Text = text
					for k := range a.Scores {
						a.Scores[k].Reason, a.Scores[k].Label = text, text
					}
				}
			}
		}
	}
	r.Warnings = append(r.Warnings, eval.Warning{Code: "x", Text: text})
	r.Failures = append(r.Failures, eval.FailureRecord{Slot: eval.Slot{Case: text, Arm: eval.Candidate}, Failure: eval.Failure{Stage: eval.StageJudge, Scorer: text, Message: text}})
	return r
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Every Result's JSON is valid under the published schema, which is generated
// from the Go types and their comments and so cannot drift from them.
func TestJSONSchema(t *testing.T) {
	golden(t, "../../../docs/result-schema.json", resultSchema(t))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(resultSchema(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("result.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("result.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fixtures() {
		var b bytes.Buffer
		if err := JSON(&b, f.result); err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	if err := schema.Validate(map[string]any{"schema": "x"}); err == nil {
		t.Error("the schema accepts anything")
	}
}

func TestRenderersAreKnown(t *testing.T) {
	for _, n := range Names() {
		if r, ok := ByName(n); !ok || r == nil {
			t.Errorf("%s has no renderer", n)
		}
	}
	if _, ok := ByName("html5"); ok || reflect.DeepEqual(Names(), nil) {
		t.Error("an unknown renderer was found")
	}
}
