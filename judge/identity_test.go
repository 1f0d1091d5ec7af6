package judge

import "testing"

func TestSameModelNames(t *testing.T) {
	for _, group := range [][]string{
		{"gpt-4o", "GPT-4o", "openai/gpt-4o", "azure/gpt-4o", "openrouter/openai/gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20",
			"openai:chat:gpt-4o", "models/gpt-4o", "gpt-4o@20240806", "gpt-4o-latest", "openai/gpt-4o:free"},
		{"gpt-4o-mini", "openai/gpt-4o-mini-2024-07-18"},
		{"gpt-4", "gpt-4-0613", "gpt-4-0314"},
		{"gpt-4-turbo", "gpt-4-turbo-2024-04-09", "gpt-4-turbo-preview", "gpt-4-1106-preview", "gpt-4-0125-preview"},
		{"gpt-3.5-turbo", "gpt-35-turbo", "gpt-3.5-turbo-0125", "gpt-3.5-turbo-1106"},
		{"gpt-4.1", "gpt-4.1-2025-04-14"},
		{"gpt-4.1-mini"},
		{"gpt-5", "gpt-5-2025-08-07"},
		{"gpt-5-mini", "openai/gpt-5-mini"},
		{"gpt-5.1", "gpt-5.1-2025-11-13"},
		{"o1", "o1-2024-12-17"},
		{"o3"},
		{"o3-mini"},
		{"claude-3-5-sonnet-20241022", "claude-3-5-sonnet-latest", "anthropic/claude-3.5-sonnet", "claude-3-5-sonnet@20240620", "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
			"anthropic.claude-3-5-sonnet-20240620-v1:0", "bedrock/eu.anthropic.claude-3-5-sonnet-20241022-v2:0", "vertex_ai/claude-3-5-sonnet@20241022",
			"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-5-sonnet-20241022-v2:0", "anthropic:messages:claude-3-5-sonnet-20241022"},
		{"claude-3-5-haiku-20241022", "claude-3.5-haiku"},
		{"claude-sonnet-4-5", "claude-sonnet-4.5", "claude-sonnet-4-5-20250929", "global.anthropic.claude-sonnet-4-5-20250929-v1:0"},
		{"claude-sonnet-4-20250514", "claude-sonnet-4", "anthropic/claude-sonnet-4"},
		{"claude-opus-4-1-20250805", "claude-opus-4.1"},
		{"gemini-2.5-flash", "google/gemini-2.5-flash", "models/gemini-2.5-flash", "gemini-2.5-flash-preview-05-20", "gemini-2.5-flash-latest", "publishers/google/models/gemini-2.5-flash"},
		{"gemini-2.5-flash-lite"},
		{"gemini-2.5-pro", "gemini-2.5-pro-exp-03-25"},
		{"gemini-1.5-pro-002", "gemini-1.5-pro"},
		{"qwen3:8b", "qwen/qwen3-8b", "Qwen/Qwen3-8B", "ollama/qwen3:8b", "qwen3:8b-q4_K_M", "Qwen3-8B-AWQ"},
		{"qwen3:14b"},
		{"qwen3", "qwen3:latest"},
		{"mistral-large-2407", "mistral-large-latest", "mistral-large"},
		{"meta-llama/Llama-3.1-8B-Instruct", "unsloth/llama-3.1-8b-instruct", "accounts/fireworks/models/llama-3.1-8b-instruct"},
		{"meta-llama/Llama-3.1-70B-Instruct"},
		{"meta-llama/Llama-3-8B-Instruct"},
		{"ft:gpt-4o-mini-2024-07-18:acme::abc"},
		{"deepseek-r1", "deepseek-r1-0528", "deepseek/deepseek-r1:free"},
		{"deepseek-v3"},
		{"support-small"},
		{"support-judge"},
		{"acme/chat"},
		{"other/chat"},
	} {
		for _, x := range group {
			for _, y := range group {
				if same, why := SameModel(ModelIdentity{Model: x}, ModelIdentity{Model: y}); !same || why == "" {
					t.Errorf("%s and %s: same = %v, %q", x, y, same, why)
				}
			}
			seen[x] = append(seen[x], group...)
		}
	}
	for x := range seen {
		for y := range seen {
			if contains(seen[x], y) {
				continue
			}
			if same, why := SameModel(ModelIdentity{Model: x}, ModelIdentity{Model: y}); same {
				t.Errorf("%s and %s are taken for one model: %s", x, y, why)
			}
		}
	}
}

// seen maps every name above to its group; groups are different models.
var seen = map[string][]string{}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func TestSameModelOtherKnowledge(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b ModelIdentity
		want bool
	}{
		{"an alias", ModelIdentity{Model: "live", Aliases: []string{"gpt-5-mini"}}, ModelIdentity{Model: "openai/gpt-5-mini"}, true},
		{"the name the server gives", ModelIdentity{Provider: "azure", Model: "prod", Served: "gpt-4o-2024-08-06"}, ModelIdentity{Model: "gpt-4o"}, true},
		{"served by two aliases", ModelIdentity{Model: "a", Served: "gpt-4o-2024-08-06"}, ModelIdentity{Model: "b", Served: "gpt-4o-2024-11-20"}, true},
		{"one deployment", ModelIdentity{Provider: "azure", BaseURL: "https://x.openai.azure.com/", Model: "prod"},
			ModelIdentity{Provider: "azure", BaseURL: "https://X.openai.azure.com", Model: "prod"}, true},
		{"two resources, one name", ModelIdentity{Provider: "azure", BaseURL: "https://x.openai.azure.com", Model: "prod"},
			ModelIdentity{Provider: "azure", BaseURL: "https://y.openai.azure.com", Model: "prod"}, false},
		{"two resources, a model's name", ModelIdentity{Provider: "azure", BaseURL: "https://x.openai.azure.com", Model: "gpt-4o"},
			ModelIdentity{Provider: "azure", BaseURL: "https://y.openai.azure.com", Model: "gpt-4o"}, true},
		{"local and hosted", ModelIdentity{BaseURL: "http://127.0.0.1:11434/v1", Model: "qwen3:8b"}, ModelIdentity{BaseURL: "https://openrouter.ai/api/v1", Model: "qwen/qwen3-8b"}, true},
		{"one server, two models", ModelIdentity{BaseURL: "http://h/v1", Model: "a-model"}, ModelIdentity{BaseURL: "http://h/v1", Model: "b-model"}, false},
		{"nothing known", ModelIdentity{}, ModelIdentity{}, false},
		{"odd characters", ModelIdentity{Model: "///"}, ModelIdentity{Model: "///"}, false},
	} {
		got, why := SameModel(c.a, c.b)
		back, _ := SameModel(c.b, c.a)
		if got != c.want || back != c.want || got != (why != "") {
			t.Errorf("%s: %v (back %v) %q, want %v", c.name, got, back, why, c.want)
		}
	}
}
