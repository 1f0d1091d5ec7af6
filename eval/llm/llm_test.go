package llm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/qualgate/qualgate/eval/llm"
	"github.com/qualgate/qualgate/eval/llm/llmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a Client that answers by a function.
type fake func(ctx context.Context, req llm.Request) (llm.Response, error)

func (f fake) Complete(ctx context.Context, req llm.Request) (llm.Response, error) {
	return f(ctx, req)
}

func ask(text string) llm.Request {
	return llm.Request{Model: "m", Messages: []llm.Message{{Role: "user", Content: text}}, Key: llm.Key{Purpose: "generate", Case: text}}
}

// openaiTo makes a client for a server and closes both at the end.
func openaiTo(t testing.TB, cfg llmtest.Config, change func(*llm.OpenAIConfig)) (*llm.OpenAI, *llmtest.Server) {
	t.Helper()
	s := llmtest.New(cfg)
	tr := llm.NewTransport(64)
	t.Cleanup(func() { tr.CloseIdleConnections(); s.Close() })
	oc := llm.OpenAIConfig{BaseURL: s.URL, HTTPClient: &http.Client{Transport: tr}}
	if change != nil {
		change(&oc)
	}
	c, err := llm.NewOpenAI(oc)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// Every Client passes this suite: it answers what it can, from many goroutines
// at once, reports failures as *Error, and gives up at once when told to.
func TestConformance(t *testing.T) {
	dir := t.TempDir()
	base := func(t *testing.T) llm.Client { c, _ := openaiTo(t, llmtest.Config{}, nil); return c }
	for name, make := range map[string]func(*testing.T) llm.Client{
		"openai": base,
		"replay": func(t *testing.T) llm.Client {
			r := llm.NewReplay("recorded")
			for i := range 50 {
				if err := r.Add(llm.ReplayRecord{Case: fmt.Sprint("q", i), Output: "a"}, "x"); err != nil {
					t.Fatal(err)
				}
			}
			return r
		},
		"retry": func(t *testing.T) llm.Client {
			return llm.Retry(base(t), llm.RetryConfig{MaxRetries: 2, Timeout: time.Minute})
		},
		"limit": func(t *testing.T) llm.Client {
			return llm.Limit(base(t), llm.NewLimiter(llm.LimitConfig{Concurrency: 3}))
		},
		"meter": func(t *testing.T) llm.Client {
			return llm.NewMeter(llm.NewPrices(nil), llm.Budget{}, 0, 0, 0).Wrap(base(t))
		},
		"cache": func(t *testing.T) llm.Client { return (&llm.Cache{Dir: dir}).Wrap(base(t), "x") },
		"redact": func(t *testing.T) llm.Client {
			var r llm.Redactor
			r.Add("KEY", "sk-something")
			return r.Wrap(base(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := make(t)
			var wg sync.WaitGroup
			for i := range 50 {
				wg.Go(func() {
					resp, err := c.Complete(t.Context(), ask(fmt.Sprint("q", i)))
					if err != nil || resp.Text == "" {
						t.Errorf("q%d: %q, %v", i, resp.Text, err)
					}
				})
			}
			wg.Wait()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := c.Complete(ctx, ask("q99")); !errors.Is(err, context.Canceled) {
				t.Errorf("after the context ended: %v", err)
			}
		})
	}
}

func TestOpenAIErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cfg   llmtest.Config
		kind  llm.Kind
		fatal bool
		says  string
	}{
		{"429", llmtest.Config{Faults: llmtest.Faults{RateLimit: 1, RetryAfter: 2 * time.Second}}, llm.RateLimited, false, "Rate limit reached"},
		{"500", llmtest.Config{Faults: llmtest.Faults{ServerErr: 1}}, llm.Server, false, "had an error"},
		{"reset", llmtest.Config{Faults: llmtest.Faults{Reset: 1}}, llm.Transport, false, ""},
		{"truncated", llmtest.Config{Faults: llmtest.Faults{Truncate: 1}}, llm.Garbled, false, ""},
		{"HTML with 200", llmtest.Config{Faults: llmtest.Faults{HTML: 1}}, llm.Garbled, false, "not the JSON"},
		{"no choices", llmtest.Config{Faults: llmtest.Faults{NoChoices: 1}}, llm.Garbled, false, "no choices"},
		{"wrong key", llmtest.Config{Key: "right-key"}, llm.Auth, true, "Incorrect API key"},
		{"unknown model", llmtest.Config{Models: []string{"other"}}, llm.NotFound, true, "does not exist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := openaiTo(t, tt.cfg, func(o *llm.OpenAIConfig) { o.Key = "wrong-key" })
			_, err := c.Complete(t.Context(), ask("q"))
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			// A reset in the middle of the headers may look cut off.
			if e.Kind != tt.kind && !(tt.name == "truncated" && e.Kind == llm.Transport) || e.Fatal() != tt.fatal || !strings.Contains(e.Message, tt.says) || e.Host == "" {
				t.Errorf("kind %s, fatal %v: %v", e.Kind, e.Fatal(), e)
			}
			if e.Fatal() == e.Retryable() {
				t.Errorf("fatal %v and retryable %v", e.Fatal(), e.Retryable())
			}
			if tt.name == "429" && e.RetryAfter != 2*time.Second {
				t.Errorf("Retry-After: %v", e.RetryAfter)
			}
		})
	}
	c, err := llm.NewOpenAI(llm.OpenAIConfig{BaseURL: "http://127.0.0.1:1/v1"})
	if err != nil {
		t.Fatal(err)
	}
	var e *llm.Error
	if _, err := c.Complete(t.Context(), ask("q")); !errors.As(err, &e) || e.Kind != llm.Transport || e.Hint == "" {
		t.Errorf("nobody listens: %v", err)
	}
	if _, err := llm.NewOpenAI(llm.OpenAIConfig{BaseURL: "localhost:11434"}); err == nil {
		t.Error("a base_url without a scheme was accepted")
	}
}

