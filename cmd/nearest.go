package cmd

import (
	"github.com/agnivade/levenshtein"
	"github.com/spf13/pflag"
)

// flag keeps pflag's name out of the way of its package's.
type flag = pflag.Flag

// nearest returns the known word a mistyped one was probably meant to be, ""
// if none is near.
func nearest(word string, known []string) string {
	best, bestDistance := "", len(word)/3+2
	for _, k := range known {
		if d := levenshtein.ComputeDistance(word, k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}
