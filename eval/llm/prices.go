package llm

import (
	"maps"
	"regexp"
	"strings"
)

// Price is what a model costs, in US dollars for a million tokens.
type Price struct {
	Input       float64 `json:"input"`
	Output      float64 `json:"output"`
	CachedInput float64 `json:"cached_input,omitempty"` // 0: as Input
}

// Cost of one answer in US dollars.
func (p Price) Cost(u Usage) float64 {
	cached := p.CachedInput
	if cached == 0 {
		cached = p.Input
	}
	return (float64(u.Input-u.CachedInput)*p.Input + float64(u.CachedInput)*cached + float64(u.Output)*p.Output) / 1e6
}

// PricesDate is when the built-in prices were last looked at. Prices change:
// a price in the configuration replaces a built-in one.
const PricesDate = "2025-11-13"

// Published list prices of OpenAI's API, standard tier, as of PricesDate.
var builtin = map[string]Price{
	"gpt-5.1":      {1.25, 10, .125},
	"gpt-5":        {1.25, 10, .125},
	"gpt-5-mini":   {.25, 2, .025},
	"gpt-5-nano":   {.05, .40, .005},
	"gpt-4.1":      {2, 8, .50},
	"gpt-4.1-mini": {.40, 1.60, .10},
	"gpt-4.1-nano": {.10, .40, .025},
	"gpt-4o":       {2.50, 10, 1.25},
	"gpt-4o-mini":  {.15, .60, .075},
	"o3":           {2, 8, .50},
	"o4-mini":      {1.10, 4.40, .275},
}

// Prices is a table of prices by model.
type Prices struct{ table map[string]Price }

// NewPrices is the built-in table with own prices on top.
func NewPrices(own map[string]Price) *Prices {
	t := maps.Clone(builtin)
	maps.Copy(t, own)
	return &Prices{t}
}

var dateSuffix = regexp.MustCompile(`[-@](20\d{2}-?\d{2}-?\d{2}|latest)$`)

// Find returns a model's price: by its exact name, else without a provider's
// prefix (openai/…), else without the date of a snapshot. ok is false where the
// price is unknown, which is not the same as free.
func (p *Prices) Find(model string) (price Price, ok bool) {
	if price, ok = p.table[model]; ok {
		return price, true
	}
	name := model[strings.LastIndexByte(model, '/')+1:]
	if price, ok = p.table[name]; ok {
		return price, true
	}
	price, ok = p.table[dateSuffix.ReplaceAllString(name, "")]
	return price, ok
}
