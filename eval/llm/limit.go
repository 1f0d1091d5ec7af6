package llm

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// LimitConfig bounds what is sent to one host with one key. Zero means no bound.
type LimitConfig struct {
	Concurrency int // requests at once; 0 means 32
	RPM         int // requests a minute
	TPM         int // tokens a minute, in and out
}

// Limiters hands out one Limiter for each host and key, so that the model
// under test and the judge share what they share at the provider.
type Limiters struct {
	mu  sync.Mutex
	all map[string]*Limiter
}

// Get returns the limiter of a host and key. The tightest of all
// configurations given for it holds.
func (l *Limiters) Get(host, key string, cfg LimitConfig) *Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[string]*Limiter{}
	}
	id := host + "\x00" + key
	lim, ok := l.all[id]
	if !ok {
		lim = NewLimiter(cfg)
		l.all[id] = lim
		return lim
	}
	lim.tighten(cfg)
	return lim
}

// State is how limits and loads add up over all limiters.
func (l *Limiters) State() (limit, inFlight int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, lim := range l.all {
		a, b := lim.State()
		limit, inFlight = limit+a, inFlight+b
	}
	return limit, inFlight
}

// Limiter bounds requests to one host and key. Its concurrency adapts: a 429
// that names no time halves it, at most once a second; every answer lets it
// grow again. While refusals are rare that is by one, which restores a halved
// limit within about one round of answers, so that stray 429s cost little; once
// they are more than one in ten it is slow, so that real pressure holds it down.
type Limiter struct {
	mu       sync.Mutex
	cfg      LimitConfig
	limit    float64
	inFlight int
	halved   time.Time
	paused   time.Time // nothing is sent before
	waiting  []chan struct{}
	requests *rate.Limiter
	tokens   *rate.Limiter
	usage    float64 // running mean of tokens a request, to estimate the next
	refusals float64 // running share of 429s
}

// NewLimiter makes a limiter.
func NewLimiter(cfg LimitConfig) *Limiter {
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = 32
	}
	l := &Limiter{cfg: cfg, limit: float64(cfg.Concurrency)}
	l.requests, l.tokens = perMinute(cfg.RPM), perMinute(cfg.TPM)
	return l
}

// perMinute allows bursts of a sixth of a minute.
func perMinute(n int) *rate.Limiter {
	if n <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(float64(n)/60), max(1, n/6))
}

func (l *Limiter) tighten(cfg LimitConfig) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if cfg.Concurrency > 0 && cfg.Concurrency < l.cfg.Concurrency {
		l.cfg.Concurrency = cfg.Concurrency
		l.limit = min(l.limit, float64(cfg.Concurrency))
	}
	if cfg.RPM > 0 && (l.cfg.RPM == 0 || cfg.RPM < l.cfg.RPM) {
		l.cfg.RPM, l.requests = cfg.RPM, perMinute(cfg.RPM)
	}
	if cfg.TPM > 0 && (l.cfg.TPM == 0 || cfg.TPM < l.cfg.TPM) {
		l.cfg.TPM, l.tokens = cfg.TPM, perMinute(cfg.TPM)
	}
}

// State returns the concurrency allowed now and the requests under way.
func (l *Limiter) State() (limit, inFlight int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(1, int(l.limit)), l.inFlight
}

// acquire waits for a place.
func (l *Limiter) acquire(ctx context.Context) error {
	for {
		l.mu.Lock()
		pause := time.Until(l.paused)
		if pause <= 0 && l.inFlight < max(1, int(l.limit)) {
			l.inFlight++
			l.mu.Unlock()
			return nil
		}
		turn := make(chan struct{})
		l.waiting = append(l.waiting, turn)
		l.mu.Unlock()
		if pause <= 0 {
			pause = time.Hour // woken by a release
		}
		t := time.NewTimer(pause)
		select {
		case <-turn:
			t.Stop()
		case <-t.C:
			l.leave(turn)
		case <-ctx.Done():
			t.Stop()
			l.leave(turn)
			return ctx.Err()
		}
	}
}

