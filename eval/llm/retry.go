package llm

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// RetryConfig says how often and how patiently to try again.
type RetryConfig struct {
	// MaxRetries after the first attempt; 0 tries once.
	MaxRetries int
	// Timeout of each attempt; 0 leaves it to the context.
	Timeout time.Duration
	// Base and Cap bound the waits: the n-th is drawn evenly from
	// [0, min(Cap, Base·2ⁿ)) ("full jitter", Brooker 2015), so that callers
	// that failed together do not come back together. Defaults 500 ms, 30 s.
	Base, Cap time.Duration
	// Observe is told of every wait, if set.
	Observe func(err *Error, attempt int, wait time.Duration)
}

type retry struct {
	inner Client
	cfg   RetryConfig
}

// Retry tries again what may succeed later: 429, 5xx, resets, garbled and late
// answers. A wait the server asks for is kept, with jitter on top. It belongs
// outside of Limit, so that a waiting request holds no place:
// Retry(Limit(client)).
func Retry(inner Client, cfg RetryConfig) Client {
	if cfg.Base <= 0 {
		cfg.Base = 500 * time.Millisecond
	}
	if cfg.Cap <= 0 {
		cfg.Cap = 30 * time.Second
	}
	return &retry{inner, cfg}
}

func (r *retry) Complete(ctx context.Context, req Request) (Response, error) {
	sent := 0
	for n := 0; ; n++ {
		resp, err := r.once(ctx, req)
		if err == nil {
			resp.Attempts += sent
			return resp, nil
		}
		var e *Error
		if !errors.As(err, &e) {
			return Response{}, err
		}
		sent += max(e.Attempts, 1)
		e.Attempts = sent
		if !e.Retryable() || n >= r.cfg.MaxRetries {
			return Response{}, e
		}
		wait := r.wait(e, n)
		if r.cfg.Observe != nil {
			r.cfg.Observe(e, n+1, wait)
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return Response{}, ctx.Err()
		}
	}
}

// once makes one attempt within the timeout. Behind a Limit its clock starts
// when a place is free: waiting for it is not the server's slowness.
func (r *retry) once(ctx context.Context, req Request) (Response, error) {
	if r.cfg.Timeout <= 0 {
		return r.inner.Complete(ctx, req)
	}
	ctx = withAttemptTimeout(ctx, r.cfg.Timeout)
	if _, limits := r.inner.(*limited); limits {
		return r.inner.Complete(ctx, req)
	}
	return timed(ctx, r.inner, req)
}

// wait is the pause before the next attempt. A server's own wish is the least;
// the jitter on top keeps callers it told the same apart.
func (r *retry) wait(e *Error, n int) time.Duration {
	ceiling := r.cfg.Cap
	if n < 20 {
		ceiling = min(ceiling, r.cfg.Base<<n)
	}
	jitter := time.Duration(rand.Int64N(int64(ceiling)))
	if e.RetryAfter > 0 {
		return e.RetryAfter + min(jitter, e.RetryAfter/10+50*time.Millisecond)
	}
	return jitter
}