// What a server refuses is learned from its first refusal, once for the run.
func TestOpenAILearnsWhatAServerRefuses(t *testing.T) {
	temp, n := 0.0, 100
	req := func(text string) llm.Request {
		r := ask(text)
		r.Params = llm.Params{Temperature: &temp, MaxTokens: &n}
		r.Schema = &llm.Schema{Name: "x", JSON: []byte(`{"type":"object"}`)}
		return r
	}
	c, s := openaiTo(t, llmtest.Config{RefuseTemperature: true, RefuseSchema: true, RefuseMaxTokens: true}, nil)
	resp, err := c.Complete(t.Context(), req("a"))
	if err != nil {
		t.Fatal(err)
	}
	if resp.Attempts != 5 { // temperature, max_tokens, json_schema, json_object, and then
		t.Errorf("%d attempts for the first answer", resp.Attempts)
	}
	before := s.Stats().Requests
	for i := range 10 {
		if _, err := c.Complete(t.Context(), req(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Stats().Requests - before; got != 10 {
		t.Errorf("%d requests for 10 answers: what was learned is not remembered", got)
	}
	// A server that takes everything gets everything, temperature 0 included.
	var got atomic.Value
	c, _ = openaiTo(t, llmtest.Config{Answer: func(r *llmtest.Request) string { got.Store(*r); return "ok" }}, nil)
	if _, err := c.Complete(t.Context(), req("a")); err != nil {
		t.Fatal(err)
	}
	r := got.Load().(llmtest.Request)
	if r.Temperature == nil || *r.Temperature != 0 || r.MaxTokens == nil || r.ResponseFormat == nil || r.ResponseFormat.Type != "json_schema" {
		t.Errorf("sent %+v", r)
	}
}

func TestOpenAISendsWhatIsConfigured(t *testing.T) {
	var got http.Header
	var path string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, path = r.Header.Clone(), r.URL.String()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"model":"served","choices":[{"message":{"content":"hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}}`)
	}))
	defer srv.Close()
	tr := llm.NewTransport(2)
	defer tr.CloseIdleConnections()
	c, err := llm.NewOpenAI(llm.OpenAIConfig{BaseURL: srv.URL + "/v1/", Headers: map[string]string{"X-Team": "a"}, Organization: "org", HTTPClient: &http.Client{Transport: tr}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Complete(t.Context(), ask("q"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Get("Authorization") != "" || got.Get("X-Team") != "a" || got.Get("OpenAI-Organization") != "org" || path != "/v1/chat/completions" {
		t.Errorf("headers %v, path %s", got, path)
	}
	want := llm.Usage{Input: 7, Output: 3, CachedInput: 2, Reasoning: 1, Known: true}
	if resp.Usage != want || resp.Finish != "length" || resp.Model != "served" {
		t.Errorf("%+v", resp)
	}
	c, err = llm.NewOpenAI(llm.OpenAIConfig{BaseURL: srv.URL, Azure: true, APIVersion: "2025-04-01-preview", Key: "azkey", HTTPClient: &http.Client{Transport: tr}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Complete(t.Context(), ask("q")); err != nil {
		t.Fatal(err)
	}
	if got.Get("Api-Key") != "azkey" || path != "/openai/deployments/m/chat/completions?api-version=2025-04-01-preview" {
		t.Errorf("azure: headers %v, path %s", got, path)
	}
}

func TestRetryWaitsAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		inner := fake(func(context.Context, llm.Request) (llm.Response, error) {
			n++
			if n <= 2 {
				return llm.Response{}, &llm.Error{Kind: llm.RateLimited, RetryAfter: 10 * time.Second}
			}
			return llm.Response{Text: "ok", Attempts: 1}, nil
		})
		start := time.Now()
		resp, err := llm.Retry(inner, llm.RetryConfig{MaxRetries: 3}).Complete(t.Context(), ask("q"))
		if err != nil || resp.Attempts != 3 {
			t.Fatalf("%+v, %v", resp, err)
		}
		if d := time.Since(start); d < 20*time.Second || d > 25*time.Second {
			t.Errorf("waited %v for two Retry-After of 10 s", d)
		}
		for _, kind := range []llm.Kind{llm.Auth, llm.NotFound, llm.BadRequest, llm.Refused, llm.OverBudget, llm.NoRecord} {
			n = 0
			inner := fake(func(context.Context, llm.Request) (llm.Response, error) {
				n++
				return llm.Response{}, &llm.Error{Kind: kind}
			})
			if _, err := llm.Retry(inner, llm.RetryConfig{MaxRetries: 3}).Complete(t.Context(), ask("q")); err == nil || n != 1 {
				t.Errorf("%s was tried %d times", kind, n)
			}
		}
		n = 0
		never := fake(func(context.Context, llm.Request) (llm.Response, error) {
			n++
			return llm.Response{}, &llm.Error{Kind: llm.Server}
		})
		var e *llm.Error
		if _, err := llm.Retry(never, llm.RetryConfig{}).Complete(t.Context(), ask("q")); !errors.As(err, &e) || n != 1 || e.Attempts != 1 {
			t.Errorf("max_retries 0: %d tries, %v", n, err)
		}
	})
}

func TestTimeoutBeginsWhenSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := fake(func(ctx context.Context, _ llm.Request) (llm.Response, error) {
			select {
			case <-time.After(8 * time.Second):
				return llm.Response{Text: "ok", Attempts: 1}, nil
			case <-ctx.Done():
				return llm.Response{}, ctx.Err()
			}
		})
		// Five requests of 8 s one after the other, 10 s each allowed: waiting
		// for a place is not the server's slowness.
		c := llm.Retry(llm.Limit(slow, llm.NewLimiter(llm.LimitConfig{Concurrency: 1})), llm.RetryConfig{Timeout: 10 * time.Second})
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				if _, err := c.Complete(t.Context(), ask(fmt.Sprint(i))); err != nil {
					t.Errorf("request %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		var e *llm.Error
		_, err := llm.Retry(slow, llm.RetryConfig{Timeout: 5 * time.Second}).Complete(t.Context(), ask("q"))
		if !errors.As(err, &e) || e.Kind != llm.Timeout {
			t.Errorf("a late answer: %v", err)
		}
	})
}

func TestLimitHalvesAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var press atomic.Bool
		inner := fake(func(context.Context, llm.Request) (llm.Response, error) {
			time.Sleep(100 * time.Millisecond)
			if press.Load() {
				return llm.Response{}, &llm.Error{Kind: llm.RateLimited}
			}
			return llm.Response{Text: "ok"}, nil
		})
		l := llm.NewLimiter(llm.LimitConfig{Concurrency: 32})
		c := llm.Limit(inner, l)
		round := func(n int) {
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() { c.Complete(t.Context(), ask(fmt.Sprint(i))) })
			}
			wg.Wait()
		}
		press.Store(true)
		round(32) // 32 refusals at one moment are one signal
		if got, _ := l.State(); got != 16 {
			t.Errorf("after one round of 429: limit %d, want 16", got)
		}
		press.Store(false)
		round(400)
		if got, in := l.State(); got != 32 || in != 0 {
			t.Errorf("after 400 answers: limit %d, want 32; %d in flight", got, in)
		}
	})
}

func TestStrayRefusalsCostLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		elapsed := func(share int) time.Duration {
			var n atomic.Int64
			inner := fake(func(context.Context, llm.Request) (llm.Response, error) {
				time.Sleep(100 * time.Millisecond)
				if share > 0 && n.Add(1)%int64(share) == 0 {
					return llm.Response{}, &llm.Error{Kind: llm.RateLimited}
				}
				return llm.Response{Text: "ok"}, nil
			})
			c := llm.Retry(llm.Limit(inner, llm.NewLimiter(llm.LimitConfig{Concurrency: 32})), llm.RetryConfig{MaxRetries: 8})
			start := time.Now()
			var wg sync.WaitGroup
			work := make(chan int, 2000)
			for i := range 2000 {
				work <- i
			}
			close(work)
			for range 32 {
				wg.Go(func() {
					for i := range work {
						if _, err := c.Complete(t.Context(), ask(fmt.Sprint(i))); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			return time.Since(start)
		}
		clean, stray := elapsed(0), elapsed(33) // 3 %
		if stray > clean*125/100 {
			t.Errorf("3 %% of 429s took %v instead of %v", stray, clean)
		}
		t.Logf("clean %v, with 3 %% of 429s %v", clean, stray)
	})
}

func TestLimitRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := fake(func(context.Context, llm.Request) (llm.Response, error) { return llm.Response{Text: "ok"}, nil })
		c := llm.Limit(inner, llm.NewLimiter(llm.LimitConfig{RPM: 60}))
		start := time.Now()
		for i := range 70 {
			if _, err := c.Complete(t.Context(), ask(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d < 59*time.Second || d > 61*time.Second {
			t.Errorf("70 requests at 60 a minute, 10 at once, took %v", d)
		}
	})
}

func TestLimitersAreShared(t *testing.T) {
	var ls llm.Limiters
	a := ls.Get("host", "key", llm.LimitConfig{Concurrency: 32})
	b := ls.Get("host", "key", llm.LimitConfig{Concurrency: 4})
	if a != b || ls.Get("host", "other", llm.LimitConfig{}) == a {
		t.Error("one limiter a host and key")
	}
	if got, _ := a.State(); got != 4 {
		t.Errorf("limit %d, want the tightest", got)
	}
}

func TestMeterStopsAtTheBudget(t *testing.T) {
	prices := llm.NewPrices(map[string]llm.Price{"m": {Input: 1000, Output: 1000}})
	inner := fake(func(context.Context, llm.Request) (llm.Response, error) {
		return llm.Response{Text: "ok", Usage: llm.Usage{Input: 5, Output: 5, Known: true}}, nil // $0.01
	})
	m := llm.NewMeter(prices, llm.Budget{USD: .1}, .05, 0, 0)
	c := m.Wrap(inner)
	n := 0
	var err error
	for n < 100 {
		if _, err = c.Complete(t.Context(), ask("q")); err != nil {
			break
		}
		n++
	}
	var e *llm.Error
	if !errors.As(err, &e) || e.Kind != llm.OverBudget || !e.Fatal() {
		t.Fatalf("after %d calls: %v", n, err)
	}
	if usd, _, _ := m.Spent(); usd > .1 || n < 3 || n > 5 {
		t.Errorf("$%.3f spent in %d calls", usd, n)
	}
	unknown := llm.NewMeter(llm.NewPrices(nil), llm.Budget{Calls: 2}, 0, 0, 0).Wrap(inner)
	resp, err := unknown.Complete(t.Context(), ask("q"))
	if err != nil || resp.CostUSD != nil {
		t.Errorf("an unknown price gave %v, %v", resp.CostUSD, err)
	}
	unknown.Complete(t.Context(), ask("q"))
	if _, err := unknown.Complete(t.Context(), ask("q")); !errors.As(err, &e) || e.Kind != llm.OverBudget {
		t.Errorf("the third of two calls: %v", err)
	}
}

func TestPricesFind(t *testing.T) {
	p := llm.NewPrices(map[string]llm.Price{"mine": {Input: 1}})
	for model, want := range map[string]bool{"gpt-4o": true, "openai/gpt-4o-2024-08-06": true, "gpt-4o-mini": true, "mine": true, "gpt-99": false, "qwen3:8b": false} {
		if _, ok := p.Find(model); ok != want {
			t.Errorf("%s: found %v", model, ok)
		}
	}
	a, _ := p.Find("gpt-4o-mini")
	b, _ := p.Find("gpt-4o")
	if a == b {
		t.Error("gpt-4o-mini has gpt-4o's price")
	}
}

func TestCache(t *testing.T) {
	dir := t.TempDir()
	n := 0
	cost := .5
	inner := fake(func(context.Context, llm.Request) (llm.Response, error) {
		n++
		return llm.Response{Text: fmt.Sprint("answer ", n), Latency: time.Second, CostUSD: &cost, Attempts: 1}, nil
	})
	cache := &llm.Cache{Dir: dir}
	c := cache.Wrap(inner, "openai http://x")
	get := func(r llm.Request) llm.Response {
		t.Helper()
		resp, err := c.Complete(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	first := get(ask("q"))
	again := get(ask("q"))
	if first.Cached || !again.Cached || again.Text != first.Text || again.Latency != time.Second || *again.CostUSD != .5 || again.Attempts != 0 {
		t.Errorf("first %+v, again %+v", first, again)
	}
	// Whatever determines the answer is in the key; a repeat is no copy.
	temp := .5
	for name, change := range map[string]func(*llm.Request){
		"trial": func(r *llm.Request) { r.Key.Trial = 1 }, "arm": func(r *llm.Request) { r.Key.Arm = "candidate" },
		"scope": func(r *llm.Request) { r.Key.Scope = "other" }, "ask": func(r *llm.Request) { r.Key.Ask = 1 },
		"model": func(r *llm.Request) { r.Model = "n" }, "temperature": func(r *llm.Request) { r.Params.Temperature = &temp },
		"extra":   func(r *llm.Request) { r.Params.Extra = map[string]any{"a": 1} },
		"message": func(r *llm.Request) { r.Messages = []llm.Message{{Role: "system", Content: "q"}} },
		"schema":  func(r *llm.Request) { r.Schema = &llm.Schema{Name: "s", JSON: []byte("{}")} },
	} {
		r := ask("q")
		change(&r)
		if get(r).Cached {
			t.Errorf("another %s was answered from the cache", name)
		}
	}
	if !cache.Has("openai http://x", ask("q")) || cache.Has("other", ask("q")) {
		t.Error("Has")
	}
	cache.Skip = func(k llm.Key) bool { return k.Case == "q" }
	if get(ask("q")).Cached {
		t.Error("a skipped request was answered from the cache")
	}
	cache.Skip = nil
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, _ := d.Info(); info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", p, info.Mode())
			}
			return os.WriteFile(p, []byte(`{"stored":`), 0o600)
		}
		return err
	})
	if get(ask("q")).Cached {
		t.Error("a damaged entry was used")
	}
	fails := cache.Wrap(fake(func(context.Context, llm.Request) (llm.Response, error) {
		return llm.Response{}, &llm.Error{Kind: llm.Server}
	}), "y")
	fails.Complete(t.Context(), ask("z"))
	if cache.Has("y", ask("z")) {
		t.Error("a failure was kept")
	}
}

