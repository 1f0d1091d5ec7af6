// Qualgate is a quality gate for prompts and models: it compares a candidate
// with what is live, on a frozen golden set, and exits with the verdict.
package main

import (
	"os"

	"github.com/qualgate/qualgate/cmd"
)

func main() { os.Exit(cmd.Main()) }
