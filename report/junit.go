package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qualgate/qualgate/eval"
)

// Limits of one text in the report, in bytes: CI servers keep these files and
// show them in a browser.
const (
	maxAttribute = 2 << 10
	maxElement   = 16 << 10
)

// The shape follows what the XSD of Jenkins' xunit plugin (junit-10.xsd)
// accepts: properties before test cases, no attributes beyond those below. It
// has no file or line on a testcase, so a case's place is the first line of
// its system-out.
type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Name    string     `xml:"name,attr"`
	Time    string     `xml:"time,attr"`
	Tests   int        `xml:"tests,attr"`
	Fails   int        `xml:"failures,attr"`
	Errors  int        `xml:"errors,attr"`
	Suite   junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Fails      int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	File       string          `xml:"file,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Classname string        `xml:"classname,attr"`
	Name      string        `xml:"name,attr"`
	Time      string        `xml:"time,attr,omitempty"`
	Skipped   *junitOutcome `xml:"skipped"`
	Error     *junitOutcome `xml:"error"`
	Failure   *junitOutcome `xml:"failure"`
	Out       junitText     `xml:"system-out"`
}

type junitOutcome struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

// junitText is written as CDATA, so that its lines can be read in the file.
type junitText struct {
	Text string `xml:",cdata"`
}

// verdictCase is the test case that carries the statistical verdict. Its class
// keeps it apart from a case of the golden set with the same id.
const verdictCase = "verdict"

// JUnit writes a Result as a JUnit report: one suite for the comparison, one
// testcase "verdict" and one for each case.
//
// There is a <failure> if and only if the exit code is 1 or 4: on the verdict
// and on the must_pass cases that were broken. Exit code 3 is an <error> of
// the verdict. A case without a score on an arm is an <error>, one under a
// known issue is <skipped>; one that merely got worse passes and says so in
// its system-out. Only the suite and the verdict have a time: cases run
// interleaved and have none of their own. Characters that XML 1.0 cannot hold
// are replaced, long texts are cut and say by how much. The error is the
// writer's.
func JUnit(w io.Writer, r *eval.Result) error {
	s := junitSuites{Name: "qualgate", Time: seconds(r.Run.Elapsed)}
	s.Suite = suiteOf(r)
	s.Tests, s.Fails, s.Errors = s.Suite.Tests, s.Suite.Fails, s.Suite.Errors
	body, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("JUnit report: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(body)+"\n")
	return err
}

func suiteOf(r *eval.Result) junitSuite {
	s := junitSuite{Name: suiteName(r), Time: seconds(r.Run.Elapsed), File: onlyFile(r), Properties: properties(r)}
	if !r.Run.Created.IsZero() {
		s.Timestamp = r.Run.Created.UTC().Format("2006-01-02T15:04:05")
	}
	s.Cases = append(s.Cases, verdictOf(r))
	failures := failuresByCase(r)
	broken := map[string][]eval.MustPassBreach{}
	if blocks(r) {
		for _, b := range r.MustPass {
			broken[b.Case] = append(broken[b.Case], b)
		}
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		s.Cases = append(s.Cases, caseOf(r, c, broken[c.ID], failures[c.ID]))
	}
	s.Tests = len(s.Cases)
	for i := range s.Cases {
		switch c := &s.Cases[i]; {
		case c.Failure != nil:
			s.Fails++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	return s
}

// blocks reports the exit codes that are failures of quality: regressed, and
// inconclusive where the policy does not map it to a pass.
func blocks(r *eval.Result) bool { return r.ExitCode == 1 || r.ExitCode == 4 }

func suiteName(r *eval.Result) string {
	name := r.Run.Name
	if name == "" {
		name = r.Run.GoldenName
	}
	if name == "" {
		name = "qualgate " + r.Run.Kind
	}
	if r.Baseline == nil {
		return attribute(name + ": " + r.Candidate.Label)
	}
	return attribute(name + ": " + r.Candidate.Label + " against " + r.Baseline.Label)
}

// onlyFile is the golden file, if there is one only.
func onlyFile(r *eval.Result) string {
	file := ""
	for i := range r.Cases {
		switch f := r.Cases[i].Pos.File; {
		case f == "", file != "" && f != file:
			return ""
		default:
			file = f
		}
	}
	return attribute(file)
}

func properties(r *eval.Result) []junitProperty {
	var out []junitProperty
	add := func(name, value string) {
		if value != "" {
			out = append(out, junitProperty{name, attribute(value)})
		}
	}
	add("qualgate.verdict", r.Verdict.String())
	add("qualgate.exit_code", strconv.Itoa(r.ExitCode))
	add("qualgate.max_drop", r.Policy.MaxDrop.String())
	add("qualgate.confidence", percent(r.Policy.Confidence))
	if r.Baseline != nil {
		add("qualgate.baseline", r.Baseline.Label)
		add("qualgate.baseline.commit", r.Baseline.Commit)
	}
	add("qualgate.candidate", r.Candidate.Label)
	add("qualgate.candidate.commit", r.Candidate.Commit)
	add("qualgate.judge", r.Run.Judge)
	add("qualgate.rubric", r.Run.Rubric)
	add("qualgate.golden", r.Run.GoldenName)
	add("qualgate.golden_digest", r.Run.GoldenHash)
	add("qualgate.plan_digest", r.Run.PlanDigest)
	add("qualgate.version", r.Run.ToolVersion)
	return out
}

func verdictOf(r *eval.Result) junitCase {
	c := junitCase{Classname: "qualgate", Name: verdictCase, Time: seconds(r.Run.Elapsed)}
	outcome := &junitOutcome{Type: r.Verdict.String(), Message: attribute(r.Sentence), Text: element(r.Next)}
	switch {
	case blocks(r):
		c.Failure = outcome
	case r.ExitCode != 0:
		c.Error = outcome
	}
	c.Out = junitText{verdictText(r)}
	return c
}

func verdictText(r *eval.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", element(r.Sentence), element(r.Next))
	rows := []*eval.Comparison{&r.Overall}
	if r.Floor != nil {
		rows = append(rows, r.Floor)
	}
	for i := range r.Criteria {
		rows = append(rows, &r.Criteria[i])
	}
	for i := range r.Slices {
		rows = append(rows, &r.Slices[i])
	}
	for _, c := range rows {
		fmt.Fprintf(&b, "%s: %s", element(c.Name), moved(c.Baseline, c.Candidate))
		if c.Change != nil {
			fmt.Fprintf(&b, " (%s points %s)", change(c.Change), interval(c.ChangeCI))
		}
		switch {
		case !c.Tested:
			b.WriteString(", not tested")
		case c.Gating:
			fmt.Fprintf(&b, ", %s", c.Verdict)
		default:
			fmt.Fprintf(&b, ", %s (does not decide)", c.Verdict)
		}
		b.WriteByte('\n')
	}
	if s := stages(r); s != "" {
		fmt.Fprintf(&b, "not measured: %s\n", s)
	}
	for _, warn := range r.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", element(warn.Text))
	}
	return b.String()
}

func moved(base, cand *float64) string {
	if base == nil {
		return score(cand)
	}
	return score(base) + " → " + score(cand)
}

// caseOf is the testcase of one golden case. The outcome is the first that
// holds of: a broken hard rule, a known issue, no score.
func caseOf(r *eval.Result, c *eval.CaseResult, broken []eval.MustPassBreach, lost []*eval.FailureRecord) junitCase {
	t := junitCase{Classname: classname(r, c), Name: attribute(c.ID), Out: junitText{caseText(c, lost)}}
	switch {
	case len(broken) > 0:
		t.Failure = brokenRule(broken)
	case c.KnownIssue != "" && !c.Counted:
		t.Skipped = &junitOutcome{Type: "known_issue", Message: attribute("known issue: " + c.KnownIssue)}
	case c.Candidate == nil || r.Baseline != nil && c.Baseline == nil:
		t.Error = unmeasured(c, lost)
	}
	return t
}

func brokenRule(broken []eval.MustPassBreach) *junitOutcome {
	o := &junitOutcome{Type: "must_pass"}
	var lines []string
	for _, b := range broken {
		what := "must_pass"
		if b.Check != "" {
			what += " " + b.Check
		}
		line := fmt.Sprintf("%s failed in %d of %s", what, b.Failed, count(b.Trials, "trial"))
		if b.Reason != "" {
			line += ": " + b.Reason
		}
		lines = append(lines, line)
	}
	o.Message, o.Text = attribute(lines[0]), element(strings.Join(lines, "\n"))
	return o
}

func unmeasured(c *eval.CaseResult, lost []*eval.FailureRecord) *junitOutcome {
	o := &junitOutcome{Type: "unmeasured", Message: "not measured: " + missingArms(c)}
	if len(lost) > 0 {
		o.Type = attribute("unmeasured:" + string(lost[0].Stage))
		o.Message = attribute("not measured: " + lost[0].Error())
	}
	return o
}

func missingArms(c *eval.CaseResult) string {
	switch {
	case c.Candidate == nil && c.Baseline == nil:
		return "no score on any arm"
	case c.Candidate == nil:
		return "no score of the candidate"
	}
	return "no score of the baseline"
}

// classname groups cases by golden set and first tag. A dot separates packages
// in CI servers, so it stands between these two only.
func classname(r *eval.Result, c *eval.CaseResult) string {
	set := r.Run.GoldenName
	if set == "" {
		set = r.Run.Name
	}
	if set == "" {
		set = "cases"
	}
	undotted := strings.NewReplacer(".", "_")
	name := undotted.Replace(set)
	if len(c.Tags) > 0 {
		name += "." + undotted.Replace(c.Tags[0])
	}
	return attribute(name)
}

func failuresByCase(r *eval.Result) map[string][]*eval.FailureRecord {
	m := map[string][]*eval.FailureRecord{}
	for i := range r.Failures {
		f := &r.Failures[i]
		m[f.Case] = append(m[f.Case], f)
	}
	return m
}

// caseText says what happened to a case, for a person who opens it.
func caseText(c *eval.CaseResult, lost []*eval.FailureRecord) string {
	var b strings.Builder
	if at := place(c.Pos); at != "" {
		fmt.Fprintf(&b, "%s\n", element(at))
	}
	if len(c.Tags) > 0 {
		fmt.Fprintf(&b, "tags: %s\n", element(strings.Join(c.Tags, ", ")))
	}
	fmt.Fprintf(&b, "score: %s", moved(c.Baseline, c.Candidate))
	if c.Change != nil {
		fmt.Fprintf(&b, " (%s points)", change(c.Change))
		if *c.Change < 0 {
			b.WriteString(", worse than the baseline; a single case does not decide")
		}
	}
	b.WriteByte('\n')
	for _, part := range c.Parts {
		fmt.Fprintf(&b, "  %s: %s\n", element(part.Criterion), moved(part.Baseline, part.Candidate))
	}
	if c.KnownIssue != "" {
		fmt.Fprintf(&b, "known issue: %s\n", element(c.KnownIssue))
	}
	if c.Missing > 0 {
		fmt.Fprintf(&b, "not measured: %s\n", count(c.Missing, "trial"))
	}
	for _, f := range lost[:min(len(lost), 10)] {
		fmt.Fprintf(&b, "  %s, trial %d: %s\n", element(string(f.Arm)), f.Trial, element(f.Error()))
	}
	if more := len(lost) - 10; more > 0 {
		fmt.Fprintf(&b, "  and %d more\n", more)
	}
	if c.Detail != nil {
		detailText(&b, c.Detail)
	}
	return b.String()
}

func detailText(b *strings.Builder, d *eval.CaseDetail) {
	part := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "\n--- %s ---\n%s\n", name, element(text))
		}
	}
	answer := func(name string, a *eval.Answer) {
		if a == nil {
			return
		}
		part(fmt.Sprintf("%s, trial %d", name, d.Trial), a.Text)
		for _, s := range a.Scores {
			fmt.Fprintf(b, "%s = %s", element(s.Criterion), score(&s.Value))
			if s.Label != "" {
				fmt.Fprintf(b, " (%s)", element(s.Label))
			}
			if s.Reason != "" {
				fmt.Fprintf(b, ": %s", element(s.Reason))
			}
			b.WriteByte('\n')
		}
	}
	part("asked", d.Question)
	part("reference", d.Reference)
	answer("baseline", d.Baseline)
	answer("candidate", d.Candidate)
}

func seconds(d time.Duration) string { return strconv.FormatFloat(max(d, 0).Seconds(), 'f', 3, 64) }

// attribute and element make untrusted text fit for XML: cut to a size, and
// with printable pictures instead of what XML 1.0 forbids (all controls but
// tab and line breaks) and what would reorder a web page.
func attribute(s string) string { return xmlText(s, maxAttribute) }
func element(s string) string   { return xmlText(s, maxElement) }

func xmlText(s string, limit int) string {
	left := 0
	if len(s) > limit {
		end := limit
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		left = len(s) - end
		s = s[:end]
	}
	s = printableText(s)
	if left > 0 {
		s += fmt.Sprintf("… (cut: %s bytes more)", thousands(left))
	}
	return s
}
