package judge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"

	"github.com/qualgate/qualgate/eval"
)

// exprCost bounds one evaluation in CEL's own cost units: a scan of a few
// hundred megabytes of text, well under a second. A runaway expression ends as
// "cannot be measured", not as a hung run.
const exprCost = 20_000_000

// exprVariables are what an expression may read.
var exprVariables = []cel.EnvOption{
	cel.Variable("output", cel.StringType),
	cel.Variable("vars", cel.MapType(cel.StringType, cel.DynType)),
	cel.Variable("reference", cel.StringType),
	cel.Variable("context", cel.ListType(cel.StringType)),
	cel.Variable("latency_ms", cel.DoubleType),
	cel.Variable("cost_usd", cel.DoubleType),
	cel.Variable("model", cel.StringType),
	cel.Variable("tokens", cel.IntType),
	cel.Variable("truncated", cel.BoolType),
}

var exprEnv = sync.OnceValues(func() (*cel.Env, error) {
	opts := append(slices.Clone(exprVariables), ext.Strings(ext.StringsVersion(4)), cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(10_000), cel.ParserRecursionLimit(100))
	return cel.NewEnv(opts...)
})

// buildExpr compiles a CEL expression (github.com/google/cel-spec, with the
// string extensions) over output, vars, reference, context, latency_ms,
// cost_usd, model, tokens and truncated. It must give true or false, or a
// number from 0 to 1, which is then the score; a number passes from `min` on
// (default 0.5).
//
// Cost, latency and tokens may be unknown for an answer: an expression whose
// result depends on one of them then cannot be measured. The same holds for an
// expression that fails, say by reading a number from a text without one.
func buildExpr(_ *compiler, o *options) (rule, error) {
	source, _ := o.text("value")
	if strings.TrimSpace(source) == "" && len(o.errs) == 0 {
		o.fail("needs an expression, such as output.size() < 500")
	}
	low, ok := o.number("min", 0, 1)
	if !ok {
		low = 0.5
		o.effective["min"] = low
	}
	if len(o.errs) > 0 {
		return nil, o.finish()
	}
	env, err := exprEnv()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, exprIssues(issues)
	}
	if t := ast.OutputType(); !slices.ContainsFunc([]*cel.Type{cel.BoolType, cel.DoubleType, cel.IntType, cel.UintType, cel.DynType}, t.IsExactType) {
		return nil, fmt.Errorf("the expression gives %s; it must give true or false, or a number from 0 to 1", t)
	}
	program, err := env.Program(ast, cel.CostLimit(exprCost), cel.EvalOptions(cel.OptOptimize, cel.OptPartialEval), cel.InterruptCheckFrequency(1000))
	if err != nil {
		return nil, fmt.Errorf("the expression cannot be used: %w", err)
	}
	uses := exprUses(ast)
	o.needsReference = uses.reference
	o.needsVars = uses.vars
	return func(ctx context.Context, s *eval.Sample) (ruling, error) {
		return evaluate(ctx, program, source, low, s)
	}, nil
}

func exprIssues(issues *cel.Issues) error {
	var parts []string
	for _, e := range issues.Errors() {
		parts = append(parts, fmt.Sprintf("%s (line %d, column %d of the expression)", strings.TrimPrefix(e.Message, "Syntax error: "), e.Location.Line(), e.Location.Column()+1))
		if len(parts) == 3 {
			break
		}
	}
	return errors.New(strings.Join(parts, "; "))
}

func evaluate(ctx context.Context, program cel.Program, source string, low float64, s *eval.Sample) (ruling, error) {
	values, unknown := exprInput(s)
	input, err := cel.PartialVars(values, unknown...)
	if err != nil {
		return ruling{}, err
	}
	out, _, err := program.ContextEval(ctx, input)
	if ctx.Err() != nil {
		return ruling{}, ctx.Err()
	}
	if err != nil {
		return ruling{}, fmt.Errorf("%s fails on this answer: %w; guard it, so that every answer gives a result", quote(source, 120), err)
	}
	switch v := out.(type) {
	case types.Bool:
		if v {
			return yesNo(true, "true", quote(source, 200)+" holds"), nil
		}
		return yesNo(false, "false", fmt.Sprintf("%s does not hold; the answer begins %s", quote(source, 200), quote(s.Output.Text, 120))), nil
	case types.Double:
		return exprScore(float64(v), low, source)
	case types.Int:
		return exprScore(float64(v), low, source)
	case types.Uint:
		return exprScore(float64(v), low, source)
	case *types.Unknown:
		return ruling{}, exprUnknown(v)
	}
	return ruling{}, fmt.Errorf("%s gives a %s; it must give true or false, or a number from 0 to 1", quote(source, 120), out.Type().TypeName())
}

