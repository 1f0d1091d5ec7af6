package cmd

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever is in qualgate.yaml, reading it ends, and it is either a
// configuration or a list of problems that each name the file.
func FuzzConfig(f *testing.F) {
	for _, name := range []string{filepath.Join("starter", "qualgate.yaml"), filepath.Join("..", "examples", "quickstart", "qualgate.yaml")} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("version: 1\nmodels: {a: null, b: [1]}\npolicy: {max_drop: 5%, slices: [x]}\nbaseline: {git: [}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, ps := readConfig("q.yaml", data)
		for _, p := range ps {
			if p.File != "q.yaml" || p.Msg == "" {
				t.Fatalf("a problem without place or words: %+v", p)
			}
		}
		if len(ps) == 0 {
			c.policy()
			c.runLayer()
		}
	})
}
