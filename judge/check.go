package judge

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/qualgate/qualgate/eval"
)

// Check is one deterministic rule, compiled. It is safe for concurrent use.
type Check struct {
	// Criterion is how its scores are named: "check:" and the check's name, or
	// its kind where it has no name.
	Criterion string
	Kind      string
	Weight    float64
	MustPass  bool

	needsReference bool
	reference      func(string) error // what is wrong with a reference
	needsVars      []string           // keys of Case.Vars an expression reads
	canonical      string             // what determines the rule, for digests
	files          []string           // "path digest" of the files the rule was read from
	rule           rule
}

// ruling is what a rule found in one sample.
type ruling struct {
	value  float64
	pass   bool
	label  string
	reason string
}

// rule looks at a sample. An error means that the sample cannot be measured by
// this rule; it is not a bad answer.
type rule func(ctx context.Context, s *eval.Sample) (ruling, error)

// maxReason bounds a reason, in runes.
const maxReason = 600

// Score applies the check to one sample. The value is in [0,1]. An error means
// that the check cannot be measured on this sample.
func (c *Check) Score(ctx context.Context, s eval.Sample) (eval.Score, error) {
	if c.needsReference && (s.Case == nil || s.Case.Reference == "") {
		return eval.Score{}, fmt.Errorf("%s compares with the reference, and the case has none", c.Criterion)
	}
	r, err := c.rule(ctx, &s)
	if err != nil {
		return eval.Score{}, fmt.Errorf("%s: %w", c.Criterion, err)
	}
	if math.IsNaN(r.value) || r.value < 0 || r.value > 1 {
		return eval.Score{}, fmt.Errorf("%s gave %v, which is not a score from 0 to 1", c.Criterion, r.value)
	}
	return eval.Score{
		Criterion: c.Criterion, Value: r.value, Weight: c.Weight, Label: r.label,
		Reason: capRunes(r.reason, maxReason), Pass: r.pass, Deterministic: true, MustPass: c.MustPass,
	}, nil
}

// yesNo is a ruling that is all or nothing.
func yesNo(pass bool, label, reason string) ruling {
	r := ruling{pass: pass, label: label, reason: reason}
	if pass {
		r.value = 1
	}
	return r
}

// fileReader reads a file a check names, by the path written in the check.
type fileReader func(path string) ([]byte, error)

// Option changes how checks are compiled.
type Option func(*compiler)

// WithFiles lets checks name files (a JSON Schema). read gets the path as it
// is written; without it such a check does not compile.
func WithFiles(read func(path string) ([]byte, error)) Option {
	return func(c *compiler) { c.read = read }
}

type compiler struct {
	read fileReader
}

// builder makes the rule of a kind out of its options.
type builder func(*compiler, *options) (rule, error)

type kindInfo struct {
	name string
	// value is the option that `kind: text` is short for; empty if the kind
	// takes a mapping only.
	value string
	// bare says that the kind may stand without a value.
	bare    bool
	options []string
	build   builder
}

var textOptions = []string{"ignore_case", "fold", "trim"}

func withText(own ...string) []string { return append(own, textOptions...) }

