package llm

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxWait bounds a wait that a server asks for.
const maxWait = 5 * time.Minute

// retryAfter reads how long a server asks to wait: Retry-After in seconds or
// as a date (RFC 9110 §10.2.3), or the milliseconds some send.
func retryAfter(h http.Header) time.Duration {
	if v := h.Get("Retry-After-Ms"); v != "" {
		if f, err := strconv.ParseFloat(v, 64); err == nil && f > 0 {
			return clampWait(time.Duration(f * float64(time.Millisecond)))
		}
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil {
		if !(f > 0) {
			return 0
		}
		if f > maxWait.Seconds() {
			return maxWait
		}
		return time.Duration(f * float64(time.Second))
	}
	if t, err := http.ParseTime(v); err == nil {
		now := time.Now()
		if d, err := http.ParseTime(h.Get("Date")); err == nil {
			now = d // the server's clock measures the server's date
		}
		return clampWait(t.Sub(now))
	}
	return 0
}

func clampWait(d time.Duration) time.Duration { return min(max(d, 0), maxWait) }

// exhausted reads from x-ratelimit-* headers that nothing is left, and how
// long until there is.
func exhausted(h http.Header) time.Duration {
	var wait time.Duration
	for _, what := range []string{"requests", "tokens"} {
		left, err := strconv.Atoi(h.Get("X-Ratelimit-Remaining-" + what))
		if err != nil || left > 0 {
			continue
		}
		if d, err := time.ParseDuration(h.Get("X-Ratelimit-Reset-" + what)); err == nil {
			wait = max(wait, clampWait(d))
		}
	}
	return wait
}
