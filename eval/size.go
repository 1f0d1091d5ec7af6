package eval

import "fmt"

// SizeWarning says what a set of n cases can and cannot show, "" where n is
// 100 or more.
//
// With no failure in n cases the 95 % upper limit of the failure rate is 3/n
// (the rule of three). The smallest drop a change can be cleared of is that
// limit too, since no evidence can be stronger than no failure at all.
func SizeWarning(n int) string {
	if n >= 100 || n < 1 {
		return ""
	}
	if n < 4 {
		return fmt.Sprintf("only %d %s: nothing can be concluded from so few", n, plural(n, "case"))
	}
	return fmt.Sprintf("only %d cases: even if none of them fails, up to %.0f %% of all answers may (rule of three: 3/n), so no smaller drop can be excluded; 100 to 500 cases are usual", n, 300/float64(n))
}