// kinds lists every kind in the order of the documentation. It is a function
// because the builders refer to each other's helpers and back to it.
func kinds() []kindInfo {
	return []kindInfo{
		{"exact", "value", true, withText("value"), buildExact(false)},
		{"not_exact", "value", false, withText("value"), buildExact(true)},
		{"one_of", "values", false, withText("values"), buildOneOf(false)},
		{"not_one_of", "values", false, withText("values"), buildOneOf(true)},
		{"contains", "value", true, withText("value"), buildContains(false)},
		{"not_contains", "value", false, withText("value"), buildContains(true)},
		{"contains_any", "values", false, withText("values"), buildContainsAny(false)},
		{"not_contains_any", "values", false, withText("values"), buildContainsAny(true)},
		{"contains_all", "values", false, withText("values"), buildContainsAll(false)},
		{"not_contains_all", "values", false, withText("values"), buildContainsAll(true)},
		{"starts_with", "value", true, withText("value"), buildEdge(edgeStart, false)},
		{"not_starts_with", "value", false, withText("value"), buildEdge(edgeStart, true)},
		{"ends_with", "value", true, withText("value"), buildEdge(edgeEnd, false)},
		{"not_ends_with", "value", false, withText("value"), buildEdge(edgeEnd, true)},
		{"regex", "pattern", false, []string{"pattern", "flags"}, buildRegex(false)},
		{"not_regex", "pattern", false, []string{"pattern", "flags"}, buildRegex(true)},
		{"json", "type", true, []string{"type", "strip_fence"}, buildJSON},
		{"json_schema", "file", false, []string{"schema", "file", "strip_fence"}, buildJSONSchema},
		{"number", "value", true, []string{"value", "tolerance", "relative", "decimal", "percent", "magnitudes"}, buildNumber},
		{"similarity", "", false, withText("method", "value", "min"), buildSimilarity},
		{"length", "", false, []string{"min", "max", "unit"}, buildLength},
		{"refusal", "expect", true, []string{"expect", "phrases"}, buildRefusal},
		{"latency", "max", false, []string{"max"}, buildLatency},
		{"cost", "max", false, []string{"max"}, buildCost},
		{"expr", "value", false, []string{"value", "min"}, buildExpr},
	}
}

// Kinds lists the kinds of checks as they are written in documents.
func Kinds() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// CompileCheck compiles one check. The error says what is wrong with it and
// names the nearest valid spelling; the caller adds where it stands.
func CompileCheck(spec eval.CheckSpec, opts ...Option) (*Check, error) {
	c := &compiler{}
	for _, o := range opts {
		o(c)
	}
	return c.compile(spec)
}

func (c *compiler) compile(spec eval.CheckSpec) (*Check, error) {
	info, err := findKind(spec.Kind)
	if err != nil {
		return nil, err
	}
	weight, err := checkWeight(spec.Weight)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec.Kind, err)
	}
	name := spec.Name
	if name == "" {
		name = spec.Kind
	}
	if err := validName(name); err != nil {
		return nil, fmt.Errorf("%s: %w", spec.Kind, err)
	}
	o, err := readOptions(info, spec.Params)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec.Kind, err)
	}
	r, err := info.build(c, o)
	if err == nil {
		err = o.finish()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec.Kind, err)
	}
	slices.Sort(o.files)
	return &Check{
		Criterion: "check:" + name, Kind: spec.Kind, Weight: weight, MustPass: spec.MustPass,
		needsReference: o.needsReference, reference: o.reference, needsVars: o.needsVars, files: o.files, rule: r,
		canonical: canonicalJSON(map[string]any{
			"kind": spec.Kind, "name": name, "weight": weight, "must_pass": spec.MustPass, "options": o.effective, "files": o.files,
		}),
	}, nil
}

func findKind(name string) (kindInfo, error) {
	var names []string
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
		names = append(names, k.name)
	}
	if near := nearest(name, names); near != "" {
		return kindInfo{}, fmt.Errorf("there is no check %q; did you mean %q?", name, near)
	}
	return kindInfo{}, fmt.Errorf("there is no check %q; the checks are %s", name, strings.Join(names, ", "))
}

// checkWeight reads a weight: 0 stands for 1.
func checkWeight(w float64) (float64, error) {
	switch {
	case w == 0:
		return 1, nil
	case math.IsNaN(w) || math.IsInf(w, 0) || w < 0:
		return 0, fmt.Errorf("weight %v must be a number above 0", w)
	}
	return w, nil
}

// validName keeps names usable as a criterion in reports, policies and XML.
func validName(name string) error {
	if len(name) > 100 {
		return fmt.Errorf("the name is longer than 100 bytes: %s", quote(name, 40))
	}
	if strings.TrimSpace(name) != name || strings.ContainsFunc(name, isHidden) {
		return fmt.Errorf("the name %q has spaces at its ends or characters that cannot be seen", name)
	}
	return nil
}
