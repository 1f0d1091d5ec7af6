// Package llmtest is a loopback server that speaks the wire format of OpenAI's
// chat completions (POST …/chat/completions) and misbehaves as real providers
// do, on a schedule fixed by a seed. It is for tests, benchmarks and demos.
package llmtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Request is what the server understood of a request.
type Request struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	Temperature         *float64 `json:"temperature"`
	MaxTokens           *int     `json:"max_tokens"`
	MaxCompletionTokens *int     `json:"max_completion_tokens"`
	ResponseFormat      *struct {
		Type string `json:"type"`
	} `json:"response_format"`
	// N counts requests with this very body, from 1: a repeat or a retry.
	N int `json:"-"`
}

// Last is the content of the last message.
func (r *Request) Last() string {
	if len(r.Messages) == 0 {
		return ""
	}
	return r.Messages[len(r.Messages)-1].Content
}

// All is the content of all messages.
func (r *Request) All() string {
	var b strings.Builder
	for _, m := range r.Messages {
		b.WriteString(m.Content)
		b.WriteByte('\n')
	}
	return b.String()
}

// Judging reports whether a judge's verdict is asked for.
func (r *Request) Judging() bool {
	return len(r.Messages) > 0 && strings.Contains(r.Messages[0].Content, `"criteria"`)
}

// Faults are shares of requests, each in [0,1], that fail in a way. Which ones
// is decided by the seed and the order of arrival.
type Faults struct {
	RateLimit  float64       // 429
	RetryAfter time.Duration // sent with a 429, in whole seconds; 0 sends none
	ServerErr  float64       // 500
	Reset      float64       // the connection is reset
	Truncate   float64       // the body ends in the middle
	HTML       float64       // an HTML page with status 200
	NoChoices  float64       // a well-formed answer without choices
	NotJSON    float64       // a judge that answers in prose
	Hang       float64       // no answer until the client goes away
}

// Config describes a server. The zero value answers at once and never fails.
type Config struct {
	Seed    uint64
	Latency time.Duration
	// Sigma > 0 makes latencies log-normal with median Latency.
	Sigma  float64
	Faults Faults
	// Answer gives the answer's text; nil is Echo.
	Answer func(*Request) string
	// Key that must be sent as the bearer token; empty accepts any.
	Key string
	// Models known; nil knows all. Others get the documented 404.
	Models []string
	// What the server refuses, with the documented 400.
	RefuseTemperature, RefuseSchema, RefuseMaxTokens bool
	// NoUsage leaves usage out.
	NoUsage bool
	// Finish is the finish reason; "stop" if empty.
	Finish string
}

// Server is a running server.
type Server struct {
	// URL is the base URL, up to /v1.
	URL string

	cfg  Config
	http *httptest.Server
	down atomic.Bool

	mu       sync.Mutex
	rng      *rand.Rand
	seen     map[string]int // body → requests
	answered map[string]int // body → whole answers sent
	stats    Stats
}

// Stats counts what happened.
type Stats struct {
	Requests, Answered, Faults int
	InFlight, MaxInFlight      int
	// PaidTwice counts bodies that were answered whole more than once.
	PaidTwice int
}

// New starts a server on loopback.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 1)), seen: map[string]int{}, answered: map[string]int{}}
	s.http = httptest.NewUnstartedServer(s)
	s.http.Config.ErrorLog = nil
	s.http.Start()
	s.URL = s.http.URL + "/v1"
	return s
}

// Listen starts a server on an address of its own choosing.
func Listen(addr string, cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 1)), seen: map[string]int{}, answered: map[string]int{}}
	s.http = httptest.NewUnstartedServer(s)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s.http.Listener.Close()
	s.http.Listener = l
	s.http.Start()
	s.URL = s.http.URL + "/v1"
	return s, nil
}

// Close stops the server.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// SetDown makes every request fail with 503, as in an outage, or ends that.
func (s *Server) SetDown(down bool) { s.down.Store(down) }

// Stats returns what happened so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	for _, n := range s.answered {
		if n > 1 {
			st.PaidTwice++
		}
	}
	return st
}

// plan is what will happen to one request.
type plan struct {
	fault   string
	latency time.Duration
	n       int
	key     string
}

