package eval

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shared opens a file of recorded real outputs that lies beside the project
// and is no part of it.
func shared(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "data", name))
	if err != nil {
		t.Skipf("recorded data is not here: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// eachLine decodes every line of a JSONL file.
func eachLine[T any](t testing.TB, f *os.File, use func(T)) {
	t.Helper()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 64<<20)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		use(v)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
}

// compareLines decides between two score files given as text.
func compareLines(t testing.TB, base, cand string, p Policy, scale Scale) *Result {
	t.Helper()
	b, err := ReadScores(strings.NewReader(base), "base.jsonl", scale)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadScores(strings.NewReader(cand), "cand.jsonl", scale)
	if err != nil {
		t.Fatal(err)
	}
	r, err := CompareScores(CompareSpec{Baseline: b, Candidate: c, Policy: p, Created: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func policyOf(t testing.TB, margin string) Policy {
	t.Helper()
	p := DefaultPolicy()
	m, err := ParseMargin(margin)
	if err != nil {
		t.Fatal(err)
	}
	p.MaxDrop = m
	return p
}

// driftScores renders LLMDrift's answers of each model as score files.
func driftScores(t testing.TB, task string) map[string]string {
	t.Helper()
	tags := map[string]string{}
	eachLine(t, shared(t, "llmdrift/"+task+".cases.jsonl"), func(c struct{ ID, Reference string }) {
		tags[c.ID] = strings.ToLower(c.Reference)
	})
	out := map[string]*strings.Builder{}
	eachLine(t, shared(t, "llmdrift/"+task+".answers.jsonl"), func(a struct {
		ID, Model string
		Score     float64
	}) {
		if out[a.Model] == nil {
			out[a.Model] = &strings.Builder{}
		}
		tag := ""
		if task == "prime" {
			tag = fmt.Sprintf(`,"tags":[%q]`, tags[a.ID])
		}
		fmt.Fprintf(out[a.Model], `{"case":%q,"score":%v%s}`+"\n", a.ID, a.Score, tag)
	})
	files := map[string]string{}
	for m, b := range out {
		files[m] = b.String()
	}
	return files
}

// The published drift of GPT-4 and GPT-3.5 from March to June 2023 (Chen,
// Zaharia and Zou, arXiv 2307.09009), from the recorded answers.
func TestKnownDrift(t *testing.T) {
	for _, tt := range []struct {
		task, from, to  string
		want            Verdict
		rates           string
		cases, clusters int
	}{
		{"prime", "gpt-4-0314", "gpt-4-0613", Regressed, "84.0 → 51.1", 1000, 1000},
		{"prime", "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", Pass, "49.6 → 76.2", 1000, 1000},
		{"opinionqa", "gpt-4-0314", "gpt-4-0613", Regressed, "97.6 → 23.4", 1506, 1494},
		{"opinionqa", "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", Pass, "94.3 → 96.7", 1506, 1494},
	} {
		t.Run(tt.task+" "+tt.to, func(t *testing.T) {
			files := driftScores(t, tt.task)
			r := compareLines(t, files[tt.from], files[tt.to], policyOf(t, "5%"), Scale{})
			if r.Verdict != tt.want || !strings.Contains(r.Sentence, tt.rates) {
				t.Errorf("%v: %s; want %v with %s", r.Verdict, r.Sentence, tt.want, tt.rates)
			}
			if r.Overall.Cases != tt.cases || r.Overall.Clusters != tt.clusters {
				t.Errorf("%d cases in %d clusters, want %d in %d", r.Overall.Cases, r.Overall.Clusters, tt.cases, tt.clusters)
			}
		})
	}
}

// The whole rose while one half fell: the slice must show it.
func TestKnownDriftInASlice(t *testing.T) {
	files := driftScores(t, "prime")
	r := compareLines(t, files["gpt-3.5-turbo-0301"], files["gpt-3.5-turbo-0613"], policyOf(t, "5%"), Scale{})
	for _, s := range r.Slices {
		if s.Name != "tag:no" {
			continue
		}
		if got := fmt.Sprintf("%.1f → %.1f", 100**s.Baseline, 100**s.Candidate); got != "84.4 → 65.6" {
			t.Errorf("composites went %s, want 84.4 → 65.6", got)
		}
		if s.Verdict != Regressed || s.Gating {
			t.Errorf("composites: verdict %v, gating %v; want an advisory regression", s.Verdict, s.Gating)
		}
		return
	}
	t.Error("no slice of composites")
}

type judgeScore struct {
	Case  string              `json:"case"`
	Model string              `json:"model"`
	Score map[string]*float64 `json:"score"`
}

// wildbench renders one judge's scores of each model as score files.
func wildbench(t testing.TB, judge string, withJudge bool) map[string]string {
	t.Helper()
	out := map[string]*strings.Builder{}
	eachLine(t, shared(t, "wildbench_scores/judge_scores.jsonl"), func(s judgeScore) {
		v, ok := s.Score[judge]
		if !ok {
			return
		}
		if out[s.Model] == nil {
			out[s.Model] = &strings.Builder{}
		}
		text, by := "null", ""
		if v != nil {
			text = fmt.Sprint(*v)
		}
		if withJudge {
			by = fmt.Sprintf(`,"judge":%q`, judge)
		}
		fmt.Fprintf(out[s.Model], `{"case":%q,"score":%s%s}`+"\n", s.Case, text, by)
	})
	files := map[string]string{}
	for m, b := range out {
		files[m] = b.String()
	}
	return files
}

const turbo = "gpt-4-turbo-2024-04-09@v2.0522"

// Margins decide, not signs: three changes of real models under one judge.
func TestKnownMargins(t *testing.T) {
	files := wildbench(t, turbo, false)
	for _, tt := range []struct {
		from, to string
		want     Verdict
	}{
		{"Llama-3-8B-WizardLM-196K", "Llama-3-8B-Ultrachat-200K", Pass},
		{"Llama-3-8B-WildChat", "Llama-3-8B-Tulu-330K", Inconclusive},
		{"Qwen1.5-72B-Chat-greedy", "reka-flash-20240226", Regressed},
	} {
		r := compareLines(t, files[tt.from], files[tt.to], policyOf(t, "3%"), Scale{1, 10})
		if r.Verdict != tt.want {
			t.Errorf("%s → %s: %v, want %v: %s", tt.from, tt.to, r.Verdict, tt.want, r.Sentence)
		}
		t.Log(r.Sentence)
	}
}

func TestKnownJudgeMeans(t *testing.T) {
	means := map[[2]string][2]float64{} // model, judge → sum, n
	eachLine(t, shared(t, "wildbench_scores/judge_scores.jsonl"), func(s judgeScore) {
		for j, v := range s.Score {
			if v != nil {
				m := means[[2]string{s.Model, j}]
				means[[2]string{s.Model, j}] = [2]float64{m[0] + *v, m[1] + 1}
			}
		}
	})
	readme, err := os.ReadFile(filepath.Join("..", "..", "shared", "data", "wildbench_scores", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	byJudge := map[string]map[string]string{}
	for _, line := range strings.Split(string(readme), "\n") {
		if strings.HasPrefix(line, "## Judge against judge") {
			break
		}
		cells := strings.Split(line, "|")
		if len(cells) < 6 || !strings.Contains(cells[2], "@v2") || strings.Contains(cells[2], "judge@") {
			continue
		}
		model, judge := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])
		var n int
		var mean float64
		if _, err := fmt.Sscan(cells[3], &n); err != nil {
			continue
		}
		if _, err := fmt.Sscan(cells[4], &mean); err != nil {
			t.Fatal(err)
		}
		if byJudge[judge] == nil {
			byJudge[judge] = wildbench(t, judge, false)
		}
		r := compareLines(t, byJudge[judge][model], byJudge[judge][model], policyOf(t, "3%"), Scale{1, 10})
		if r.Candidate.Scored != n {
			t.Errorf("%s by %s: %d scores, want %d", model, judge, r.Candidate.Scored, n)
		}
		if got := 1 + 9**r.Candidate.Mean; math.Abs(got-mean) > 1e-9 {
			t.Errorf("%s by %s: mean %.12f, want %.9f", model, judge, got, mean)
		}
		m := means[[2]string{model, judge}]
		if exact := m[0] / m[1]; math.Abs(1+9**r.Candidate.Mean-exact) > 1e-9 {
			t.Errorf("%s by %s: mean differs from the plain one by %g", model, judge, 1+9**r.Candidate.Mean-exact)
		}
		checked++
	}
	if checked != 29 {
		t.Errorf("%d means checked, want 29", checked)
	}
}

// A difference between judges is not a difference between models.
func TestTwoJudgesAreRefused(t *testing.T) {
	a, b := wildbench(t, turbo, true), wildbench(t, "gpt-4o-2024-05-13@v2.0522", true)
	base, err := ReadScores(strings.NewReader(a["gemma-7b-it"]), "a.jsonl", Scale{1, 10})
	if err != nil {
		t.Fatal(err)
	}
	cand, err := ReadScores(strings.NewReader(b["gemma-7b-it"]), "b.jsonl", Scale{1, 10})
	if err != nil {
		t.Fatal(err)
	}
	_, err = CompareScores(CompareSpec{Baseline: base, Candidate: cand, Policy: policyOf(t, "3%")})
	if err == nil || !strings.Contains(err.Error(), "different judges") {
		t.Errorf("got %v", err)
	}
}

func TestIdenticalArmsPass(t *testing.T) {
	for _, n := range []int{60, 61, 130, 300} {
		for _, v := range []string{"1", "0.8", "i"} {
			if v == "i" && n < 120 {
				continue
			}
			var b strings.Builder
			for i := range n {
				x := v
				if v == "i" { // a lost case can cost twice the mean here
					x = fmt.Sprint(float64(i%5) / 4)
				}
				fmt.Fprintf(&b, `{"case":"c%d","score":%s}`+"\n", i, x)
			}
			r := compareLines(t, b.String(), b.String(), policyOf(t, "5%"), Scale{})
			if r.Verdict != Pass {
				t.Errorf("%d identical cases at %s: %v: %s", n, v, r.Verdict, r.Sentence)
			}
		}
	}
	var b strings.Builder
	for i := range 10 {
		fmt.Fprintf(&b, `{"case":"c%d","score":1}`+"\n", i)
	}
	if r := compareLines(t, b.String(), b.String(), policyOf(t, "5%"), Scale{}); r.Verdict != Inconclusive {
		t.Errorf("10 identical cases: %v, want inconclusive (rule of three)", r.Verdict)
	}
}
