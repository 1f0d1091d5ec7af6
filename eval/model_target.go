package eval

import (
	"context"
	"errors"

	"github.com/qualgate/qualgate/eval/llm"
)

// ModelTarget is a prompt on a model.
type ModelTarget struct {
	Client llm.Client
	Model  string
	Params llm.Params
	Prompt *Prompt
	// Scope identifies the comparison, see llm.Key.
	Scope string
}

// Request is what a slot asks the model.
func (t *ModelTarget) Request(c *Case, slot Slot) (llm.Request, error) {
	msgs, err := t.Prompt.Render(c)
	if err != nil {
		return llm.Request{}, err
	}
	req := llm.Request{Model: t.Model, Params: t.Params, Messages: make([]llm.Message, len(msgs)),
		Key: llm.Key{Purpose: "generate", Case: slot.Case, Arm: string(slot.Arm), Trial: slot.Trial, Scope: t.Scope}}
	for i, m := range msgs {
		req.Messages[i] = llm.Message{Role: m.Role, Content: m.Content}
	}
	return req, nil
}

// Generate asks the model.
func (t *ModelTarget) Generate(ctx context.Context, c *Case, slot Slot) (Output, error) {
	req, err := t.Request(c, slot)
	if err != nil {
		return Output{}, err
	}
	resp, err := t.Client.Complete(ctx, req)
	if err != nil {
		return Output{}, clientFailure(ctx, err)
	}
	out := Output{Text: resp.Text, Model: resp.Model, Finish: resp.Finish, Truncated: resp.Finish == "length",
		Latency: resp.Latency, Cached: resp.Cached, CostUSD: resp.CostUSD, Spend: SpendOf(resp)}
	if resp.Usage.Known {
		out.OutputTokens = resp.Usage.Output
	}
	return out, nil
}

// clientFailure sorts a client's error into a Failure of the slot or, where
// every further call would fail alike, the end of the run.
func clientFailure(ctx context.Context, err error) error {
	var e *llm.Error
	if !errors.As(err, &e) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return AsFailure(err, StageGenerate)
	}
	f := &Failure{Stage: StageGenerate, Message: e.Error(), Spend: Spend{Attempts: e.Attempts}, Err: err}
	switch e.Kind {
	case llm.Timeout:
		f.Stage = StageTimeout
	case llm.OverBudget:
		f.Stage = StageBudget
	}
	if e.Fatal() {
		return &FatalError{Err: f, Hint: e.Hint}
	}
	return f
}

// SpendOf is what an answer cost now: nothing where it came from the cache or
// a recording.
func SpendOf(r llm.Response) Spend {
	if r.Cached {
		s := Spend{Cached: 1}
		if r.CostUSD != nil {
			s.SavedUSD = *r.CostUSD
		}
		return s
	}
	s := Spend{Calls: 1, Attempts: r.Attempts}
	if r.Usage.Known {
		s.InputTokens, s.OutputTokens = r.Usage.Input, r.Usage.Output
	}
	switch {
	case r.CostUSD != nil:
		s.USD = *r.CostUSD
	case r.Attempts > 0:
		s.UnknownCost = 1
	}
	return s
}
