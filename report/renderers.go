package report

import (
	"io"

	"github.com/qualgate/qualgate/eval"
)

// Renderer writes one form of a Result. An error is the writer's own, or says
// what in the Result has no such form.
type Renderer = func(w io.Writer, r *eval.Result) error

// renderers are the forms that need no options, in the order of Names.
var renderers = []struct {
	name   string
	render Renderer
}{
	{"json", JSON},
	{"junit", JUnit},
}

// ByName finds the renderer of a --report form; ok is false for a name that is
// not in Names.
func ByName(name string) (render Renderer, ok bool) {
	for _, r := range renderers {
		if r.name == name {
			return r.render, true
		}
	}
	return nil, false
}

// Names lists the forms ByName knows, sorted.
func Names() []string {
	names := make([]string, len(renderers))
	for i, r := range renderers {
		names[i] = r.name
	}
	return names
}