func TestReplay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	text := `{"case":"a","output":"any"}
{"case":"a","arm":"candidate","output":"candidate"}
{"case":"a","trial":1,"output":"trial 1"}
{"case":"a","arm":"candidate","trial":1,"output":"both"}
{"case":"a","purpose":"judge","output":"{}","latency_ms":1500,"usage":{"input":3,"output":4}}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := llm.NewReplay("recorded")
	if err := r.ReadFile(f, path); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		k    llm.Key
		want string
	}{
		{llm.Key{Purpose: "generate", Case: "a", Arm: "baseline"}, "any"},
		{llm.Key{Purpose: "generate", Case: "a", Arm: "candidate"}, "candidate"},
		{llm.Key{Purpose: "generate", Case: "a", Arm: "baseline", Trial: 1}, "trial 1"},
		{llm.Key{Purpose: "generate", Case: "a", Arm: "candidate", Trial: 1}, "both"},
		{llm.Key{Purpose: "judge", Case: "a", Arm: "candidate", Trial: 2}, "{}"},
	} {
		resp, err := r.Complete(t.Context(), llm.Request{Key: tt.k})
		if err != nil || resp.Text != tt.want {
			t.Errorf("%+v: %q, %v", tt.k, resp.Text, err)
		}
		if tt.k.Purpose == "judge" && (resp.Latency != 1500*time.Millisecond || resp.Usage.Output != 4) {
			t.Errorf("%+v", resp)
		}
	}
	var e *llm.Error
	if _, err := r.Complete(t.Context(), ask("nope")); !errors.As(err, &e) || e.Kind != llm.NoRecord || e.Fatal() || e.Retryable() {
		t.Errorf("a missing record: %v", err)
	}
	for in, want := range map[string]string{
		`{"case":"a"}`:                              `f:1: the recorded answer has no "output"`,
		`{"output":"x"}`:                            `f:1: the recorded answer has no "case"`,
		`{"case":"a","output":"x","trail":1}`:       `unknown field "trail"`,
		`{"case":"a","output":"x","trial":-1}`:      "trials count from 0",
		`{"case":"a","output":"x","purpose":"jud"}`: `purpose "jud" is not known`,
		`nonsense`: "f:1: not a recorded answer",
		`{"case":"a","output":"x"}` + "\n" + `{"case":"a","output":"y"}`: "f:2: the same answer (case \"a\", arm \"\", trial any) is already recorded at f:1",
	} {
		if err := llm.NewReplay("f").Read(strings.NewReader(in), "f"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func FuzzReplay(f *testing.F) {
	f.Add(`{"case":"a","arm":"x","trial":1,"output":"t","usage":{"input":1,"output":2}}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := llm.NewReplay("f")
		if r.Read(strings.NewReader(text), "f") == nil {
			r.Complete(t.Context(), ask("a"))
		}
	})
}

