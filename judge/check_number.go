package judge

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/qualgate/qualgate/eval"
)

// buildNumber compares the number an answer comes to with `value` or with the
// number the reference comes to. Both are read in the same way, see
// finalNumber; numbers are exact, so 0.5, 1/2 and .50 are equal.
//
// `tolerance` is absolute; `relative` is a share of the wanted number ("1%" or
// 0.01); the wider of the two holds. `decimal: comma` reads 1.234,5; `percent:
// fraction` reads 5% as 0.05; `magnitudes: false` reads "2 million" as 2.
func buildNumber(_ *compiler, o *options) (rule, error) {
	style := numberStyle{
		comma:      o.choice("decimal", "point", "comma") == "comma",
		fraction:   o.choice("percent", "number", "fraction") == "fraction",
		magnitudes: o.flag("magnitudes", true),
	}
	abs, rel := readTolerance(o, "tolerance"), readTolerance(o, "relative")
	fixed, err := readNumber(o, style)
	if err != nil {
		o.errs = append(o.errs, err)
	}
	if fixed == nil {
		o.needsReference = true
		o.reference = func(ref string) error {
			if _, ok := style.finalNumber(ref); !ok {
				return fmt.Errorf("the reference %s holds no number", quote(ref, 80))
			}
			return nil
		}
	}
	return func(_ context.Context, s *eval.Sample) (ruling, error) {
		want := fixed
		if want == nil {
			n, ok := style.finalNumber(s.Case.Reference)
			if !ok {
				return ruling{}, fmt.Errorf("the reference %s holds no number", quote(s.Case.Reference, 80))
			}
			want = n.value
		}
		return compareNumbers(style, s.Output.Text, want, abs, rel), nil
	}, nil
}

func compareNumbers(style numberStyle, text string, want, abs, rel *big.Rat) ruling {
	got, ok := style.finalNumber(text)
	if !ok {
		return yesNo(false, "no number", fmt.Sprintf("the answer holds no number, expected %s; it begins %s", formatRat(want), quote(text, 120)))
	}
	allowed := new(big.Rat).Mul(rel, new(big.Rat).Abs(want))
	if abs.Cmp(allowed) > 0 {
		allowed = abs
	}
	off := new(big.Rat).Sub(got.value, want)
	found := fmt.Sprintf("found %s %s", quote(got.spelled, 60), got.how)
	if off.Abs(off).Cmp(allowed) <= 0 {
		return yesNo(true, "equal", fmt.Sprintf("%s, expected %s", found, formatRat(want)))
	}
	within := ""
	if allowed.Sign() > 0 {
		within = " ± " + formatRat(allowed)
	}
	return yesNo(false, "different", fmt.Sprintf("%s, expected %s%s", found, formatRat(want), within))
}

// readNumber reads `value`: a number, or text that is one. Nil without error
// means that the reference is to be used.
func readNumber(o *options, style numberStyle) (*big.Rat, error) {
	if !o.has("value") {
		o.effective["value"] = nil
		return nil, nil
	}
	var v *big.Rat
	switch x := o.values["value"].(type) {
	case string:
		n, ok := style.lastBetween(prepareNumbers(x), 0)
		if !ok {
			return new(big.Rat), fmt.Errorf("value must be a number, not %s", describe(x))
		}
		v = n.value
	default:
		f, ok := asFloat(x)
		if !ok {
			return new(big.Rat), fmt.Errorf("value must be a number, not %s", describe(x))
		}
		if v = ratOf(f); v == nil {
			return new(big.Rat), errors.New("value must be a finite number")
		}
	}
	o.effective["value"] = v.RatString()
	return v, nil
}

// readTolerance reads a number of at least 0, or a percentage.
func readTolerance(o *options, key string) *big.Rat {
	o.effective[key] = 0.0
	if s, ok := o.values[key].(string); ok && key == "relative" {
		digits, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
		f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if v := ratOf(f); err == nil && percent && v != nil && f >= 0 {
			v.Quo(v, big.NewRat(100, 1))
			o.effective[key] = v.RatString()
			return v
		}
		o.fail("%s must be a share such as 1%% or 0.01, not %q", key, s)
		return new(big.Rat)
	}
	f, ok := o.number(key, 0, 1e300)
	if !ok {
		return new(big.Rat)
	}
	v := ratOf(f)
	o.effective[key] = v.RatString()
	return v
}

// ratOf takes a float for the decimal number a person wrote; nil if not finite.
func ratOf(f float64) *big.Rat {
	v, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if !ok {
		return nil
	}
	return v
}

// formatRat writes a number as a person would: a decimal, cut at 12 digits.
func formatRat(v *big.Rat) string {
	if v.IsInt() && v.Num().BitLen() < 128 {
		return v.Num().String()
	}
	f, _ := v.Float64()
	return strconv.FormatFloat(f, 'g', 12, 64)
}
