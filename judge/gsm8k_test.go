package judge

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/qualgate/qualgate/eval"
)

// sharedData opens a file of the data kept beside the repository, or skips.
func sharedData(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("needs ../shared/data/%s, which is not part of the project: %v", name, err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// eachLine decodes a JSONL file.
func eachLine[T any](t *testing.T, f *os.File, do func(T)) {
	t.Helper()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 4<<20)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", f.Name(), err)
		}
		do(v)
	}
	if sc.Err() != nil {
		t.Fatal(sc.Err())
	}
}

type gsmProblem struct {
	ID        string
	Reference string
	Outputs   map[string]struct {
		Correct  bool
		Solution string
	}
}

// The number check, given the models' whole solutions and the bare reference,
// must agree with every label stored with GSM8K, and so with its accuracies
// and with every pair of models on who solved what.
func TestNumberReproducesGSM8K(t *testing.T) {
	f := sharedData(t, "gsm8k_models/solutions.jsonl")
	check, err := CompileCheck(eval.CheckSpec{Kind: "number"})
	if err != nil {
		t.Fatal(err)
	}
	passed := map[string][]bool{}
	labels, wrong := 0, 0
	eachLine(t, f, func(p gsmProblem) {
		for model, out := range p.Outputs {
			c := &eval.Case{ID: p.ID, Reference: p.Reference}
			score, err := check.Score(context.Background(), eval.Sample{Case: c, Output: eval.Output{Text: out.Solution}})
			if err != nil {
				t.Fatalf("%s %s: %v", p.ID, model, err)
			}
			labels++
			if score.Pass != out.Correct {
				wrong++
				t.Errorf("%s %s: pass %v, label %v: %s\n%s", p.ID, model, score.Pass, out.Correct, score.Reason, tail(out.Solution, 200))
			}
			passed[model] = append(passed[model], score.Pass)
		}
	})
	if labels != 5276 || wrong != 0 {
		t.Errorf("%d of %d labels differ, want 0 of 5276", wrong, labels)
	}
	for model, want := range map[string]int{"6b_finetuning": 286, "6b_verification": 515, "175b_finetuning": 458, "175b_verification": 742} {
		got := 0
		for _, p := range passed[model] {
			if p {
				got++
			}
		}
		if got != want || len(passed[model]) != 1319 {
			t.Errorf("%s: %d of %d correct, want %d of 1319", model, got, len(passed[model]), want)
		}
	}
	for _, pair := range []struct {
		a, b         string
		onlyA, onlyB int
	}{
		{"6b_finetuning", "6b_verification", 64, 293},
		{"6b_finetuning", "175b_finetuning", 88, 260},
		{"6b_finetuning", "175b_verification", 43, 499},
		{"6b_verification", "175b_finetuning", 209, 152},
		{"6b_verification", "175b_verification", 79, 306},
		{"175b_finetuning", "175b_verification", 76, 360},
	} {
		onlyA, onlyB := 0, 0
		for i, a := range passed[pair.a] {
			b := passed[pair.b][i]
			if a && !b {
				onlyA++
			}
			if b && !a {
				onlyB++
			}
		}
		if onlyA != pair.onlyA || onlyB != pair.onlyB {
			t.Errorf("%s against %s: %d and %d discordant, want %d and %d", pair.a, pair.b, onlyA, onlyB, pair.onlyA, pair.onlyB)
		}
	}
}
