package report

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/qualgate/qualgate/eval"
)

// none stands where a number is not known.
const none = "–"

// score writes a score of [0,1] as a percentage: 0.84 is "84.0".
func score(v *float64) string {
	if v == nil {
		return none
	}
	return strconv.FormatFloat(100**v, 'f', 1, 64)
}

// points writes a difference of scores in points, with its sign; a true minus
// sign, as in print.
func points(v float64) string {
	s := strconv.FormatFloat(math.Abs(100*v), 'f', 1, 64)
	switch {
	case s == "0.0":
		return "±0.0"
	case v < 0:
		return "−" + s
	}
	return "+" + s
}

func change(v *float64) string {
	if v == nil {
		return none
	}
	return points(*v)
}

func interval(ci *eval.Interval) string {
	if ci == nil {
		return ""
	}
	return fmt.Sprintf("[%s, %s]", points(ci.Lo), points(ci.Hi))
}

func relative(v *float64) string {
	if v == nil {
		return ""
	}
	return points(*v) + " %"
}

// percent writes a fraction as it stands in a policy: 0.05 is "5 %".
func percent(v float64) string {
	return strconv.FormatFloat(math.Round(1e4*v)/100, 'f', -1, 64) + " %"
}

func thousands[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes a number with its noun: "1 case", "240 cases".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

// dollars writes an amount with so many digits after the point; what rounds to
// nothing without being nothing is "< $0.01".
func dollars(usd float64, digits int) string {
	least := math.Pow10(-digits)
	switch {
	case usd > 0 && usd < least:
		return "< $" + strconv.FormatFloat(least, 'f', digits, 64)
	case usd >= 1e4:
		return "$" + thousands(int64(math.Round(min(usd, 1e15))))
	}
	return "$" + strconv.FormatFloat(usd, 'f', digits, 64)
}

// cost names what is not known: a price that is missing is never $0.
func cost(s eval.Spend, digits int) string {
	switch {
	case s.UnknownCost > 0 && s.USD == 0:
		return "unknown"
	case s.UnknownCost > 0:
		return fmt.Sprintf("%s + %s unpriced", dollars(s.USD, digits), thousands(s.UnknownCost))
	case s.USD == 0:
		return none
	}
	return dollars(s.USD, digits)
}

// elapsed writes a time for people: 412 ms, 8.1 s, 3 m 12 s, 1 h 04 m.
func elapsed(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 20*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
}

func latency(d *time.Duration) string {
	if d == nil {
		return none
	}
	return elapsed(*d)
}
