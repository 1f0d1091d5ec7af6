package cmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/llm"
	"github.com/qualgate/qualgate/eval/yamldoc"
)

// config is qualgate.yaml as it is written. See `qualgate help config`.
type config struct {
	Version   int                  `doc:"version,required"`
	Name      string               `doc:"name"`
	Golden    texts                `doc:"golden,required"`
	Models    map[string]*modelDoc `doc:"models,required"`
	Candidate targetDoc            `doc:"candidate,required"`
	Baseline  baselineDoc          `doc:"baseline,required"`
	Judge     *judgeDoc            `doc:"judge"`
	Checks    []eval.CheckDoc      `doc:"checks"`
	Score     *scoreDoc            `doc:"score"`
	Policy    policyDoc            `doc:"policy"`
	Run       runDoc               `doc:"run"`
	Reports   texts                `doc:"reports"`
	Prices    map[string]priceDoc  `doc:"prices"`

	file string
}

// texts is a list of texts, or a single one.
type texts []text

// text is a text with its place.
type text struct {
	Value string
	yamldoc.Pos
}

// DecodeNode reads the text.
func (t *text) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	t.Pos = n.Pos
	return n.Decode(&t.Value)
}

// DecodeNode reads the list.
func (t *texts) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	if n.Kind() == yamldoc.Scalar {
		*t = texts{{n.Text(), n.Pos}}
		return nil
	}
	var list []text
	ps := n.Decode(&list)
	*t = list
	return ps
}

// modelDoc is an entry of models.
type modelDoc struct {
	Provider     text            `doc:"provider,required"`
	Model        string          `doc:"model,required"`
	Path         texts           `doc:"path"`
	BaseURL      text            `doc:"base_url"`
	APIVersion   string          `doc:"api_version"`
	Organization string          `doc:"organization"`
	KeyEnv       string          `doc:"key_env"`
	KeyFile      text            `doc:"key_file"`
	Headers      map[string]text `doc:"headers"`
	Params       paramsDoc       `doc:"params"`
	RPM          int             `doc:"rpm"`
	TPM          int             `doc:"tpm"`
	Concurrency  int             `doc:"concurrency"`
	Aliases      []string        `doc:"aliases"`
	Price        *priceDoc       `doc:"price"`
	Pos          yamldoc.Pos
}

type priceDoc struct {
	Input       float64 `doc:"input,required"`
	Output      float64 `doc:"output,required"`
	CachedInput float64 `doc:"cached_input"`
	Pos         yamldoc.Pos
}

// paramsDoc are sampling parameters. Keys qualgate does not know are sent as
// they are.
type paramsDoc struct {
	llm.Params
	yamldoc.Pos
}

// DecodeNode reads the parameters.
func (p *paramsDoc) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	p.Pos = n.Pos
	if n.Kind() != yamldoc.Mapping {
		return yamldoc.Problems{n.Problem("write {temperature: 0.2, max_tokens: 400}", "params are a mapping, found %s", n.Describe())}
	}
	var ps yamldoc.Problems
	between := func(e yamldoc.Entry, v *float64, lo, hi float64) {
		if v != nil && !(*v >= lo && *v <= hi) {
			ps = append(ps, e.Value.Problem(fmt.Sprintf("write a number from %v to %v", lo, hi), "%s %v is out of range", e.Key, *v))
		}
	}
	for _, e := range n.Entries() {
		switch e.Key {
		case "temperature":
			ps = append(ps, e.Value.Decode(&p.Temperature)...)
			between(e, p.Temperature, 0, 2)
		case "top_p":
			ps = append(ps, e.Value.Decode(&p.TopP)...)
			between(e, p.TopP, 0, 1)
		case "max_tokens":
			wrong := e.Value.Decode(&p.MaxTokens)
			ps = append(ps, wrong...)
			if len(wrong) == 0 && p.MaxTokens != nil && *p.MaxTokens < 1 {
				ps = append(ps, e.Value.Problem("write a number from 1", "max_tokens %d is out of range", *p.MaxTokens))
			}
		case "seed":
			ps = append(ps, e.Value.Decode(&p.Seed)...)
		case "stop":
			var stop texts
			ps = append(ps, stop.DecodeNode(e.Value)...)
			for _, s := range stop {
				p.Stop = append(p.Stop, s.Value)
			}
		case "model", "messages", "stream", "n":
			ps = append(ps, e.At.Problem("remove it", "params: %s is set by qualgate", e.Key))
		default:
			v, more := e.Value.Any()
			ps = append(ps, more...)
			if p.Extra == nil {
				p.Extra = map[string]any{}
			}
			p.Extra[e.Key] = v
		}
	}
	return ps
}