func (s *Server) plan(body []byte, judging bool) plan {
	sum := sha256.Sum256(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := plan{key: hex.EncodeToString(sum[:8]), latency: s.cfg.Latency}
	s.seen[p.key]++
	p.n = s.seen[p.key]
	s.stats.Requests++
	s.stats.InFlight++
	s.stats.MaxInFlight = max(s.stats.MaxInFlight, s.stats.InFlight)
	if s.cfg.Sigma > 0 {
		p.latency = time.Duration(float64(s.cfg.Latency) * math.Exp(s.cfg.Sigma*s.rng.NormFloat64()))
	}
	u := s.rng.Float64()
	f := s.cfg.Faults
	for _, x := range []struct {
		name  string
		share float64
	}{{"429", f.RateLimit}, {"500", f.ServerErr}, {"reset", f.Reset}, {"truncate", f.Truncate}, {"html", f.HTML}, {"nochoices", f.NoChoices}, {"hang", f.Hang}} {
		if u -= x.share; u < 0 {
			p.fault = x.name
			break
		}
	}
	if p.fault == "" && judging && s.rng.Float64() < f.NotJSON {
		p.fault = "prose"
	}
	if p.fault != "" {
		s.stats.Faults++
	}
	return p
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var req Request
	if err := json.Unmarshal(body, &req); err != nil {
		fail(w, 400, "invalid_request_error", "", "We could not parse the JSON body of your request.")
		return
	}
	p := s.plan(body, req.Judging())
	defer func() {
		s.mu.Lock()
		s.stats.InFlight--
		s.mu.Unlock()
	}()
	req.N = p.n
	if s.refused(w, r, &req) {
		return
	}
	if s.down.Load() {
		fail(w, 503, "server_error", "", "The server is currently overloaded.")
		return
	}
	if p.latency > 0 {
		t := time.NewTimer(p.latency)
		select {
		case <-t.C:
		case <-r.Context().Done():
			t.Stop()
			return
		}
	}
	s.answer(w, r, &req, p)
}

// refused sends the documented refusals.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, req *Request) bool {
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	known := s.cfg.Models == nil
	for _, m := range s.cfg.Models {
		known = known || m == req.Model
	}
	switch {
	case !strings.HasSuffix(r.URL.Path, "/chat/completions"):
		fail(w, 404, "invalid_request_error", "", "Invalid URL (POST "+r.URL.Path+")")
	case s.cfg.Key != "" && key != s.cfg.Key:
		// Real servers quote a part of the key; some quote all of it.
		code(w, 401, "invalid_request_error", "", "Incorrect API key provided: "+key+".", "invalid_api_key")
	case !known:
		code(w, 404, "invalid_request_error", "", "The model `"+req.Model+"` does not exist or you do not have access to it.", "model_not_found")
	case s.cfg.RefuseTemperature && req.Temperature != nil:
		code(w, 400, "invalid_request_error", "temperature", "Unsupported value: 'temperature' does not support this value with this model. Only the default (1) value is supported.", "unsupported_value")
	case s.cfg.RefuseSchema && req.ResponseFormat != nil:
		fail(w, 400, "invalid_request_error", "response_format", "Invalid parameter: 'response_format' of type '"+req.ResponseFormat.Type+"' is not supported with this model.")
	case s.cfg.RefuseMaxTokens && req.MaxTokens != nil:
		code(w, 400, "invalid_request_error", "max_tokens", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "unsupported_parameter")
	default:
		return false
	}
	return true
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, req *Request, p plan) {
	text := ""
	switch p.fault {
	case "429":
		if s.cfg.Faults.RetryAfter > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(int(math.Ceil(s.cfg.Faults.RetryAfter.Seconds()))))
		}
		code(w, 429, "requests", "", "Rate limit reached for requests.", "rate_limit_exceeded")
		return
	case "500":
		fail(w, 500, "server_error", "", "The server had an error while processing your request.")
		return
	case "reset":
		reset(w)
		return
	case "hang":
		<-r.Context().Done()
		return
	case "html":
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>")
		return
	case "prose":
		text = "I think this answer is quite good overall, I would give it a high score."
	default:
		answer := s.cfg.Answer
		if answer == nil {
			answer = Echo
		}
		text = answer(req)
	}
	b := s.completion(req, text, p.fault == "nochoices")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(b)))
	if p.fault == "truncate" {
		w.Write(b[:len(b)/2])
		reset(w)
		return
	}
	w.Write(b)
	if p.fault == "" {
		s.mu.Lock()
		s.stats.Answered++
		s.answered[p.key]++
		s.mu.Unlock()
	}
}

func (s *Server) completion(req *Request, text string, noChoices bool) []byte {
	type obj = map[string]any
	finish := s.cfg.Finish
	if finish == "" {
		finish = "stop"
	}
	choices := []obj{{"index": 0, "message": obj{"role": "assistant", "content": text, "refusal": nil}, "logprobs": nil, "finish_reason": finish}}
	if noChoices {
		choices = []obj{}
	}
	out := obj{"id": "chatcmpl-test", "object": "chat.completion", "created": 1760000000, "model": req.Model, "choices": choices}
	if !s.cfg.NoUsage {
		in := len(req.All()) / 4
		out["usage"] = obj{"prompt_tokens": in, "completion_tokens": len(text) / 4, "total_tokens": in + len(text)/4}
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err) // plain strings and numbers always marshal
	}
	return b
}

func fail(w http.ResponseWriter, status int, typ, param, msg string) {
	code(w, status, typ, param, msg, nil)
}

// code writes the documented error object.
func code(w http.ResponseWriter, status int, typ, param, msg string, code any) {
	var p any
	if param != "" {
		p = param
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": msg, "type": typ, "param": p, "code": code}})
}

// reset breaks the connection off without a farewell.
func reset(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	h, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	conn, _, err := h.Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
