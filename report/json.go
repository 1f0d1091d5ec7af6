package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/qualgate/qualgate/eval"
)

// JSON writes the whole Result as indented JSON with a line break at the end.
// Its schema is docs/result-schema.json; the field "schema" names its version.
// Equal Results give equal bytes. It is an error if a number is not finite,
// as JSON has no such number; otherwise the error is the writer's.
func JSON(w io.Writer, r *eval.Result) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("JSON report: %w", err)
	}
	return nil
}
