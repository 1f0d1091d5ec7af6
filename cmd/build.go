package cmd

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/llm"
	"github.com/qualgate/qualgate/judge"
)

// wiring builds a project's clients: one limiter for each host and key, one
// purse for everything that costs, one cache.
type wiring struct {
	a        *app
	p        *project
	set      settings
	limiters llm.Limiters
	meter    *llm.Meter
	cache    *llm.Cache
	http     *http.Client
	built    map[*modelDoc]llm.Client
	files    []*os.File // of recorded answers
	// dry builds clients that will not be asked, so no key is needed.
	dry bool
}

func (a *app) newWiring(p *project, set settings) *wiring {
	w := &wiring{a: a, p: p, set: set, built: map[*modelDoc]llm.Client{}}
	w.http = &http.Client{Transport: llm.NewTransport(set.Concurrency + 8)}
	if !set.NoCache {
		dir := set.CacheDir
		if dir == "" {
			dir = filepath.Join(p.dir, stateDir, "cache")
		}
		w.cache = &llm.Cache{Dir: dir}
	}
	return w
}

func (w *wiring) close() {
	w.http.CloseIdleConnections()
	for _, f := range w.files {
		f.Close()
	}
}

// purse starts the meter at what the run has cost before.
func (w *wiring) purse(spent eval.Spend) error {
	cfg := w.p.cfg
	prices := pricesOf(w.p)
	b := cfg.Run.Budget
	if b.USD > 0 {
		for _, m := range w.p.models() {
			if _, ok := prices.Find(m.Model); !ok && m.Provider.Value != "replay" {
				return usage("%s:%d:%d: run.budget is in US dollars, but the price of %s is not known", cfg.file, b.Pos.Line, b.Pos.Col, m.Model).
					try("add prices: {%s: {input: …, output: …}} in dollars for a million tokens, or bound calls or tokens instead", m.Model)
			}
		}
	}
	w.meter = llm.NewMeter(prices, llm.Budget{USD: b.USD, Calls: b.Calls, Tokens: b.Tokens}, spent.USD, spent.Calls, spent.InputTokens+spent.OutputTokens)
	return nil
}

// models lists the entries a run asks.
func (p *project) models() []*modelDoc {
	list := []*modelDoc{p.candidate.model}
	if p.baseline != nil {
		list = append(list, p.baseline.model)
	}
	if p.cfg.Judge != nil {
		list = append(list, p.cfg.Models[p.cfg.Judge.Model.Value])
	}
	return list
}

// endpoint identifies where a model's answers come from.
func endpoint(m *modelDoc) string { return m.Provider.Value + " " + m.BaseURL.Value }

// client builds a model's client, outermost first: redaction, cache, purse,
// retries, limits, the wire. A waiting retry holds no place in the limits.
func (w *wiring) client(name string, m *modelDoc, file string) (llm.Client, error) {
	if c, ok := w.built[m]; ok {
		return c, nil
	}
	c, err := w.wire(name, m, file)
	if err != nil {
		return nil, err
	}
	w.built[m] = c
	return c, nil
}

func (w *wiring) wire(name string, m *modelDoc, file string) (llm.Client, error) {
	if m.Provider.Value == "replay" {
		return w.replay(name, m, file)
	}
	key := ""
	if !w.dry {
		var err error
		if key, err = w.a.secret(w.p, name, m, file); err != nil {
			return nil, err
		}
	}
	base, err := w.a.expand(m.BaseURL, file, "base_url")
	if err != nil {
		return nil, err
	}
	headers := map[string]string{}
	for h, t := range m.Headers {
		if headers[h], err = w.a.expand(t, file, "header "+h); err != nil {
			return nil, err
		}
		if headers[h] != t.Value { // what comes from the environment may be a secret
			w.a.redactor.Add("header "+h, headers[h])
		}
	}
	api, err := llm.NewOpenAI(llm.OpenAIConfig{BaseURL: base, Key: key, Organization: m.Organization, Headers: headers,
		Azure: m.Provider.Value == "azure", APIVersion: m.APIVersion, HTTPClient: w.http})
	if err != nil {
		return nil, usage("model %s: %v", name, err)
	}
	concurrency := w.set.Concurrency
	if m.Concurrency > 0 {
		concurrency = min(concurrency, m.Concurrency)
	}
	host := base
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		host = u.Host
	}
	var c llm.Client = llm.Limit(api, w.limiters.Get(host, key, llm.LimitConfig{Concurrency: concurrency, RPM: m.RPM, TPM: m.TPM}))
	c = llm.Retry(c, llm.RetryConfig{MaxRetries: w.set.MaxRetries, Timeout: w.set.Timeout, Observe: w.a.logRetry})
	c = w.meter.Wrap(c)
	if w.cache != nil {
		c = w.cache.Wrap(c, endpoint(m))
	}
	return w.a.redactor.Wrap(c), nil
}

