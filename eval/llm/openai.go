package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sashabaranov/go-openai"
)

// OpenAIConfig describes an OpenAI-compatible endpoint.
type OpenAIConfig struct {
	// BaseURL up to and without /chat/completions; empty is OpenAI's own.
	BaseURL string
	// Key is sent as a bearer token; empty sends none.
	Key          string
	Organization string
	Headers      map[string]string
	// Azure speaks the Azure OpenAI form of URL and key header; the model is
	// the deployment.
	Azure      bool
	APIVersion string
	// HTTPClient defaults to one with enough idle connections for a run.
	HTTPClient *http.Client
}

// OpenAI is a client for any OpenAI-compatible chat endpoint. What a server
// does not accept (structured output, max_tokens, temperature) is learned from
// its first refusal and not sent again.
type OpenAI struct {
	api  *openai.Client
	host string

	mu     sync.Mutex
	quirks map[string]quirks // by model
}

// quirks is what a server was found not to accept for a model.
type quirks struct {
	format         int  // 0 json_schema, 1 json_object, 2 none
	completionCap  bool // max_completion_tokens instead of max_tokens
	noTemperature  bool
	noTopP, noSeed bool
}

// maxBody bounds an answer's body.
const maxBody = 64 << 20

// NewTransport is an HTTP transport that keeps n connections to a host open.
func NewTransport(n int) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 2*n, n
	return t
}

// NewOpenAI makes a client.
func NewOpenAI(cfg OpenAIConfig) (*OpenAI, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = "https://api.openai.com/v1"
	}
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("base_url %q is not a URL; write it like https://host/v1", cfg.BaseURL)
	}
	c := openai.DefaultConfig(cfg.Key)
	if cfg.Azure {
		c = openai.DefaultAzureConfig(cfg.Key, cfg.BaseURL)
		c.AzureModelMapperFunc = func(model string) string { return model }
		if cfg.APIVersion != "" {
			c.APIVersion = cfg.APIVersion
		}
	}
	c.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	c.OrgID = cfg.Organization
	client := cfg.HTTPClient
	if client == nil {
		client = &http.Client{Transport: NewTransport(128)}
	}
	c.HTTPClient = &doer{client: client, headers: cfg.Headers, anonymous: cfg.Key == ""}
	return &OpenAI{api: openai.NewClientWithConfig(c), host: u.Host, quirks: map[string]quirks{}}, nil
}

// exchange carries what the wire library has no place for, both ways.
type exchange struct {
	extra  []byte // `,"key":value…`, spliced into the body
	header http.Header
}

type exchangeKey struct{}

// doer is the HTTP client under the wire library: it adds fields and headers
// the library does not know, keeps the answer's headers of failures too, and
// bounds bodies.
type doer struct {
	client    *http.Client
	headers   map[string]string
	anonymous bool
}

func (d *doer) Do(req *http.Request) (*http.Response, error) {
	x, _ := req.Context().Value(exchangeKey{}).(*exchange)
	if x != nil && len(x.extra) > 0 && req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = append(bytes.TrimSuffix(bytes.TrimSpace(body), []byte("}")), x.extra...)
		body = append(body, '}')
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	if d.anonymous {
		req.Header.Del("Authorization")
		req.Header.Del("api-key")
	}
	for k, v := range d.headers {
		req.Header.Set(k, v)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	if x != nil {
		x.header = resp.Header
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxBody), resp.Body}
	return resp, nil
}

// Complete asks the server. It retries only to learn what the server refuses;
// everything else is Retry's.
func (o *OpenAI) Complete(ctx context.Context, req Request) (Response, error) {
	attempts := 0
	for {
		q := o.known(req.Model)
		attempts++
		resp, err := o.ask(ctx, req, q)
		if err == nil {
			resp.Attempts = attempts
			return resp, nil
		}
		var e *Error
		if errors.As(err, &e) {
			e.Attempts = attempts
			if attempts <= 6 && o.learn(req, q, e) {
				continue
			}
		}
		return Response{}, err
	}
}

func (o *OpenAI) known(model string) quirks {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.quirks[model]
}

