package judge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/llm"
)

// maxAsks is how often one question is put: once, and twice more after a reply
// that cannot be read.
const maxAsks = 3

// maxJudgeReason bounds a judge's reason, in runes.
const maxJudgeReason = 2000

// Config says how a Judge asks.
type Config struct {
	// Model is the model to ask, as the client knows it.
	Model string
	// Params are sent as they are; nothing is added, since some models refuse
	// a temperature and no temperature makes a judge deterministic.
	Params llm.Params
	Rubric *Rubric
	// Scope goes into every request's key, see llm.Key.
	Scope string
	// Seed keys the fences around samples: any text that is fixed for the run
	// and unknown to the models under test. Empty is safe as well, see fence.
	Seed string
	// Part tells the judges of a jury apart; empty for a single judge.
	Part string
}

// Judge is a Scorer that is a model with a Rubric.
type Judge struct {
	client llm.Client
	cfg    Config
	schema *llm.Schema
	name   string
}

// New makes a judge. The configuration must hold a model and a rubric that
// ParseRubric accepted.
func New(client llm.Client, cfg Config) *Judge {
	return &Judge{client: client, cfg: cfg, schema: replySchema(cfg.Rubric), name: "judge:" + cfg.Model + "/" + cfg.Rubric.ref()}
}

// Name is judge:<model>/<rubric>@<start of its digest>.
func (j *Judge) Name() string { return j.name }

// Remote is true: every score is a call.
func (j *Judge) Remote() bool { return true }

// Version changes whenever the judge could come to other scores: with its
// model, parameters, rubric, and the wording of its task.
func (j *Judge) Version() string {
	return shortDigest("judge/"+promptVersion, j.cfg.Model, paramsText(j.cfg.Params), j.cfg.Rubric.Digest())
}

// paramsText writes parameters for a digest. Extra is free; what JSON cannot
// hold is printed.
func paramsText(p llm.Params) string {
	extra := fmt.Sprint(p.Extra)
	if b, err := json.Marshal(p.Extra); err == nil {
		extra = string(b)
	}
	p.Extra = nil
	return canonicalJSON(p) + extra
}

func shortDigest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:6])
}

// Rubric is what the judge is asked.
func (j *Judge) Rubric() *Rubric { return j.cfg.Rubric }

// Messages is the conversation a sample would be judged with, for cost
// estimates and for people who want to read it.
func (j *Judge) Messages(s eval.Sample) []llm.Message {
	return messagesFor(j.cfg.Rubric, j.cfg.Seed, &s)
}

// Score asks the model about one sample: every criterion in one call. A reply
// that cannot be read is asked again twice, with what was wrong with it, and is
// then a Failure of StageParse. An error of the client is a Failure, or a
// FatalError where every further call would fail alike.
func (j *Judge) Score(ctx context.Context, s eval.Sample) (eval.Scored, error) {
	verdicts, spend, err := j.ask(ctx, s)
	if err != nil {
		return eval.Scored{}, err
	}
	scores := make([]eval.Score, len(verdicts))
	for i, v := range verdicts {
		scores[i] = j.cfg.Rubric.Criteria[i].score(v)
	}
	return eval.Scored{Scores: scores, Spend: spend}, nil
}

func (j *Judge) ask(ctx context.Context, s eval.Sample) ([]verdict, eval.Spend, error) {
	var spend eval.Spend
	if s.Case == nil {
		return nil, spend, j.failure(eval.StageJudge, "the sample belongs to no case", spend, nil)
	}
	messages := j.Messages(s)
	req := llm.Request{Model: j.cfg.Model, Params: j.cfg.Params, Schema: j.schema, Key: llm.Key{
		Purpose: "judge", Case: s.Case.ID, Arm: string(s.Arm), Trial: s.Trial, Part: j.cfg.Part, Scope: j.cfg.Scope,
	}}
	var why error
	var last llm.Response
	for n := range maxAsks {
		req.Messages, req.Key.Ask = messages, n
		if n > 0 {
			req.Messages = append(messages[:len(messages):len(messages)], correction(j.cfg.Rubric, last.Text, why)...)
		}
		resp, err := j.client.Complete(ctx, req)
		if err != nil {
			return nil, spend, j.clientError(ctx, err, spend)
		}
		spend = spend.Add(eval.SpendOf(resp))
		verdicts, err := parseReply(j.cfg.Rubric, resp.Text)
		if err == nil {
			return verdicts, spend, nil
		}
		why, last = err, resp
	}
	return nil, spend, j.unreadable(last, why, spend)
}

func (j *Judge) unreadable(last llm.Response, why error, spend eval.Spend) *eval.Failure {
	msg := fmt.Sprintf("the judge's reply could not be read %d times, the last because %s; it begins %s", maxAsks, why, quote(last.Text, 160))
	if last.Finish == "length" {
		msg = fmt.Sprintf("the judge's reply was cut off at its token limit %d times; raise max_tokens under judge.params; it begins %s", maxAsks, quote(last.Text, 160))
	}
	return j.failure(eval.StageParse, msg, spend, nil)
}

func (j *Judge) failure(stage eval.Stage, msg string, spend eval.Spend, err error) *eval.Failure {
	return &eval.Failure{Stage: stage, Scorer: j.name, Message: msg, Spend: spend, Err: err}
}

// clientError sorts an error of the client.
func (j *Judge) clientError(ctx context.Context, err error, spend eval.Spend) error {
	var e *llm.Error
	if !errors.As(err, &e) {
		if errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err() // nobody waits for this answer any more
		}
		stage := eval.StageJudge
		if errors.Is(err, context.DeadlineExceeded) {
			stage = eval.StageTimeout
		}
		return j.failure(stage, err.Error(), spend, err)
	}
	spend.Attempts += e.Attempts
	stage := eval.StageJudge
	switch e.Kind {
	case llm.Timeout:
		stage = eval.StageTimeout
	case llm.OverBudget:
		stage = eval.StageBudget
	}
	msg := e.Error()
	if e.Hint != "" && !e.Fatal() {
		msg += " (" + e.Hint + ")"
	}
	f := j.failure(stage, msg, spend, err)
	if e.Fatal() {
		return &eval.FatalError{Err: f, Hint: e.Hint}
	}
	return f
}

// score turns a verdict into a Score.
func (c *Criterion) score(v verdict) eval.Score {
	s := eval.Score{Criterion: "judge:" + c.ID, Weight: c.Weight, Reason: capRunes(strings.TrimSpace(v.reason), maxJudgeReason)}
	if c.Type == YesNo {
		s.Label = "no"
		if v.yes {
			s.Label = "yes"
		}
		if v.yes != c.GoodNo {
			s.Value, s.Pass = 1, true
		}
		return s
	}
	s.Value = c.value(v.step)
	s.Label = fmt.Sprintf("%d/%d", v.step, c.Highest())
	s.Pass = float64(v.step) >= c.PassAt
	return s
}