// replay reads a model's recorded answers.
func (w *wiring) replay(name string, m *modelDoc, file string) (llm.Client, error) {
	r := llm.NewReplay(m.Path[0].Value)
	for _, t := range m.Path {
		path, err := w.a.expand(t, file, "path")
		if err != nil {
			return nil, err
		}
		f, err := os.Open(w.p.abs(path))
		if err != nil {
			return nil, usage("model %s: recorded answers %s: %v", name, path, plainError(err))
		}
		w.files = append(w.files, f) // answers are read when they are asked for
		if err := r.ReadFile(f, w.a.shown(w.p.abs(path))); err != nil {
			return nil, usage("model %s: %v", name, err)
		}
	}
	return r, nil
}

// defaultKeyEnv names the variable each provider's key is usually in.
var defaultKeyEnv = map[string]string{"openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY"}

// secret reads a model's key from where the configuration names it.
func (a *app) secret(p *project, name string, m *modelDoc, file string) (string, error) {
	if f := m.KeyFile; f.Value != "" {
		path, err := a.expand(f, file, "key_file")
		if err != nil {
			return "", err
		}
		data, err := os.ReadFile(p.abs(path))
		key := strings.TrimSpace(string(data))
		if err == nil && key == "" {
			err = fmt.Errorf("the file is empty")
		}
		if err != nil {
			return "", usage("%s:%d:%d: model %s: cannot read the key file %s: %v", file, f.Line, f.Col, name, path, plainError(err))
		}
		a.redactor.Add(filepath.Base(path), key)
		return key, nil
	}
	env := m.KeyEnv
	if env == "" {
		env = defaultKeyEnv[m.Provider.Value]
	}
	if env == "NONE" {
		return "", nil
	}
	key := strings.TrimSpace(a.env.Getenv(env))
	if key == "" {
		return "", usage("%s:%d:%d: model %s needs a key, but the variable %s is not set", file, m.Pos.Line, m.Pos.Col, name, env).
			try("set %s, name another variable with key_env, or write key_env: NONE for a server without keys", env)
	}
	a.redactor.Add(env, key)
	return key, nil
}

// scorers builds the judge and the checks, and what a ledger says of them.
func (w *wiring) scorers(scope string) (list []eval.Scorer, infos []eval.ScorerInfo, err error) {
	p := w.p
	if p.hasChecks() {
		list = append(list, p.checks)
		infos = append(infos, eval.ScorerInfo{Name: p.checks.Name(), Version: p.checks.Version()})
	}
	if p.cfg.Judge == nil {
		return list, infos, nil
	}
	name := p.cfg.Judge.Model.Value
	c, err := w.client(name, p.cfg.Models[name], p.cfg.file)
	if err != nil {
		return nil, nil, err
	}
	j := judge.New(c, p.judgeConfig(scope))
	return append(list, j), append(infos, eval.ScorerInfo{Name: "judge", Version: j.Version(), Remote: true}), nil
}

// judgeConfig is how the judge asks.
func (p *project) judgeConfig(scope string) judge.Config {
	m := p.cfg.Models[p.cfg.Judge.Model.Value]
	return judge.Config{Model: m.Model, Params: m.Params.over(p.cfg.Judge.Params), Rubric: p.rubric, Scope: scope, Seed: p.set.Digest}
}

// hasChecks reports whether any case has a check.
func (p *project) hasChecks() bool {
	return slices.ContainsFunc(p.set.Cases, func(c eval.Case) bool { return p.checks.Any(c.ID) })
}

// scope identifies the comparison for the cache.
func (p *project) scope() string {
	base := ""
	if p.baseline != nil {
		base = p.baseline.digest
	}
	return eval.Digest([]string{base, p.candidate.digest})[:16]
}