// over returns the parameters with those of q over them.
func (p paramsDoc) over(q paramsDoc) llm.Params {
	out := p.Params
	if q.Temperature != nil {
		out.Temperature = q.Temperature
	}
	if q.TopP != nil {
		out.TopP = q.TopP
	}
	if q.MaxTokens != nil {
		out.MaxTokens = q.MaxTokens
	}
	if q.Seed != nil {
		out.Seed = q.Seed
	}
	if q.Stop != nil {
		out.Stop = q.Stop
	}
	if len(q.Extra) > 0 {
		out.Extra = maps.Clone(p.Extra)
		if out.Extra == nil {
			out.Extra = map[string]any{}
		}
		maps.Copy(out.Extra, q.Extra)
	}
	return out
}

// targetDoc is what is under test.
type targetDoc struct {
	Prompt text      `doc:"prompt,required"`
	Model  text      `doc:"model,required"`
	Params paramsDoc `doc:"params"`
	Pos    yamldoc.Pos
}

// baselineDoc is what the candidate is compared with: exactly one of its forms.
type baselineDoc struct {
	None   bool
	Git    text
	Ledger text
	Target *targetDoc
	Pos    yamldoc.Pos
}

// DecodeNode reads the baseline.
func (b *baselineDoc) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	b.Pos = n.Pos
	const forms = "write {git: merge-base}, {prompt: …, model: …}, {ledger: path} or none"
	switch n.Kind() {
	case yamldoc.Scalar:
		if b.None = n.Text() == "none"; b.None {
			return nil
		}
	case yamldoc.Mapping:
		git, ledger := n.Get("git"), n.Get("ledger")
		switch {
		case git != nil && len(n.Entries()) == 1:
			return b.Git.DecodeNode(git)
		case ledger != nil && len(n.Entries()) == 1:
			return b.Ledger.DecodeNode(ledger)
		case git == nil && ledger == nil:
			b.Target = &targetDoc{}
			return n.Decode(b.Target)
		}
	}
	return yamldoc.Problems{n.Problem(forms, "%s is no form of a baseline", n.Describe())}
}

type judgeDoc struct {
	Model  text      `doc:"model,required"`
	Rubric text      `doc:"rubric,required"`
	Params paramsDoc `doc:"params"`
}

type scoreDoc struct {
	Judge  *float64 `doc:"judge"`
	Checks *float64 `doc:"checks"`
	Pos    yamldoc.Pos
}

type policyDoc struct {
	MaxDrop        marginText `doc:"max_drop"`
	Confidence     shareText  `doc:"confidence"`
	MaxUnmeasured  shareText  `doc:"max_unmeasured"`
	OnInconclusive text       `doc:"on_inconclusive"`
	MinCases       int        `doc:"min_cases"`
	MinScore       shareText  `doc:"min_score"`
	Population     text       `doc:"population"`
	Criteria       gateList   `doc:"criteria"`
	Slices         gateList   `doc:"slices"`
	Pos            yamldoc.Pos
}

// marginText is a margin such as 5% or 3pt.
type marginText struct {
	eval.Margin
	set bool
}

// UnmarshalText reads the margin.
func (m *marginText) UnmarshalText(b []byte) (err error) {
	m.set = true
	m.Margin, err = eval.ParseMargin(string(b))
	return err
}

// shareText is a percentage or fraction from 0 to 1.
type shareText struct {
	v   float64
	set bool
}

// UnmarshalText reads the share.
func (s *shareText) UnmarshalText(b []byte) (err error) {
	s.set = true
	s.v, err = parseShare(string(b))
	return err
}

// gateList is a mapping of names to margins, in its order.
type gateList []gateDoc

