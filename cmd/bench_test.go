package cmd_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/qualgate/qualgate/eval/llm/llmtest"
)

// BenchmarkGate is a whole run as a user starts it: 500 cases on two arms and a
// judge, 2,000 calls of 100 ms, 32 at once. Ideal are 6.25 s of wall time.
func BenchmarkGate(b *testing.B) {
	s := llmtest.New(llmtest.Config{Latency: 100 * time.Millisecond, Answer: steady})
	defer s.Close()
	dir := exam(b, 500, s.URL, "concurrency: 32, cache: false")
	var cpu time.Duration
	var rss int64
	for b.Loop() {
		c := program(b, b.Context(), dir, nil, "run", "--fresh", "--progress", "none")
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		if u, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
			rss = max(rss, u.Maxrss)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "wall-s/op")
	b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(rss)/1024, "peak-MB")
}