// planSpec assembles a run. Clients are built, nothing is asked.
func (w *wiring) planSpec() (eval.PlanSpec, error) {
	p, a := w.p, w.a
	scope := p.scope()
	name := p.cfg.Name
	if name == "" {
		name = filepath.Base(p.dir)
	}
	spec := eval.PlanSpec{
		Name: name, Golden: p.set, Candidate: p.candidate.info(), Policy: p.policy, Repeats: p.cfg.repeats(), ExtendTo: p.cfg.Run.ExtendTo,
		ToolVersion: a.env.Version, Created: a.env.Now(), Notes: p.notes,
	}
	spec.ConfigDigest = eval.Digest(p.cfg.file)
	if data, err := os.ReadFile(p.file); err == nil {
		spec.ConfigDigest = eval.Digest(string(data))
	}
	if s := eval.SizeWarning(len(p.set.Cases)); s != "" {
		spec.Notes = append(spec.Notes, eval.Warning{Code: "few-cases", Text: s})
	}
	target := func(s *armSource) (eval.Target, error) {
		c, err := w.client(s.modelName, s.model, s.file)
		if err != nil {
			return nil, err
		}
		return &eval.ModelTarget{Client: c, Model: s.model.Model, Params: s.params, Prompt: s.prompt, Scope: scope}, nil
	}
	var err error
	if spec.CandidateTarget, err = target(&p.candidate); err != nil {
		return spec, err
	}
	if p.baseline != nil {
		info := p.baseline.info()
		spec.Baseline = &info
		if spec.BaselineTarget, err = target(p.baseline); err != nil {
			return spec, err
		}
	}
	if spec.Scorers, spec.ScorerInfos, err = w.scorers(scope); err != nil {
		return spec, err
	}
	if p.cfg.Judge != nil {
		m := p.cfg.Models[p.cfg.Judge.Model.Value]
		spec.Judge = m.Model
		if m.BaseURL.Value != "" {
			spec.Judge += " at " + m.BaseURL.Value
		}
		spec.Rubric, spec.RubricDigest = p.rubric.Name, p.rubric.Digest()
	}
	if p.cfg.Baseline.Ledger.Value != "" {
		err = a.recordedBaseline(p, &spec)
	}
	return spec, err
}

// recordedBaseline takes the baseline from an earlier ledger, or refuses it
// naming what differs.
func (a *app) recordedBaseline(p *project, spec *eval.PlanSpec) error {
	t := p.cfg.Baseline.Ledger
	at := fmt.Sprintf("%s:%d:%d", p.cfg.file, t.Line, t.Col)
	name, err := a.expand(t, p.cfg.file, "ledger")
	if err != nil {
		return err
	}
	path := p.abs(name)
	sum, err := fileDigest(path)
	if err != nil {
		return usage("%s: cannot read the recorded baseline %s: %v", at, name, plainError(err)).
			try("record one: qualgate run, then qualgate baseline set <ledger> --reason …")
	}
	rec, err := a.openLedger(path)
	if err != nil {
		return err
	}
	if why := eval.RecordedMismatch(spec, rec); why != "" {
		rec.Close()
		return usage("%s: the recorded baseline %s cannot be compared with: %s", at, name, why).
			try("measure the baseline again with today's exam: baseline: {git: <ref>}, or record a new one and `qualgate baseline set` it")
	}
	if rec.Header.Candidate.Digest == spec.Candidate.Digest {
		rec.Close()
		return usage("%s: the baseline is the candidate itself (%s): there is nothing to compare", at, rec.Header.Candidate.Label).
			try("compare with the ledger of what is live")
	}
	info := rec.Header.Candidate
	info.Recorded, info.RecordedAt = sum, rec.Header.Created
	spec.Baseline, spec.Recorded = &info, rec
	if rec.Trials() < spec.Repeats {
		return usage("%s: the recorded baseline has %d trials, run.repeats asks for %d", at, rec.Trials(), spec.Repeats)
	}
	return nil
}

// pairCache makes the arms of a pair both come from the cache or both be asked
// now: an answer of one that is kept is asked again where the other's is not.
func (w *wiring) pairCache(spec *eval.PlanSpec) {
	base, ok1 := spec.BaselineTarget.(*eval.ModelTarget)
	cand, ok2 := spec.CandidateTarget.(*eval.ModelTarget)
	if w.cache == nil || !ok1 || !ok2 {
		return
	}
	kept := func(t *eval.ModelTarget, m *modelDoc, c *eval.Case, arm eval.Arm, trial int) bool {
		req, err := t.Request(c, eval.Slot{Case: c.ID, Arm: arm, Trial: trial})
		return err == nil && w.cache.Has(endpoint(m), req)
	}
	type pair struct {
		id    string
		trial int
	}
	fresh := map[pair]bool{}
	for i := range w.p.set.Cases {
		c := &w.p.set.Cases[i]
		for t := range max(spec.Repeats, spec.ExtendTo) {
			if kept(base, w.p.baseline.model, c, eval.Baseline, t) != kept(cand, w.p.candidate.model, c, eval.Candidate, t) {
				fresh[pair{c.ID, t}] = true
			}
		}
	}
	w.cache.Skip = func(k llm.Key) bool { return fresh[pair{k.Case, k.Trial}] }
}