func (o *OpenAI) ask(ctx context.Context, req Request, q quirks) (Response, error) {
	extra, err := extraFields(req, q)
	if err != nil {
		return Response{}, &Error{Kind: BadRequest, Host: o.host, Message: err.Error()}
	}
	x := &exchange{extra: extra}
	msgs := make([]openai.ChatCompletionMessage, len(req.Messages))
	for i, m := range req.Messages {
		msgs[i] = openai.ChatCompletionMessage{Role: m.Role, Content: m.Content}
	}
	start := time.Now()
	got, err := o.api.CreateChatCompletion(context.WithValue(ctx, exchangeKey{}, x), openai.ChatCompletionRequest{
		Model: req.Model, Messages: msgs, Stop: req.Params.Stop,
	})
	if err != nil {
		return Response{}, o.errorOf(ctx, err, x.header)
	}
	if len(got.Choices) == 0 {
		return Response{}, &Error{Kind: Garbled, Status: http.StatusOK, Host: o.host, Message: "the answer holds no choices"}
	}
	c := got.Choices[0]
	if c.Message.Content == "" && c.Message.Refusal != "" {
		c.Message.Content = c.Message.Refusal
	}
	if c.FinishReason == openai.FinishReasonContentFilter && c.Message.Content == "" {
		return Response{}, &Error{Kind: Refused, Status: http.StatusOK, Host: o.host, Message: "the provider's content filter withheld the answer"}
	}
	resp := Response{Text: c.Message.Content, Model: got.Model, Finish: string(c.FinishReason), Latency: time.Since(start), Headers: x.header}
	if u := got.Usage; u.PromptTokens > 0 || u.CompletionTokens > 0 {
		resp.Usage = Usage{Input: u.PromptTokens, Output: u.CompletionTokens, Known: true}
		if u.PromptTokensDetails != nil {
			resp.Usage.CachedInput = u.PromptTokensDetails.CachedTokens
		}
		if u.CompletionTokensDetails != nil {
			resp.Usage.Reasoning = u.CompletionTokensDetails.ReasoningTokens
		}
	}
	return resp, nil
}

// extraFields are the request's fields in the form this server takes them.
func extraFields(req Request, q quirks) ([]byte, error) {
	f := map[string]any{}
	p := req.Params
	if p.Temperature != nil && !q.noTemperature {
		f["temperature"] = *p.Temperature
	}
	if p.TopP != nil && !q.noTopP {
		f["top_p"] = *p.TopP
	}
	if p.Seed != nil && !q.noSeed {
		f["seed"] = *p.Seed
	}
	if p.MaxTokens != nil {
		if q.completionCap {
			f["max_completion_tokens"] = *p.MaxTokens
		} else {
			f["max_tokens"] = *p.MaxTokens
		}
	}
	if req.Schema != nil {
		switch q.format {
		case 0:
			f["response_format"] = map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": req.Schema.Name, "strict": true, "schema": req.Schema.JSON}}
		case 1:
			f["response_format"] = map[string]any{"type": "json_object"}
		}
	}
	maps.Copy(f, p.Extra)
	if len(f) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("params cannot be written as JSON: %w", err)
	}
	b[0] = ','
	return b[:len(b)-1], nil
}

// learn reads from a 400 what the server does not accept, and reports whether
// asking again differently may help.
func (o *OpenAI) learn(req Request, asked quirks, e *Error) bool {
	if e.Status != http.StatusBadRequest && e.Status != http.StatusUnprocessableEntity {
		return false
	}
	said := strings.ToLower(e.Message + " " + e.Param)
	q := asked
	switch {
	case strings.Contains(said, "max_completion_tokens") && req.Params.MaxTokens != nil && !q.completionCap:
		q.completionCap = true
	case strings.Contains(said, "max_tokens") && req.Params.MaxTokens != nil && !q.completionCap && refuses(said):
		q.completionCap = true
	case strings.Contains(said, "temperature") && req.Params.Temperature != nil && !q.noTemperature:
		q.noTemperature = true
	case strings.Contains(said, "top_p") && req.Params.TopP != nil && !q.noTopP:
		q.noTopP = true
	case strings.Contains(said, "seed") && req.Params.Seed != nil && !q.noSeed && refuses(said):
		q.noSeed = true
	case req.Schema != nil && q.format < 2 && (strings.Contains(said, "response_format") || strings.Contains(said, "json_schema") || strings.Contains(said, "json_object") || strings.Contains(said, "structured output")):
		q.format++
	default:
		return false
	}
	o.mu.Lock()
	o.quirks[req.Model] = q.merge(o.quirks[req.Model])
	o.mu.Unlock()
	return true
}

func refuses(said string) bool {
	for _, w := range []string{"unsupported", "not supported", "unrecognized", "unknown", "not permitted", "does not support", "unexpected", "not allowed", "extra"} {
		if strings.Contains(said, w) {
			return true
		}
	}
	return false
}

// merge joins what two requests learned at the same time.
func (q quirks) merge(o quirks) quirks {
	return quirks{max(q.format, o.format), q.completionCap || o.completionCap, q.noTemperature || o.noTemperature, q.noTopP || o.noTopP, q.noSeed || o.noSeed}
}
