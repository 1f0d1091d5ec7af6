package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/qualgate/qualgate/eval"
)

// benchmarkCases is the size of the largest sets that are meant to load.
const benchmarkCases = 100_000

func benchmarkGolden(b *testing.B, name, head, line string) {
	var doc strings.Builder
	doc.WriteString(head)
	for i := range benchmarkCases {
		fmt.Fprintf(&doc, line, i, i, i%500)
	}
	data := []byte(doc.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		set, ps := eval.LoadGolden([]string{name}, eval.LoadOptions{Read: func(string) ([]byte, error) { return data, nil }})
		if ps != nil || len(set.Cases) != benchmarkCases {
			b.Fatal(ps)
		}
	}
}

func BenchmarkGoldenJSONL(b *testing.B) {
	benchmarkGolden(b, "g.jsonl", "", `{"id": "case-%d", "vars": {"question": "May I return order %d after 40 days?"}, "reference": "Within 30 days.", "tags": ["billing", "returns"], "cluster": "c%d", "checks": [{"contains": "30 days", "weight": 2}]}`+"\n")
}

func BenchmarkGoldenYAML(b *testing.B) {
	benchmarkGolden(b, "g.yaml", "cases:\n", "  - id: case-%d\n    vars: {question: \"May I return order %d after 40 days?\"}\n    reference: Within 30 days.\n    tags: [billing, returns]\n    cluster: c%d\n    checks:\n      - contains: 30 days\n        weight: 2\n")
}

func BenchmarkGoldenCSV(b *testing.B) {
	benchmarkGolden(b, "g.csv", "id,question,reference,tags,cluster,checks\n", "case-%d,May I return order %d after 40 days?,Within 30 days.,billing;returns,c%d,\"[{\"\"contains\"\": \"\"30 days\"\", \"\"weight\"\": 2}]\"\n")
}

func BenchmarkLock(b *testing.B) {
	set := &eval.GoldenSet{Cases: make([]eval.Case, benchmarkCases)}
	for i := range set.Cases {
		set.Cases[i] = eval.Case{ID: fmt.Sprintf("case-%d", i), Digest: eval.Digest(i)}
	}
	data := eval.NewLock(set, nil, nil).Bytes()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		l, ps := eval.ParseLock("l", data)
		if ps != nil || !l.Diff(set, nil, nil).Empty() {
			b.Fatal(ps)
		}
	}
}
