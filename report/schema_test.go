package report

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/qualgate/qualgate/eval"
)

// resultSchema generates the JSON Schema of a Result from the Go types and
// their comments.
func resultSchema(t *testing.T) []byte {
	t.Helper()
	g := schemaGen{docs: comments(t, filepath.Join("..", "eval")), defs: map[string]any{}}
	root := g.of(reflect.TypeFor[eval.Result]())
	out := map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       eval.ResultSchema,
		"description": "The JSON report of qualgate. The field schema names its version; fields may be added within a version, never removed or given another meaning.",
		"$ref":        root["$ref"], "$defs": g.defs,
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

type schemaGen struct {
	docs map[string]string // Type or Type.Field → comment
	defs map[string]any
}

func (g *schemaGen) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[time.Duration]():
		return map[string]any{"type": "integer"}
	case reflect.TypeFor[eval.Verdict]():
		return map[string]any{"enum": []string{"inconclusive", "pass", "regressed", "unmeasured"}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{g.of(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": g.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.of(t.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Struct:
		return g.structure(t)
	}
	return map[string]any{"type": "integer"}
}

func (g *schemaGen) structure(t reflect.Type) map[string]any {
	ref := map[string]any{"$ref": "#/$defs/" + t.Name()}
	if _, done := g.defs[t.Name()]; done {
		return ref
	}
	g.defs[t.Name()] = nil
	props, required := map[string]any{}, []string{}
	g.fields(t, props, &required)
	def := map[string]any{"type": "object", "properties": props, "required": required, "additionalProperties": false}
	if d := g.docs[t.Name()]; d != "" {
		def["description"] = d
	}
	g.defs[t.Name()] = def
	return ref
}

func (g *schemaGen) fields(t reflect.Type, props map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		if f.Anonymous && tag == "" {
			g.fields(f.Type, props, required)
			continue
		}
		name, opts, _ := strings.Cut(tag, ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		s := g.of(f.Type)
		if d := g.docs[t.Name()+"."+f.Name]; d != "" {
			s = map[string]any{"allOf": []any{s}, "description": d}
		}
		props[name] = s
		if !strings.Contains(opts, "omit") {
			*required = append(*required, name)
		}
	}
}

// comments reads the comments of a package's types and their fields.
func comments(t *testing.T, dir string) map[string]string {
	t.Helper()
	docs := map[string]string{}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, f.Name()), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range gen.Specs {
				ts, ok := s.(*ast.TypeSpec)
				if !ok {
					continue
				}
				docs[ts.Name.Name] = oneParagraph(gen.Doc.Text())
				st, ok := ts.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, field := range st.Fields.List {
					text := oneParagraph(field.Doc.Text() + field.Comment.Text())
					for _, n := range field.Names {
						docs[ts.Name.Name+"."+n.Name] = text
					}
				}
			}
		}
	}
	return docs
}

func oneParagraph(s string) string { return strings.Join(strings.Fields(s), " ") }