func TestRedactor(t *testing.T) {
	var r llm.Redactor
	const secret = `sk-"proj/+äbc=123`
	r.Add("OPENAI_API_KEY", secret)
	r.Add("SHORT", "abc")
	if got := r.String("abc and " + secret + "!"); got != "abc and [redacted:OPENAI_API_KEY]!" {
		t.Errorf("%s", got)
	}
	rapid.Check(t, func(rt *rapid.T) {
		before := rapid.String().Draw(rt, "before")
		after := rapid.String().Draw(rt, "after")
		cut := rapid.IntRange(0, 64).Draw(rt, "cut")
		form := rapid.SampledFrom(secretForms).Draw(rt, "form")
		text := form(before, secret, after)
		if clean := r.String(text); leaks(clean, secret) {
			rt.Fatalf("%q became %q", text, clean)
		}
		var out strings.Builder
		w := r.Writer(&out)
		cut = min(cut, len(text))
		w.Write([]byte(text[:cut]))
		w.Write([]byte(text[cut:]))
		w.Close()
		if leaks(out.String(), secret) {
			rt.Fatalf("cut at %d, %q became %q", cut, text, out.String())
		}
	})
}

func TestErrorsAreRedacted(t *testing.T) {
	const key = "sk-live-0123456789"
	var r llm.Redactor
	r.Add("KEY", key)
	c, _ := openaiTo(t, llmtest.Config{Key: "other"}, func(o *llm.OpenAIConfig) { o.Key = key })
	_, err := r.Wrap(c).Complete(t.Context(), ask("q"))
	if err == nil || strings.Contains(fmt.Sprintf("%+v", err), key) || !strings.Contains(err.Error(), "[redacted:KEY]") {
		t.Errorf("%v", err)
	}
}
