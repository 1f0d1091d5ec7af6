package cmd

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// readConfig decodes a configuration and checks what needs no other file.
func readConfig(file string, data []byte) (*config, yamldoc.Problems) {
	c := &config{file: file}
	ps := yamldoc.Decode(file, data, c)
	ps = append(ps, leakedKeys(file, data)...)
	k := checker{c: c, ps: ps}
	if len(ps) == 0 && c.Version != 1 {
		k.at(yamldoc.Pos{Line: 1, Col: 1}, "write version: 1, or use a newer qualgate", "configuration version %d is not known", c.Version)
	}
	if c.Models != nil {
		k.models()
		k.target(&c.Candidate, "candidate")
		if c.Baseline.Target != nil {
			k.target(c.Baseline.Target, "baseline")
		}
		if c.Judge != nil {
			k.modelName(c.Judge.Model, "judge")
		}
	}
	k.policy()
	k.run()
	if len(k.ps) > 0 {
		return c, k.ps
	}
	return c, nil
}

type checker struct {
	c  *config
	ps yamldoc.Problems
}

func (k *checker) at(pos yamldoc.Pos, hint, format string, args ...any) {
	k.ps = append(k.ps, yamldoc.Problem{File: k.c.file, Line: pos.Line, Col: pos.Col, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

func (k *checker) models() {
	for _, name := range k.c.modelNames() {
		m := k.c.Models[name]
		if m == nil {
			k.at(yamldoc.Pos{Line: 1, Col: 1}, "write {provider: openai, model: …}", "models: %s is empty", name)
			continue
		}
		if p := m.Provider; p.Value != "" && !slices.Contains(providers, p.Value) {
			hint := "valid are " + strings.Join(providers, ", ") + "; for any server that speaks the OpenAI protocol write openai with its base_url"
			if near := yamldoc.Nearest(p.Value, providers); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			k.at(p.Pos, hint, "provider %q of model %s is not known", p.Value, name)
		}
		switch m.Provider.Value {
		case "replay":
			if len(m.Path) == 0 {
				k.at(m.Pos, "add path: recorded/answers.jsonl", "model %s replays, but names no path", name)
			}
		case "azure":
			if m.BaseURL.Value == "" {
				k.at(m.Pos, "add base_url: https://<resource>.openai.azure.com", "model %s needs a base_url", name)
			}
		}
		if len(m.Path) > 0 && m.Provider.Value != "replay" {
			k.at(m.Path[0].Pos, "write provider: replay, or remove path", "model %s has a path, but does not replay", name)
		}
		if v := m.BaseURL.Value; v != "" && !strings.Contains(v, "${") {
			if u, err := url.Parse(v); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				k.at(m.BaseURL.Pos, "write it like https://host/v1", "base_url %q of model %s is not a URL", v, name)
			}
		}
		if m.KeyEnv != "" && m.KeyFile.Value != "" {
			k.at(m.Pos, "keep one", "model %s has both key_env and key_file", name)
		}
		for what, v := range map[string]int{"rpm": m.RPM, "tpm": m.TPM, "concurrency": m.Concurrency} {
			if v < 0 {
				k.at(m.Pos, "write a number above 0", "%s %d of model %s is out of range", what, v, name)
			}
		}
	}
}

func (k *checker) target(t *targetDoc, role string) { k.modelName(t.Model, role) }

func (k *checker) modelName(t text, role string) {
	if t.Value == "" {
		return
	}
	if _, ok := k.c.Models[t.Value]; !ok {
		k.at(t.Pos, yamldoc.DidYouMean(t.Value, k.c.modelNames()), "%s: there is no model %q under models", role, t.Value)
	}
}

func (k *checker) policy() {
	p := &k.c.Policy
	if p.Confidence.set && !(p.Confidence.v > .5 && p.Confidence.v <= .9999) {
		k.at(p.Pos, "95% is usual", "policy: confidence must be above 50%% and at most 99.99%%")
	}
	word := func(t text, key string, valid ...string) {
		if t.Value != "" && !slices.Contains(valid, t.Value) {
			k.at(t.Pos, yamldoc.DidYouMean(t.Value, valid), "policy: %s %q is not known", key, t.Value)
		}
	}
	word(p.OnInconclusive, "on_inconclusive", "pass", "fail")
	word(p.Population, "population", "cases", "fixed")
	if p.MinCases < 0 {
		k.at(p.Pos, "write a number from 0", "policy: min_cases %d is out of range", p.MinCases)
	}
	for _, g := range p.Criteria {
		if !strings.HasPrefix(g.name.Value, "judge:") && !strings.HasPrefix(g.name.Value, "check:") {
			k.at(g.name.Pos, fmt.Sprintf("write judge:%s or check:%s", g.name.Value, g.name.Value), "policy: criterion %q does not say whose it is", g.name.Value)
		}
	}
	for _, g := range p.Slices {
		if !strings.HasPrefix(g.name.Value, "tag:") {
			k.at(g.name.Pos, "write tag:"+g.name.Value, "policy: slice %q does not say what it is", g.name.Value)
		}
	}
	if s := k.c.Score; s != nil {
		for what, v := range map[string]*float64{"judge": s.Judge, "checks": s.Checks} {
			if v != nil && !(*v >= 0 && *v <= 1e6) {
				k.at(s.Pos, "write a number from 0", "score: weight %v of %s is out of range", *v, what)
			}
		}
		if s.Judge != nil && s.Checks != nil && *s.Judge+*s.Checks == 0 {
			k.at(s.Pos, "give one a weight above 0", "score: both weights are 0")
		}
	}
}

func (k *checker) run() {
	r := &k.c.Run
	n := k.c.repeats()
	switch {
	case n < 1 || n > 100:
		k.at(r.Pos, "3 is usual", "run: repeats %d is not between 1 and 100", n)
	case r.ExtendTo != 0 && r.ExtendTo < n:
		k.at(r.Pos, fmt.Sprintf("write a number above %d or remove it", n), "run: extend_to %d is below repeats %d", r.ExtendTo, n)
	case r.ExtendTo > 100:
		k.at(r.Pos, "", "run: extend_to %d is above 100", r.ExtendTo)
	}
	if b := r.Budget; b.USD < 0 || b.Calls < 0 || b.Tokens < 0 {
		k.at(b.Pos, "write numbers above 0", "run: a budget is below 0")
	}
	for name, p := range k.c.Prices {
		if p.Input < 0 || p.Output < 0 || p.CachedInput < 0 {
			k.at(p.Pos, "write US dollars for a million tokens", "prices: a price of %s is below 0", name)
		}
	}
}

// keyShapes are how providers' keys look.
var keyShapes = regexp.MustCompile(`\b(sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|AIza[0-9A-Za-z_-]{30,}|xox[abp]-[A-Za-z0-9-]{10,})`)

// leakedKeys refuses a file in which a key is written down.
func leakedKeys(file string, data []byte) (ps yamldoc.Problems) {
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if at := keyShapes.FindStringIndex(line); at != nil {
			ps = append(ps, yamldoc.Problem{File: file, Line: n, Col: at[0] + 1, Msg: "this looks like a key",
				Hint: "keys are named, never written: put it into an environment variable and name that with key_env; and replace this one, as it has been in a file"})
		}
	}
	return ps
}
