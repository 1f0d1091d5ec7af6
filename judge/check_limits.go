package judge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/qualgate/qualgate/eval"
)

var (
	errNoLatency = errors.New("the answer's latency is not known: recorded answers need latency_ms")
	errNoCost    = errors.New("the answer's cost is not known: add the model's price under prices, or remove the check")
	errNoTokens  = errors.New("the answer's token count is not known: the server reported no usage")
)

// buildLatency bounds the time an answer took, without queueing and without
// failed attempts; for a cached answer it is the original time.
func buildLatency(_ *compiler, o *options) (rule, error) {
	limit, ok := o.duration("max")
	if !ok && len(o.errs) == 0 {
		o.fail("needs max: a time such as 2s")
	}
	return func(_ context.Context, s *eval.Sample) (ruling, error) {
		if s.Output.Latency <= 0 {
			return ruling{}, errNoLatency
		}
		took := s.Output.Latency.Round(time.Millisecond)
		return yesNo(s.Output.Latency <= limit, took.String(), fmt.Sprintf("the answer took %s, at most %s allowed", took, limit)), nil
	}, nil
}

// buildCost bounds what an answer cost, in US dollars.
func buildCost(_ *compiler, o *options) (rule, error) {
	limit, ok := o.number("max", 0, 1e9)
	if !ok && len(o.errs) == 0 {
		o.fail("needs max: US dollars an answer may cost")
	}
	return func(_ context.Context, s *eval.Sample) (ruling, error) {
		if s.Output.CostUSD == nil {
			return ruling{}, errNoCost
		}
		c := *s.Output.CostUSD
		return yesNo(c <= limit, fmt.Sprintf("$%.6g", c), fmt.Sprintf("the answer cost $%.6g, at most $%.6g allowed", c, limit)), nil
	}, nil
}
