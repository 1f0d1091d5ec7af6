package judge

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// ModelIdentity is everything that is known of which model answers.
type ModelIdentity struct {
	Provider string // openai, azure, replay …; may be empty
	BaseURL  string // where it is asked; may be empty
	Model    string // as the configuration names it
	// Served is the name the server itself gives in its answers; empty if
	// none has come yet.
	Served string
	// Aliases are further names the configuration declares for it.
	Aliases []string
}

// SameModel reports whether two identities are one model, so that a judge
// would grade its own answers, and says by which names. Spellings of hosts and
// routers, snapshots of one model (dates, -latest, -preview), quantisations
// and upper case do not make a difference; size and version do: gpt-4o is not
// gpt-4o-mini, gpt-5 is not gpt-5.1.
//
// It errs to the side of "same" for snapshots, since those share what a judge
// is partial to.
func SameModel(a, b ModelIdentity) (bool, string) {
	for _, x := range a.names() {
		for _, y := range b.names() {
			base, same := sameName(x, y)
			if !same || hiddenDeployment(a, b, base) {
				continue
			}
			if x == y {
				return true, fmt.Sprintf("both are %s", x)
			}
			return true, fmt.Sprintf("%s and %s are both %s", x, y, base)
		}
	}
	return false, ""
}

func (m ModelIdentity) names() []string {
	var out []string
	for _, n := range append([]string{m.Model, m.Served}, m.Aliases...) {
		if n = strings.TrimSpace(n); n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// hiddenDeployment reports names that say nothing: Azure's deployments are
// named at will, so that equal names on two resources may be two models,
// unless the name is that of a model.
func hiddenDeployment(a, b ModelIdentity, base string) bool {
	if a.Provider != "azure" && b.Provider != "azure" {
		return false
	}
	return !hasDigit(base) && sameURL(a.BaseURL) != sameURL(b.BaseURL)
}

// sameURL brings a base URL into one form.
func sameURL(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" {
		return strings.ToLower(strings.TrimRight(s, "/"))
	}
	host := strings.ToLower(u.Host)
	host = strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
	return host + strings.TrimRight(u.Path, "/")
}

// sameName compares two names; base is the name they share.
func sameName(x, y string) (base string, same bool) {
	xo, xb := splitName(x)
	yo, yb := splitName(y)
	if xb == "" || xb != yb {
		return "", false
	}
	// "a/chat" and "b/chat" share a word, not a model.
	if !hasDigit(xb) && xo != "" && yo != "" && xo != yo && !hosts[xo] && !hosts[yo] {
		return "", false
	}
	return xb, true
}

// hosts are path segments and prefixes that say where a model runs or how it
// is reached, not which one it is.
var hosts = map[string]bool{
	"openai": true, "azure": true, "azureml": true, "azure_ai": true, "openrouter": true, "models": true, "bedrock": true,
	"vertex": true, "vertex_ai": true, "publishers": true, "accounts": true, "fireworks": true, "fireworks_ai": true,
	"together": true, "together_ai": true, "groq": true, "ollama": true, "ollama_chat": true, "vllm": true, "hosted_vllm": true,
	"lm_studio": true, "litellm": true, "litellm_proxy": true, "github": true, "deepinfra": true, "replicate": true, "gemini": true,
	"google": true, "anthropic": true, "mistral": true, "xai": true, "chat": true, "messages": true, "huggingface": true,
}

var (
	regionPrefix = regexp.MustCompile(`^(?:us-gov|us|eu|apac|ap|jp|au|ca|sa|global)\.`)
	vendorPrefix = regexp.MustCompile(`^(?:anthropic|meta|amazon|mistral|cohere|ai21|deepseek|qwen|openai|google|nvidia|moonshot|minimax|writer|stability)\.`)
	// -v2:0 and :0 of Bedrock.
	bedrockVersion = regexp.MustCompile(`(?:-v[0-9]+)?:[0-9]+(?::[0-9]+k)?$`)
	// Variants of a route, and Ollama's default tag.
	routeVariant = regexp.MustCompile(`[:@](?:latest|default|free|beta|nitro|floor|online|extended|exacto|thinking)$`)
	// Snapshots: -2024-08-06, @20240806, -20240806, -05-20, -latest, -001.
	snapshot = regexp.MustCompile(`(?:[-@]20[2-9][0-9]-[01][0-9]-[0-3][0-9]|[-@]20[2-9][0-9][01][0-9][0-3][0-9]|-(?:preview|exp|experimental|latest|snapshot)-[01][0-9]-[0-3][0-9]|-(?:latest|preview|exp|experimental|snapshot)|-00[0-9])$`)
	// -0613 (month and day) or -2407 (year and month).
	shortDate = regexp.MustCompile(`[-@](?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|2[3-9](?:0[1-9]|1[0-2]))$`)
	// Formats of the weights.
	quantised  = regexp.MustCompile(`[-.](?:q[2-8](?:-[a-z0-9]{1,2}){0,2}|iq[1-4]-[a-z]{1,3}|fp16|fp8|bf16|f16|int4|int8|w4a16|awq|gptq|gguf|mlx|4bit|8bit)$`)
	digitPoint = regexp.MustCompile(`([0-9])[.]([0-9])`)
)

// knownNames are names of one model that no rule brings together.
var knownNames = map[string]string{
	"gpt-35-turbo": "gpt-3-5-turbo", "gpt-35-turbo-16k": "gpt-3-5-turbo-16k",
	"gpt-4-1106-preview": "gpt-4-turbo", "gpt-4-0125-preview": "gpt-4-turbo",
}

// splitName brings a model's name into one form and parts it from the segment
// before it.
func splitName(name string) (org, base string) {
	s := strings.ToLower(strings.TrimSpace(name))
	if strings.HasPrefix(s, "ft:") { // a fine-tuned model is its own
		return "", s
	}
	segments := strings.FieldsFunc(s, func(r rune) bool { return r == '/' })
	if len(segments) == 0 {
		return "", ""
	}
	base = segments[len(segments)-1]
	if len(segments) > 1 {
		org = segments[len(segments)-2]
	}
	for _, p := range []string{"openai:", "azure:", "anthropic:", "google:", "ollama:", "vertex:", "bedrock:", "chat:", "messages:"} {
		base = strings.TrimPrefix(base, p)
	}
	base = vendorPrefix.ReplaceAllString(regionPrefix.ReplaceAllString(base, ""), "")
	base = strings.NewReplacer("_", "-", " ", "-").Replace(base)
	if known, ok := knownNames[base]; ok {
		return org, known
	}
	return org, canonicalName(base)
}

// canonicalName takes off what does not change the model, until nothing of
// that is left.
func canonicalName(base string) string {
	full := base
	for {
		before := base
		for _, re := range []*regexp.Regexp{bedrockVersion, routeVariant, snapshot, shortDate, quantised} {
			base = re.ReplaceAllString(base, "")
		}
		if base == before {
			break
		}
	}
	if base == "" {
		base = full
	}
	base = strings.ReplaceAll(base, ":", "-") // qwen3:8b
	for digitPoint.MatchString(base) {
		base = digitPoint.ReplaceAllString(base, "$1-$2")
	}
	if known, ok := knownNames[base]; ok {
		return known
	}
	return base
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }
