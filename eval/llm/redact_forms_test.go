package llm_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
)

// secretForms write a secret between other text in the ways it comes back.
var secretForms = []func(before, secret, after string) string{
	func(b, s, a string) string { return b + s + a },
	func(b, s, a string) string { return b + url.QueryEscape(s) + a },
	func(b, s, a string) string { j, _ := json.Marshal(s); return b + string(j) + a },
	func(b, s, a string) string { return base64.StdEncoding.EncodeToString([]byte(b + s + a)) },
	func(b, s, a string) string { return base64.RawURLEncoding.EncodeToString([]byte(b + s + a)) },
	func(b, s, a string) string { return hex.EncodeToString([]byte(b + s + a)) },
}

// leaks reports whether a secret can still be read out of a text.
func leaks(text, secret string) bool {
	if strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) || strings.Contains(text, hex.EncodeToString([]byte(secret))) {
		return true
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(text); err == nil && strings.Contains(string(b), secret) {
			return true
		}
	}
	return false
}
