package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/sashabaranov/go-openai"
)

// maxWords bounds how much of a server's words an Error quotes.
const maxWords = 500

// errorOf classifies what went wrong with an attempt.
func (o *OpenAI) errorOf(ctx context.Context, err error, h http.Header) error {
	if ctx.Err() != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return &Error{Kind: Timeout, Host: o.host, Message: "no answer in time", Err: ctx.Err()}
		}
		return ctx.Err()
	}
	e := &Error{Kind: Transport, Host: o.host, Err: err, RetryAfter: retryAfter(h), Headers: h}
	var api *openai.APIError
	var raw *openai.RequestError
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	var netErr interface{ Timeout() bool }
	switch {
	case errors.As(err, &api):
		e.Status, e.Message = api.HTTPStatusCode, api.Message
		if api.Param != nil {
			e.Param = *api.Param
		}
		code, _ := api.Code.(string)
		e.Kind = kindOf(api.HTTPStatusCode, code, api.Message)
	case errors.As(err, &raw):
		e.Status, e.Message = raw.HTTPStatusCode, plainWords(raw.Body)
		e.Kind = kindOf(raw.HTTPStatusCode, "", e.Message)
	case errors.As(err, &syntax), errors.As(err, &typed):
		e.Kind, e.Status, e.Message = Garbled, http.StatusOK, "the answer is not the JSON of a chat completion: "+err.Error()
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Kind, e.Message = Garbled, "the answer was cut off"
	case errors.As(err, &netErr) && netErr.Timeout():
		e.Kind, e.Message = Timeout, "no answer in time"
	default:
		e.Message = err.Error()
	}
	e.Message = clip(e.Message)
	e.Hint = hint(e)
	return e
}

// kindOf classifies an HTTP status with the server's code and words.
func kindOf(status int, code, words string) Kind {
	w := strings.ToLower(code + " " + words)
	switch {
	case strings.Contains(w, "content_filter") || strings.Contains(w, "content management policy") || strings.Contains(w, "context_length_exceeded") || strings.Contains(w, "maximum context length"):
		return Refused
	case status == http.StatusTooManyRequests && strings.Contains(w, "insufficient_quota"):
		return Auth // no waiting helps
	case status == http.StatusTooManyRequests:
		return RateLimited
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return Auth
	case status == http.StatusNotFound:
		return NotFound
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusTooEarly:
		return Server // the server asks for another try
	case status >= 500:
		return Server
	case status >= 400:
		return BadRequest
	case status >= 300:
		return BadRequest
	}
	return Garbled
}

func hint(e *Error) string {
	switch e.Kind {
	case Auth:
		return "check the key named by key_env, and its rights"
	case NotFound:
		return "check the model's name and base_url"
	case BadRequest:
		return "check the model's params"
	case Transport:
		return "check base_url and the network"
	}
	return ""
}

// plainWords makes one short line of a body that is no error object.
func plainWords(body []byte) string {
	s := strings.TrimSpace(string(body))
	if l := strings.ToLower(s); strings.HasPrefix(l, "<!doctype") || strings.HasPrefix(l, "<html") {
		return "an HTML page instead of an answer"
	}
	return strings.Join(strings.Fields(s), " ")
}

func clip(s string) string {
	if r := []rune(s); len(r) > maxWords {
		return string(r[:maxWords]) + fmt.Sprintf("… (%d characters)", len(r))
	}
	return s
}
