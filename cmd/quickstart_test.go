package cmd_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/stats"
)

// quickstart copies the example, so that the test leaves nothing in it.
func quickstart(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "examples", "quickstart"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".qualgate")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The two commands of the example say what its README says, and neither
// verdict is luck: over 1,000 bootstrap resamples of the clusters each comes
// out at least 95 times in 100.
func TestQuickstart(t *testing.T) {
	dir := quickstart(t)
	for _, tt := range []struct {
		config string
		code   int
		want   stats.Outcome
		lo, hi float64 // relative change
	}{
		{"qualgate.yaml", 0, stats.Better, -.02, .02},
		{"regressed.yaml", 1, stats.Worse, -.12, -.08},
	} {
		t.Run(tt.config, func(t *testing.T) {
			c := program(t, t.Context(), dir, nil, "run", "--config", tt.config, "--report", "json=r.json")
			out, _ := c.CombinedOutput()
			if c.ProcessState.ExitCode() != tt.code {
				t.Fatalf("exit %d, want %d\n%s", c.ProcessState.ExitCode(), tt.code, out)
			}
			data, err := os.ReadFile(filepath.Join(dir, "r.json"))
			if err != nil {
				t.Fatal(err)
			}
			var r eval.Result
			if err := json.Unmarshal(data, &r); err != nil {
				t.Fatal(err)
			}
			if rel := *r.Overall.Relative; rel < tt.lo || rel > tt.hi {
				t.Errorf("relative change %.3f, want between %.2f and %.2f", rel, tt.lo, tt.hi)
			}
			if len(r.Cases) < 200 || r.Overall.Clusters < 60 || len(r.Failures) > 0 {
				t.Errorf("%d cases in %d clusters, %d failures", len(r.Cases), r.Overall.Clusters, len(r.Failures))
			}
			worse := 0
			for _, cr := range r.Cases {
				if cr.Change != nil && *cr.Change < -.2 {
					worse++
				}
			}
			if tt.code == 1 && worse < 40 {
				t.Errorf("the regression is spread over %d cases, want at least 40", worse)
			}
			if share := resample(r, tt.want); share < .95 {
				t.Errorf("over 1,000 resamples the verdict comes out in %.1f %%, want 95 %%", 100*share)
			} else {
				t.Logf("over 1,000 resamples the verdict comes out in %.1f %%", 100*share)
			}
		})
	}
}

// resample draws clusters anew and counts how often the outcome is the same.
func resample(r eval.Result, want stats.Outcome) float64 {
	groups := map[string][]eval.CaseResult{}
	var names []string
	for _, c := range r.Cases {
		if !c.Counted || c.Change == nil {
			continue
		}
		if groups[c.Cluster] == nil {
			names = append(names, c.Cluster)
		}
		groups[c.Cluster] = append(groups[c.Cluster], c)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	hits := 0
	const n = 1000
	for k := range n {
		var p stats.Pairs
		for g := range names {
			for _, c := range groups[names[rng.IntN(len(names))]] {
				p.Base, p.Cand, p.Cluster = append(p.Base, *c.Baseline), append(p.Cand, *c.Candidate), append(p.Cluster, g)
			}
		}
		if stats.NonInferiority(p, stats.NIConfig{X: r.Policy.MaxDrop.Value, Alpha: 1 - r.Policy.Confidence, Seed: uint64(k), Resamples: 999}).Outcome == want {
			hits++
		}
	}
	return float64(hits) / n
}

// The example's lock holds, and nothing in the example looks like a key.
func TestQuickstartIsFrozen(t *testing.T) {
	dir := quickstart(t)
	for _, config := range []string{"qualgate.yaml", "regressed.yaml"} {
		out, err := program(t, t.Context(), dir, nil, "validate", "--config", config).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "214 cases in 71 clusters, frozen") {
			t.Errorf("%s: %v\n%s", config, err, out)
		}
	}
}