// leave takes a waiter out; if it was woken at the same time it wakes the next.
func (l *Limiter) leave(turn chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, w := range l.waiting {
		if w == turn {
			l.waiting = append(l.waiting[:i], l.waiting[i+1:]...)
			return
		}
	}
	l.wake()
}

// wake lets in as many waiters as there are places. Callers hold l.mu.
func (l *Limiter) wake() {
	for free := max(1, int(l.limit)) - l.inFlight; free > 0 && len(l.waiting) > 0; free-- {
		close(l.waiting[0])
		l.waiting = l.waiting[1:]
	}
}

// release frees a place and learns from how the request went.
func (l *Limiter) release(resp Response, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
	var e *Error
	now := time.Now()
	if limited := errors.As(err, &e) && e.Kind == RateLimited; limited || err == nil {
		l.refusals += refusalWeight * (float64(btoi(limited)) - l.refusals)
	}
	switch {
	case err == nil:
		grow := 1.
		if l.refusals > manyRefusals {
			grow = 2 / max(2, l.limit)
		}
		l.limit = min(float64(l.cfg.Concurrency), l.limit+grow)
		if resp.Headers != nil {
			l.pause(now.Add(exhausted(resp.Headers)))
		}
		if resp.Usage.Known {
			l.usage += usageWeight * (float64(resp.Usage.Input+resp.Usage.Output) - l.usage)
		}
	case errors.As(err, &e) && e.Kind == RateLimited && e.RetryAfter > 0:
		l.pause(now.Add(e.RetryAfter))
	case errors.As(err, &e) && e.Kind == RateLimited && now.Sub(l.halved) >= time.Second:
		l.limit, l.halved = max(1, l.limit/2), now
	}
	l.wake()
}

// Weights of the running means, and the share of 429s from which they are no
// longer stray.
const (
	usageWeight   = .1
	refusalWeight = .02
	manyRefusals  = .1
)

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (l *Limiter) pause(until time.Time) {
	if until.After(l.paused) {
		l.paused = until
	}
}

type limited struct {
	inner Client
	l     *Limiter
}

// Limit sends requests within a limiter's bounds.
func Limit(inner Client, l *Limiter) Client { return &limited{inner, l} }

func (c *limited) Complete(ctx context.Context, req Request) (Response, error) {
	if err := c.l.spendRates(ctx, req); err != nil {
		return Response{}, err
	}
	if err := c.l.acquire(ctx); err != nil {
		return Response{}, err
	}
	resp, err := timed(ctx, c.inner, req)
	c.l.release(resp, err)
	return resp, err
}

// spendRates waits for the per-minute bounds.
func (l *Limiter) spendRates(ctx context.Context, req Request) error {
	l.mu.Lock()
	requests, tokens, seen := l.requests, l.tokens, l.usage
	l.mu.Unlock()
	if requests != nil {
		if err := requests.Wait(ctx); err != nil {
			return err
		}
	}
	if tokens != nil {
		n := max(int(seen), EstimateTokens(req))
		if err := tokens.WaitN(ctx, min(n, tokens.Burst())); err != nil {
			return err
		}
	}
	return nil
}

// EstimateTokens is a rough count of a request's tokens, in and out: four
// characters each, plus what max_tokens allows.
func EstimateTokens(req Request) int {
	n := 0
	for _, m := range req.Messages {
		n += 4 + len(m.Content)/4
	}
	if req.Params.MaxTokens != nil {
		n += *req.Params.MaxTokens
	}
	return n
}

// An attempt's time begins when it is sent, not when it begins to wait for a
// place: Retry puts the timeout into the context, Limit starts its clock.

type attemptKey struct{}

func withAttemptTimeout(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, attemptKey{}, d)
}

// timed makes one attempt within the time the context carries.
func timed(ctx context.Context, inner Client, req Request) (Response, error) {
	d, ok := ctx.Value(attemptKey{}).(time.Duration)
	if !ok {
		return inner.Complete(ctx, req)
	}
	attempt, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	resp, err := inner.Complete(attempt, req)
	if err == nil || ctx.Err() != nil || attempt.Err() == nil {
		return resp, err
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Attempts: 1, Err: err}
	}
	e.Kind, e.Message = Timeout, "no answer within "+d.String()
	return Response{}, e
}
