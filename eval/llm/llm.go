// Package llm is the one door to language models: a Client and the wrappers
// around it. Everything that waits, retries, limits, caches, meters or records
// is itself a Client around a Client, so any of them can be left out.
package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Message is one turn. Role is "system", "user" or "assistant".
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Params are the sampling parameters that may be set. Nil means "not sent":
// the server's default holds. Extra is merged into the request body as it is.
type Params struct {
	Temperature *float64       `json:"temperature,omitempty"`
	TopP        *float64       `json:"top_p,omitempty"`
	MaxTokens   *int           `json:"max_tokens,omitempty"`
	Seed        *int64         `json:"seed,omitempty"`
	Stop        []string       `json:"stop,omitempty"`
	Extra       map[string]any `json:"extra,omitempty"`
}

// Schema asks for an answer of a JSON shape. Servers without structured output
// get the request without it; the caller's prompt must ask for the shape too.
type Schema struct {
	Name string          `json:"name"`
	JSON json.RawMessage `json:"json"`
}

// Key says which measurement a request belongs to. It is not sent to the
// server. It is part of the cache's key, so that repeats are measured and not
// copied, and it is what a replay looks answers up by.
type Key struct {
	Purpose string `json:"purpose"` // "generate" or "judge"
	Case    string `json:"case"`
	Arm     string `json:"arm"`
	Trial   int    `json:"trial"`
	// Ask counts re-asks of the same question after an unreadable answer.
	Ask int `json:"ask,omitempty"`
	// Part tells several judge calls about one sample apart (a jury).
	Part string `json:"part,omitempty"`
	// Scope identifies the comparison (digests of both arms): an answer cached
	// in one comparison is never set against fresh ones in another.
	Scope string `json:"scope,omitempty"`
}

// Request is one question to a model.
type Request struct {
	Model    string    `json:"model"`
	Messages []Message `json:"messages"`
	Params   Params    `json:"params"`
	Schema   *Schema   `json:"schema,omitempty"`
	Key      Key       `json:"-"`
}

// Usage counts tokens as the server reports them. Known is false where the
// server reported none: then the counts mean nothing.
type Usage struct {
	Input       int  `json:"input"`
	Output      int  `json:"output"`
	CachedInput int  `json:"cached_input,omitempty"`
	Reasoning   int  `json:"reasoning,omitempty"`
	Known       bool `json:"known"`
}

// Response is a complete answer.
type Response struct {
	Text string `json:"text"`
	// Model is the model that answered, as the server names it.
	Model string `json:"model,omitempty"`
	// Finish is stop, length, content_filter or tool_calls; empty if unknown.
	Finish string `json:"finish,omitempty"`
	Usage  Usage  `json:"usage"`
	// Latency is the time of the successful attempt alone.
	Latency time.Duration `json:"latency_ns"`
	// Attempts counts requests sent for this answer, at least 1 unless cached
	// or replayed.
	Attempts int `json:"attempts,omitempty"`
	// Cached marks an answer that was not paid for now; Stored is when it was.
	Cached bool      `json:"cached,omitempty"`
	Stored time.Time `json:"stored,omitzero"`
	// CostUSD is filled by Meter; nil means the price is unknown.
	CostUSD *float64 `json:"cost_usd,omitempty"`
	// Headers are the answer's, for rate limits; nil unless sent over HTTP now.
	Headers http.Header `json:"-"`
}

// Client answers requests. Implementations are safe for concurrent use. An
// error is an *Error unless the context ended.
type Client interface {
	Complete(ctx context.Context, req Request) (Response, error)
}

// Kind classifies an Error.
type Kind string

// The kinds of Error.
const (
	RateLimited Kind = "rate_limited" // 429
	Server      Kind = "server"       // 5xx
	Transport   Kind = "transport"    // refused, reset, DNS, TLS
	Garbled     Kind = "garbled"      // truncated body, not JSON, no choices
	Timeout     Kind = "timeout"      // no answer in time
	Auth        Kind = "auth"         // 401, 403
	NotFound    Kind = "not_found"    // 404: model or endpoint unknown
	BadRequest  Kind = "bad_request"  // 400 and other 4xx
	Refused     Kind = "refused"      // this one request cannot be answered: content filter, context length
	OverBudget  Kind = "budget"       // Meter: the budget is used up
	NoRecord    Kind = "no_record"    // Replay: no recorded answer for this key
)

// Error is a request that got no answer.
type Error struct {
	Kind    Kind
	Status  int    // HTTP status, 0 if none
	Host    string // host:port asked
	Message string // the server's words, or the transport's
	Hint    string // what a person can do
	// Param is the request's field the server complains of, if it names one.
	Param string
	// Headers are the answer's, nil if none came.
	Headers http.Header
	// RetryAfter is the wait the server asked for; 0 if it named none.
	RetryAfter time.Duration
	// Attempts counts requests sent in all, 0 where none left this machine.
	Attempts int
	Err      error
}

func (e *Error) Error() string {
	s := string(e.Kind)
	if e.Host != "" {
		s = e.Host + ": " + s
	}
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Fatal reports whether every further request would fail alike, so that a run
// should stop at once: wrong key, unknown model, malformed request, budget.
func (e *Error) Fatal() bool {
	switch e.Kind {
	case Auth, NotFound, BadRequest, OverBudget:
		return true
	}
	return false
}

// Retryable reports whether the same request may succeed later.
func (e *Error) Retryable() bool {
	switch e.Kind {
	case RateLimited, Server, Transport, Garbled, Timeout:
		return true
	}
	return false
}