func exprScore(v, low float64, source string) (ruling, error) {
	if !(v >= 0 && v <= 1) {
		return ruling{}, fmt.Errorf("%s gives %v; a score lies from 0 to 1", quote(source, 120), v)
	}
	return ruling{value: v, pass: v >= low, label: fmt.Sprintf("%.2f", v), reason: fmt.Sprintf("%s gives %.3f, at least %s wanted", quote(source, 200), v, formatFloat(low))}, nil
}

func exprUnknown(u *types.Unknown) error {
	text := u.String()
	for _, k := range []struct {
		name string
		err  error
	}{{"cost_usd", errNoCost}, {"latency_ms", errNoLatency}, {"tokens", errNoTokens}} {
		if strings.Contains(text, k.name) {
			return k.err
		}
	}
	return fmt.Errorf("the expression depends on something unknown: %s", text)
}

// exprInput gives the values of a sample, and which of them nobody knows.
func exprInput(s *eval.Sample) (map[string]any, []*cel.AttributePatternType) {
	values := map[string]any{
		"output": strings.ToValidUTF8(s.Output.Text, "\uFFFD"), "model": s.Output.Model, "truncated": s.Output.Truncated,
		"vars": map[string]any{}, "reference": "", "context": []string{},
	}
	if c := s.Case; c != nil {
		values["reference"] = c.Reference
		if c.Vars != nil {
			values["vars"] = c.Vars
		}
		if c.Context != nil {
			values["context"] = c.Context
		}
	}
	var unknown []*cel.AttributePatternType
	note := func(name string, known bool, v any) {
		if known {
			values[name] = v
		} else {
			unknown = append(unknown, cel.AttributePattern(name))
		}
	}
	note("latency_ms", s.Output.Latency > 0, float64(s.Output.Latency.Microseconds())/1000)
	note("tokens", s.Output.OutputTokens > 0, int64(s.Output.OutputTokens))
	if s.Output.CostUSD != nil {
		note("cost_usd", true, *s.Output.CostUSD)
	} else {
		note("cost_usd", false, 0.0)
	}
	return values, unknown
}

// exprUse is what an expression needs of a case before it can be run.
type exprUse struct {
	reference bool
	vars      []string
}

// exprUses lists the vars read as vars.name or vars["name"], except those the
// expression itself guards with has(vars.name) or "name" in vars; and whether
// it needs a reference, which it does not if it compares that with "" itself.
func exprUses(a *cel.Ast) exprUse {
	var use exprUse
	read, guarded, mayBeEmpty := map[string]bool{}, map[string]bool{}, false
	isIdent := func(e celast.Expr, id string) bool { return e.Kind() == celast.IdentKind && e.AsIdent() == id }
	isVars := func(e celast.Expr) bool { return isIdent(e, "vars") }
	name := func(e celast.Expr) (string, bool) {
		if e.Kind() != celast.LiteralKind {
			return "", false
		}
		s, ok := e.AsLiteral().Value().(string)
		return s, ok
	}
	celast.PostOrderVisit(a.NativeRep().Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		switch e.Kind() {
		case celast.IdentKind:
			use.reference = use.reference || isIdent(e, "reference")
		case celast.SelectKind:
			if sel := e.AsSelect(); isVars(sel.Operand()) {
				if sel.IsTestOnly() {
					guarded[sel.FieldName()] = true
				} else {
					read[sel.FieldName()] = true
				}
			}
		case celast.CallKind:
			call := e.AsCall()
			args := call.Args()
			if len(args) != 2 {
				return
			}
			left, isLeft := name(args[0])
			right, isRight := name(args[1])
			switch call.FunctionName() {
			case operators.Index:
				if isRight && isVars(args[0]) {
					read[right] = true
				}
			case operators.In:
				if isLeft && isVars(args[1]) {
					guarded[left] = true
				}
			case operators.Equals, operators.NotEquals:
				empty := isIdent(args[0], "reference") && isRight && right == "" || isIdent(args[1], "reference") && isLeft && left == ""
				mayBeEmpty = mayBeEmpty || empty
			}
		}
	}))
	use.reference = use.reference && !mayBeEmpty
	for k := range guarded {
		delete(read, k)
	}
	use.vars = slices.Sorted(maps.Keys(read))
	return use
}
