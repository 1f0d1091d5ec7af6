package stats

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
)

// Real comparisons with known outcomes. The data lie beside the repository and
// are not part of it.
const knownData = "../../../shared/data/"

// readLines decodes a JSONL file, or skips the test where the data are absent.
func readLines[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(knownData + name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here", knownData+name)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var x T
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWildBench: judged scores of 1,024 tasks at a margin of 3 %. Margins decide,
// not signs, and a relative margin depends on where the scale has its zero.
func TestWildBench(t *testing.T) {
	type row struct {
		Case, Model string
		Score       map[string]*float64
	}
	scores := map[string]map[string]float64{}
	var cases []string
	for _, r := range readLines[row](t, "wildbench_scores/judge_scores.jsonl") {
		if s := r.Score["gpt-4-turbo-2024-04-09@v2.0522"]; s != nil {
			if scores[r.Model] == nil {
				scores[r.Model] = map[string]float64{}
			}
			if r.Model == "Llama-3-8B-WizardLM-196K" { // scored on all 1,024
				cases = append(cases, r.Case)
			}
			scores[r.Model][r.Case] = *s
		}
	}
	fromLowest := func(s float64) float64 { return (s - 1) / 9 }
	fromZero := func(s float64) float64 { return s / 10 }
	for _, x := range []struct {
		base, cand string
		scale      func(float64) float64
		want       Outcome
	}{
		{"Llama-3-8B-WizardLM-196K", "Llama-3-8B-Ultrachat-200K", fromLowest, Better},
		{"Llama-3-8B-WildChat", "Llama-3-8B-Tulu-330K", fromLowest, Undecided},
		{"Qwen1.5-72B-Chat-greedy", "reka-flash-20240226", fromLowest, Worse},
		{"Llama-3-8B-Tulu-330K", "Llama-3-8B-Ultrachat-200K", fromLowest, Worse},
		{"Llama-3-8B-Tulu-330K", "Llama-3-8B-Ultrachat-200K", fromZero, Undecided},
	} {
		p := Pairs{}
		for _, c := range cases {
			b, okB := scores[x.base][c]
			s, okC := scores[x.cand][c]
			if okB && okC {
				p.Base, p.Cand = append(p.Base, x.scale(b)), append(p.Cand, x.scale(s))
			}
		}
		r := NonInferiority(p, NIConfig{X: .03, Alpha: .05, Seed: 1})
		if r.Outcome != x.want {
			t.Errorf("%s → %s: outcome %d, want %d; change %.4f, bounds %.4f (%s) %.4f (%s)",
				x.base, x.cand, r.Outcome, x.want, r.CandMean/r.BaseMean-1, r.Lower, r.LowerBy, r.Upper, r.UpperBy)
		}
	}
}

// TestLLMDrift: the same API models three months apart (Chen et al. 2023).
func TestLLMDrift(t *testing.T) {
	type row struct {
		ID, Model string
		Score     float64
	}
	for _, x := range []struct {
		task, base, cand string
		was, is          string
		clusters         int
		want             Outcome
	}{
		{"prime", "gpt-4-0314", "gpt-4-0613", "84.0", "51.1", 1000, Worse},
		{"prime", "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "49.6", "76.2", 1000, Better},
		{"opinionqa", "gpt-4-0314", "gpt-4-0613", "97.6", "23.4", 1494, Worse},
		{"opinionqa", "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "94.3", "96.7", 1494, Better},
	} {
		// A repeated id is a further case in that id's cluster.
		arms := map[string]map[string][]float64{x.base: {}, x.cand: {}}
		var ids []string
		for _, r := range readLines[row](t, "llmdrift/"+x.task+".answers.jsonl") {
			if arm := arms[r.Model]; arm != nil {
				if r.Model == x.base && arm[r.ID] == nil {
					ids = append(ids, r.ID)
				}
				arm[r.ID] = append(arm[r.ID], r.Score)
			}
		}
		p := Pairs{}
		for k, id := range ids {
			for i := range arms[x.base][id] {
				p.Base, p.Cand = append(p.Base, arms[x.base][id][i]), append(p.Cand, arms[x.cand][id][i])
				p.Cluster = append(p.Cluster, k)
			}
		}
		r := NonInferiority(p, NIConfig{X: .05, Alpha: .05, Seed: 1})
		percent := func(m float64) string { return fmt.Sprintf("%.1f", 100*m) }
		if r.Outcome != x.want || percent(r.BaseMean) != x.was || percent(r.CandMean) != x.is || r.Clusters != x.clusters || !r.Binary {
			t.Errorf("%s %s: %s → %s in %d clusters, outcome %d", x.task, x.cand, percent(r.BaseMean), percent(r.CandMean), r.Clusters, r.Outcome)
		}
	}
}
