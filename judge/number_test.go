package judge

import (
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFinalNumber(t *testing.T) {
	plain := numberStyle{magnitudes: true}
	for _, c := range []struct{ text, want string }{
		// one number
		{"18", "18"},
		{"The total is 18.", "18"},
		{"-3", "-3"},
		{"−3 °C", "-3"},
		{"It is –3 °C", "-3"},
		{"+7", "7"},
		{".5", "0.5"},
		{"It costs .50 each", "0.5"},
		{"0.10", "0.1"},
		{"1,234,567", "1234567"},
		{"12,34,567 rupees", "1234567"},
		{"1\u00a0234\u00a0567", "1234567"},
		{"1 234 567", "567"},
		{"1'234'567.5", "1234567.5"},
		{"1_000_000", "1000000"},
		{"$1,234.50", "1234.5"},
		{"-$5", "-5"},
		{"$-5", "-5"},
		{"USD5", "5"},
		{"US$ 5", "5"},
		{"Rs.5", "5"},
		{"€3", "3"},
		{"5€", "5"},
		{"25%", "25"},
		{"1e5", "100000"},
		{"1.5E-3", "0.0015"},
		{"3.2 × 10^5", "320000"},
		{`3.2 \times 10^{5}`, "320000"},
		{"6.02·10²³", "602000000000000000000000"},
		{"2^10", "1024"},
		{"1/4", "0.25"},
		{"3 1/2 cups", "3.5"},
		{"3½", "3.5"},
		{"½", "0.5"},
		{"1⁄4", "0.25"},
		{`\frac{1}{4}`, "0.25"},
		{"-1/4", "-0.25"},
		{"2 million people", "2000000"},
		{"1.8 billion", "1800000000"},
		{"$5k", "5000"},
		{"a 5k run", "5"},
		{"$2.5M", "2500000"},
		{"٣٤٫٥", "34.5"},
		{"４２", "42"},
		{"३", "3"},
		{"共18个", "18"},
		{"3万人", "30000"},
		// where a number ends and begins
		{"5km", "5"},
		{"He came 3rd", "3"},
		{"5-3", "3"},
		{"pages 10–20", "20"},
		{"(16 - 3)", "3"},
		{"1, 2, 3", "3"},
		{"1,2,3", "3"},
		{"It is 18.", "18"},
		{"18, as said", "18"},
		// not numbers
		{"12 kg of CO2", "12"},
		{"12, says GPT-4", "12"},
		{"12, says GPT-4.5", "12"},
		{"area 5 cm^2", "5"},
		{"5 m s^{-1}", "5"},
		{"x_1 is 7 and x_2", "7"},
		{"7 as of 2024-11-24", "7"},
		{"7 as of 11/24/2024", "7"},
		{"7, see version 1.2.3", "7"},
		{"7, call 555-123-4567", "7"},
		{"7 from 192.168.0.1", "7"},
		// the last number, without a marker
		{"3 + 4 = 7 apples", "7"},
		{"First 5, then 6, finally 9 eggs.", "9"},
		// markers
		{"2 + 3 = 5\n#### 5", "5"},
		{"2 + 3 = 5\n#### 5\nCheck: 3 + 2 = 6?", "5"},
		{"#### $1,200", "1200"},
		{"#### -7", "-7"},
		{"#### Step 1\n2+2 = 4\n#### Step 2\nso it is 9", "9"},
		{"#### 1. Add\n2+2=4\n#### 2. Multiply\n4*3 = 12", "12"},
		{`The result is \boxed{42}, since 6 × 7 = 42 and 7 × 6 too; see page 3`, "42"},
		{`\boxed{\$1,200}`, "1200"},
		{`\boxed{x = 5}`, "5"},
		{`\boxed{10{,}000}`, "10000"},
		{`\boxed{\frac{3}{4}}`, "0.75"},
		{`\boxed{-\frac{3}{4}}`, "-0.75"},
		{`\boxed{25\%}`, "25"},
		{`\boxed{18 \text{ dollars per 2 eggs}}`, "18"},
		{`$$\boxed{7}$$ first, then \boxed{8}.`, "8"},
		{`an unfinished \boxed{9`, "9"},
		{"Answer: 18", "18"},
		{"**Answer:** 18 dollars for 2 eggs", "18"},
		{"Final Answer: $18 per day, 7 days a week", "18"},
		{"Final answer (in dollars): 18\nNote: prices of 2019", "18"},
		{"A: 26", "26"},
		{"A: 10+John's age", "10"},
		{"A: -1.8 billion", "-1800000000"},
		{"A: 7/14", "0.5"},
		{"Answer: 16 - 3 - 4 = 9 eggs", "9"},
		{"Answer: she earns 9 × 2 = $18 a day", "18"},
		{"Answer: She has 18 dollars left.", "18"},
		{"**Final Answer**\n\n42 apples\n\nThat was 1 of 3.", "42"},
		{"### Final answer\n**42**\nfor 2024", "42"},
		{"The answer is 42. I checked it 3 times.", "42"},
		{"The answer is **approximately $42**, see 7", "42"},
		{"The answer is found by adding 3 and 4, giving 7.", "7"},
		{"So the answer is therefore x = 5", "5"},
		{"Die Antwort ist 12, nicht 13.", "12"},
		{"答案是18，不是19", "18"},
		{"答案：18", "18"},
		{"最终答案：18，共3步", "18"},
		{"Ответ: 18 (проверено 2 раза)", "18"},
		{"Answer: 5\nWait, that is wrong.\nAnswer: 6", "6"},
		{"Answer: 5\n#### 6", "6"},
		{"Answer: none, as far as I can see. 3 people asked.", "3"},
	} {
		n, ok := plain.finalNumber(c.text)
		want, _ := new(big.Rat).SetString(c.want)
		if !ok || n.value.Cmp(want) != 0 {
			got := "none"
			if ok {
				got = n.value.RatString()
			}
			t.Errorf("%q: got %s (%s), want %s", c.text, got, n.how, c.want)
		}
	}
}

func TestFinalNumberNone(t *testing.T) {
	for _, text := range []string{"", "no number", "CO2 and GPT-4", "version 1.2.3", "2024-11-24", "NaN", "Infinity", "∞",
		"1e999999", strings.Repeat("9", maxDigits+1), "x2 y3", "10^99999", `\boxed{}`, "####", "Answer:", "\xff\xfe", "cm²"} {
		if n, ok := (numberStyle{magnitudes: true}).finalNumber(text); ok {
			t.Errorf("%q: got %s %s", capRunes(text, 40), n.value.RatString(), n.how)
		}
	}
}

func TestNumberStyles(t *testing.T) {
	for _, c := range []struct {
		style      numberStyle
		text, want string
	}{
		{numberStyle{comma: true}, "1.234,56 €", "1234.56"},
		{numberStyle{comma: true}, "3,5", "3.5"},
		{numberStyle{comma: true}, "1.234.567", "1234567"},
		{numberStyle{}, "3,5", "5"},
		{numberStyle{fraction: true}, "5%", "0.05"},
		{numberStyle{fraction: true}, "5 percent", "0.05"},
		{numberStyle{fraction: true}, "0.05", "0.05"},
		{numberStyle{}, "5%", "5"},
		{numberStyle{}, "2 million", "2"},
		{numberStyle{}, "$5k", "5"},
	} {
		n, ok := c.style.finalNumber(c.text)
		want, _ := new(big.Rat).SetString(c.want)
		if !ok || n.value.Cmp(want) != 0 {
			t.Errorf("%+v %q: got %v, want %s", c.style, c.text, n.value, c.want)
		}
	}
}

// A number written in any of the usual ways is read back as itself.
func TestNumberRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-999_999_999, 999_999_999).Draw(t, "n")
		text := group(n, rapid.SampledFrom([]string{"", ",", "'", "_", "\u202f"}).Draw(t, "mark"))
		shape := rapid.SampledFrom([]string{"%", "It is %.", "#### %", `so \boxed{%}.`, "Answer: %", "2 + 2 = 4\nA: %\n", "The answer is **%** for 3 people"}).Draw(t, "shape")
		got, ok := (numberStyle{magnitudes: true}).finalNumber(strings.Replace(shape, "%", text, 1))
		if !ok || got.value.Cmp(big.NewRat(n, 1)) != 0 {
			t.Fatalf("%q in %q: got %v", text, shape, got.value)
		}
	})
}

func group(n int64, mark string) string {
	s := big.NewInt(n).String()
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return sign + s
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"#### 18", `\boxed{\frac{1}{2}}`, "A: 1,234.50", "Answer: -$5", "3 1/2", "1e5", "٣٤", "10^5", "答案是18", "½½/3", "\\boxed{{{", "x=-5%", "1.2.3", "5 x 10", "-\xff5"} {
		f.Add(s)
	}
	styles := []numberStyle{{}, {comma: true}, {fraction: true, magnitudes: true}}
	f.Fuzz(func(t *testing.T, s string) {
		for _, st := range styles {
			n, ok := st.finalNumber(s)
			if !ok {
				continue
			}
			if n.value == nil || n.start < 0 || n.end <= n.start {
				t.Fatalf("%q: %+v", s, n)
			}
			if !utf8.ValidString(n.spelled) {
				t.Fatalf("%q: spelled %q", s, n.spelled)
			}
			compareNumbers(st, s, n.value, new(big.Rat), new(big.Rat))
		}
	})
}
