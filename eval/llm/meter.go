package llm

import (
	"context"
	"fmt"
	"sync"
)

// Budget bounds what a run may spend; zero means no bound.
type Budget struct {
	USD    float64
	Calls  int
	Tokens int
}

// Meter prices answers and keeps a budget. One Meter is shared by everything
// that spends from the same purse: the model under test and the judge.
type Meter struct {
	prices *Prices
	budget Budget

	mu       sync.Mutex
	usd      float64
	calls    int
	tokens   int
	reserved float64 // of calls under way
	pending  int
	pendingT int
}

// NewMeter makes a meter. Spent is what the run has cost before, when it is
// continued.
func NewMeter(p *Prices, b Budget, spentUSD float64, spentCalls, spentTokens int) *Meter {
	return &Meter{prices: p, budget: b, usd: spentUSD, calls: spentCalls, tokens: spentTokens}
}

// Start sets what was spent before, when a run is continued.
func (m *Meter) Start(usd float64, calls, tokens int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.usd, m.calls, m.tokens = usd, calls, tokens
}

// Spent is what was paid so far.
func (m *Meter) Spent() (usd float64, calls, tokens int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usd, m.calls, m.tokens
}

type metered struct {
	inner Client
	m     *Meter
}

// Wrap puts a client under the meter. Before each call the budget is checked
// against what was spent, what calls under way may still cost, and an estimate
// of this call.
func (m *Meter) Wrap(inner Client) Client { return &metered{inner, m} }

func (c *metered) Complete(ctx context.Context, req Request) (Response, error) {
	price, known := c.m.prices.Find(req.Model)
	tokens := EstimateTokens(req)
	guess := 0.0
	if known {
		out := 0
		if req.Params.MaxTokens != nil {
			out = *req.Params.MaxTokens
		}
		guess = price.Cost(Usage{Input: tokens - out, Output: out, Known: true})
	}
	if err := c.m.reserve(guess, tokens); err != nil {
		return Response{}, err
	}
	resp, err := c.inner.Complete(ctx, req)
	if err == nil && !resp.Cached {
		resp.CostUSD = nil
		if known && resp.Usage.Known {
			cost := price.Cost(resp.Usage)
			resp.CostUSD = &cost
		}
	}
	c.m.settle(guess, tokens, resp, err)
	return resp, err
}

// reserve checks the budget and sets the estimate aside.
func (m *Meter) reserve(usd float64, tokens int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	over := ""
	switch b := m.budget; {
	case b.USD > 0 && (m.usd >= b.USD || m.usd+m.reserved+usd > b.USD):
		over = fmt.Sprintf("of $%.2f is used up ($%.2f spent, $%.2f under way)", b.USD, m.usd, m.reserved)
	case b.Calls > 0 && m.calls+m.pending >= b.Calls:
		over = fmt.Sprintf("of %d calls is used up", b.Calls)
	case b.Tokens > 0 && m.tokens+m.pendingT+tokens > b.Tokens:
		over = fmt.Sprintf("of %d tokens is used up (%d spent)", b.Tokens, m.tokens)
	}
	if over != "" {
		return &Error{Kind: OverBudget, Message: "the budget " + over, Hint: "raise run.budget and run again; what was paid for is kept"}
	}
	m.reserved += usd
	m.pending++
	m.pendingT += tokens
	return nil
}

func (m *Meter) settle(usd float64, tokens int, resp Response, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reserved = max(0, m.reserved-usd)
	m.pending--
	m.pendingT -= tokens
	if err != nil || resp.Cached {
		return
	}
	m.calls++
	m.tokens += resp.Usage.Input + resp.Usage.Output
	if resp.CostUSD != nil {
		m.usd += *resp.CostUSD
	}
}