type gateDoc struct {
	name   text
	margin marginText
}

// DecodeNode reads the mapping. A list of names takes the policy's margin.
func (g *gateList) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	if n.Kind() == yamldoc.Sequence {
		var names []text
		ps := n.Decode(&names)
		for _, t := range names {
			*g = append(*g, gateDoc{name: t})
		}
		return ps
	}
	if n.Kind() != yamldoc.Mapping {
		return yamldoc.Problems{n.Problem(`write {"judge:accuracy": {max_drop: 5%}}`, "a mapping of names is expected, found %s", n.Describe())}
	}
	var ps yamldoc.Problems
	for _, e := range n.Entries() {
		var v struct {
			MaxDrop marginText `doc:"max_drop"`
		}
		ps = append(ps, e.Value.Decode(&v)...)
		*g = append(*g, gateDoc{text{e.Key, e.At.Pos}, v.MaxDrop})
	}
	return ps
}

type runDoc struct {
	Repeats     *int           `doc:"repeats"`
	ExtendTo    int            `doc:"extend_to"`
	Concurrency *int           `doc:"concurrency"`
	Timeout     *time.Duration `doc:"timeout"`
	MaxRetries  *int           `doc:"max_retries"`
	Cache       *bool          `doc:"cache"`
	Budget      budgetDoc      `doc:"budget"`
	Pos         yamldoc.Pos
}

type budgetDoc struct {
	USD    float64 `doc:"usd"`
	Calls  int     `doc:"calls"`
	Tokens int     `doc:"tokens"`
	Pos    yamldoc.Pos
}

// providers qualgate can ask.
var providers = []string{"openai", "azure", "replay"}

// modelNames lists the entries of models.
func (c *config) modelNames() []string { return slices.Sorted(maps.Keys(c.Models)) }

// policy is the policy the document asks for.
func (c *config) policy() eval.Policy {
	p, d := eval.DefaultPolicy(), &c.Policy
	if d.MaxDrop.set {
		p.MaxDrop = d.MaxDrop.Margin
	}
	if d.Confidence.set {
		p.Confidence = d.Confidence.v
	}
	if d.MaxUnmeasured.set {
		p.MaxUnmeasured = d.MaxUnmeasured.v
	}
	if d.OnInconclusive.Value != "" {
		p.OnInconclusive = d.OnInconclusive.Value
	}
	if d.MinScore.set {
		v := d.MinScore.v
		p.MinScore = &v
	}
	if d.Population.Value != "" {
		p.Population = d.Population.Value
	}
	p.MinCases = d.MinCases
	gates := func(list gateList) (out []eval.Gate) {
		for _, g := range list {
			gate := eval.Gate{Name: g.name.Value, MaxDrop: p.MaxDrop}
			if g.margin.set {
				gate.MaxDrop = g.margin.Margin
			}
			out = append(out, gate)
		}
		return out
	}
	p.Criteria, p.Slices = gates(d.Criteria), gates(d.Slices)
	if c.Score != nil {
		if c.Score.Judge != nil {
			p.JudgeWeight = *c.Score.Judge
		}
		if c.Score.Checks != nil {
			p.ChecksWeight = *c.Score.Checks
		}
	}
	return p
}

func (c *config) repeats() int {
	if c.Run.Repeats != nil {
		return *c.Run.Repeats
	}
	return 1
}

// runLayer is the run section as operator settings.
func (c *config) runLayer() layer {
	l := layer{values: map[string]string{}, where: func(key string) string {
		return fmt.Sprintf("%s: run.%s", c.file, strings.TrimPrefix(key, "no_"))
	}}
	if c.Run.Concurrency != nil {
		l.values["concurrency"] = fmt.Sprint(*c.Run.Concurrency)
	}
	if c.Run.Timeout != nil {
		l.values["timeout"] = c.Run.Timeout.String()
	}
	if c.Run.MaxRetries != nil {
		l.values["max_retries"] = fmt.Sprint(*c.Run.MaxRetries)
	}
	if c.Run.Cache != nil {
		l.values["no_cache"] = fmt.Sprint(!*c.Run.Cache)
	}
	return l
}
