package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/llm/llmtest"
)

// slow reports whether the long versions of tests are asked for.
func slow() bool { return os.Getenv("QUALGATE_SLOW") != "" }

// program is this test binary, run as qualgate.
func program(t testing.TB, ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, exe)
	c.Args = append([]string{"qualgate"}, args...)
	c.Dir = dir
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "NO_COLOR=1", "COLUMNS=100"}, env...)
	return c
}

// exam writes a project of n cases and freezes it.
func exam(t testing.TB, n int, url, run string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"c%05d","vars":{"question":"question %05d"},"reference":"r","checks":[{"contains":"Answer"}]}`+"\n", i, i)
	}
	write("golden/a.jsonl", b.String())
	write("p.md", "Answer: {{question}}\n")
	write("old.md", "Answer well: {{question}}\n")
	write("r.yaml", "version: 1\ncriteria:\n  - {id: good, question: \"Is it good?\"}\n")
	write("qualgate.yaml", fmt.Sprintf(`version: 1
name: chaos
golden: [golden/a.jsonl]
models:
  live: {provider: openai, base_url: "%s", model: small, key_env: NONE}
  judge: {provider: openai, base_url: "%s", model: large, key_env: NONE}
candidate: {prompt: p.md, model: live}
baseline: {prompt: old.md, model: live}
judge: {model: judge, rubric: r.yaml}
run: {%s}
`, url, url, run))
	if out, err := program(t, t.Context(), dir, nil, "freeze", "--who", "test").CombinedOutput(); err != nil {
		t.Fatalf("freeze: %v\n%s", err, out)
	}
	return dir
}

// steady answers by the question alone, and judges by the question and arm, so
// that a re-asked judge says the same.
func steady(r *llmtest.Request) string {
	text := r.All()
	i := strings.Index(text, "question ")
	q := text[i : i+len("question 00000")]
	if !r.Judging() {
		return "Answer to " + q
	}
	return llmtest.JudgeReply(r, func(string) any {
		if eval.Seed(q, "quality")%10 == 0 {
			return "no"
		}
		return "yes"
	})
}

// comparable is a JSON report without what may differ between equal runs:
// times, attempts, and how the run came to its end.
func comparable(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	var clean func(any)
	clean = func(x any) {
		switch x := x.(type) {
		case map[string]any:
			for _, k := range []string{"created", "elapsed_ns", "attempts", "latency_p50_ns", "latency_p95_ns", "plan_digest", "digest", "label"} {
				delete(x, k)
			}
			for _, y := range x {
				clean(y)
			}
		case []any:
			for _, y := range x {
				clean(y)
			}
		}
	}
	clean(v)
	var notes []any
	for _, w := range asList(v["warnings"]) {
		if m, ok := w.(map[string]any); !ok || m["code"] != "torn-line" {
			notes = append(notes, w)
		}
	}
	v["warnings"] = notes
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func asList(v any) []any { l, _ := v.([]any); return l }

// Killed at any moment, the same command ends with the report of a run that
// was never interrupted, and asks again only what was under way.
func TestKillAndContinue(t *testing.T) {
	kills := 5
	if slow() {
		kills = 30
	}
	const cases, concurrency = 60, 8
	s := llmtest.New(llmtest.Config{Latency: 8 * time.Millisecond, Answer: steady})
	defer s.Close()
	run := fmt.Sprintf("concurrency: %d, cache: false", concurrency)
	dir := exam(t, cases, s.URL, run)
	began := time.Now()
	if out, err := program(t, t.Context(), dir, nil, "run", "--report", "json=want.json").CombinedOutput(); err != nil {
		t.Fatalf("uninterrupted: %v\n%s", err, out)
	}
	took := time.Since(began)
	want := comparable(t, filepath.Join(dir, "want.json"))
	planned := s.Stats().Requests
	if planned != cases*2*2 {
		t.Fatalf("%d requests, want %d", planned, cases*2*2)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for k := range kills {
		dir := exam(t, cases, s.URL, run)
		before := s.Stats().Requests
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.Int64N(int64(took))))
		program(t, ctx, dir, nil, "run").Run() // SIGKILL at the deadline
		cancel()
		out, err := program(t, t.Context(), dir, nil, "run", "--report", "json=got.json").CombinedOutput()
		if err != nil {
			t.Fatalf("kill %d: continued: %v\n%s", k, err, out)
		}
		if got := comparable(t, filepath.Join(dir, "got.json")); got != want {
			t.Fatalf("kill %d: the report differs:\n%s\nwant\n%s", k, got, want)
		}
		// A finished run is measured anew, so a late kill may fall behind the end.
		if again := s.Stats().Requests - before - planned; again > concurrency+concurrency/4+1 && again != planned {
			t.Errorf("kill %d: %d requests were repeated, at most %d were under way", k, again, concurrency+concurrency/4+1)
		}
	}
}

// Through a provider's everyday faults every sample is measured, with the same
// scores as without.
func TestFaultsChangeNothing(t *testing.T) {
	cases := 100
	if slow() {
		cases = 500
	}
	reports := map[string]string{}
	for name, faults := range map[string]llmtest.Faults{
		"clean":  {},
		"faulty": {RateLimit: .05, ServerErr: .03, Reset: .02, Truncate: .02, NotJSON: .02, HTML: .01},
	} {
		s := llmtest.New(llmtest.Config{Seed: 7, Latency: 2 * time.Millisecond, Sigma: .7, Faults: faults, Answer: steady})
		dir := exam(t, cases, s.URL, "concurrency: 32, max_retries: 8, cache: false")
		out, err := program(t, t.Context(), dir, nil, "run", "--report", "json=r.json").CombinedOutput()
		st := s.Stats()
		s.Close()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		if name == "faulty" && st.Faults < cases/5 {
			t.Fatalf("only %d faults were injected", st.Faults)
		}
		var r eval.Result
		data, err := os.ReadFile(filepath.Join(dir, "r.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		if r.Candidate.Scored+r.Baseline.Scored != 2*cases || len(r.Failures) != 0 {
			t.Errorf("%s: %d of %d scored, %d failures", name, r.Candidate.Scored+r.Baseline.Scored, 2*cases, len(r.Failures))
		}
		scores, err := json.Marshal([]any{r.Verdict, r.Sentence, r.Cases})
		if err != nil {
			t.Fatal(err)
		}
		reports[name] = string(scores)
	}
	if reports["clean"] != reports["faulty"] {
		t.Error("the scores differ from those without faults")
	}
}

// An outage half-way ends the run as not measured; the same command continues
// it, and nothing is paid for twice.
func TestOutage(t *testing.T) {
	s := llmtest.New(llmtest.Config{Latency: time.Millisecond, Answer: steady})
	defer s.Close()
	dir := exam(t, 100, s.URL, "concurrency: 8, max_retries: 1, cache: false")
	go func() {
		for s.Stats().Answered < 150 {
			time.Sleep(time.Millisecond) // the run is another process: there is no event to wait for
		}
		s.SetDown(true)
	}()
	c := program(t, t.Context(), dir, nil, "run")
	out, _ := c.CombinedOutput()
	if c.ProcessState.ExitCode() != 3 || !bytes.Contains(out, []byte("Could not measure")) {
		t.Fatalf("exit %d\n%s", c.ProcessState.ExitCode(), out)
	}
	s.SetDown(false)
	answered := s.Stats().Answered
	c = program(t, t.Context(), dir, nil, "run")
	out, _ = c.CombinedOutput()
	if c.ProcessState.ExitCode() != 0 || !bytes.Contains(out, []byte("continuing")) {
		t.Fatalf("continued: exit %d\n%s", c.ProcessState.ExitCode(), out)
	}
	if got := s.Stats().Answered; got != 400 {
		t.Errorf("%d answers were paid for, %d before the outage; want 400 in all", got, answered)
	}
}

// Two runs of one plan at once: the second refuses by name.
func TestSecondRunRefuses(t *testing.T) {
	s := llmtest.New(llmtest.Config{Latency: 20 * time.Millisecond, Answer: steady})
	defer s.Close()
	dir := exam(t, 100, s.URL, "concurrency: 4, cache: false")
	first := program(t, t.Context(), dir, nil, "run")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	for s.Stats().Requests < 8 {
		time.Sleep(time.Millisecond) // another process
	}
	second := program(t, t.Context(), dir, nil, "run")
	out, _ := second.CombinedOutput()
	if second.ProcessState.ExitCode() != 3 || !bytes.Contains(out, []byte("another run of this plan")) {
		t.Errorf("the second: exit %d\n%s", second.ProcessState.ExitCode(), out)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the first: %v", err)
	}
}

// The first Ctrl-C finishes what is under way and keeps it.
func TestInterrupt(t *testing.T) {
	s := llmtest.New(llmtest.Config{Latency: 20 * time.Millisecond, Answer: steady})
	defer s.Close()
	dir := exam(t, 100, s.URL, "concurrency: 4, cache: false")
	c := program(t, t.Context(), dir, nil, "run")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for s.Stats().Requests < 40 {
		time.Sleep(time.Millisecond) // another process
	}
	c.Process.Signal(os.Interrupt)
	c.Wait()
	if c.ProcessState.ExitCode() != 130 || !strings.Contains(out.String(), "calls under way are finished and kept") {
		t.Errorf("exit %d\n%s", c.ProcessState.ExitCode(), out.String())
	}
	paid := s.Stats().Answered
	c = program(t, t.Context(), dir, nil, "run")
	if b, err := c.CombinedOutput(); err != nil {
		t.Fatalf("continued: %v\n%s", err, b)
	}
	if got := s.Stats().Answered; got != 400 {
		t.Errorf("%d answers were paid for, %d before the interrupt; want 400 in all", got, paid)
	}
}
