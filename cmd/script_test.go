package cmd_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qualgate/qualgate/cmd"
	"github.com/qualgate/qualgate/eval/llm/llmtest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// The scripts run two programs: qualgate itself, and a loopback model server.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"qualgate": func() { os.Exit(cmd.Main()) },
		"models":   models,
	})
}

// models is a loopback model server: models PORTFILE [fault=share|key=value …].
// It writes its base URL into the file and serves until it is killed. Answers
// follow the file `answers` beside it where there is one: lines of
// "part of the question => answer".
func models() {
	cfg := llmtest.Config{Seed: 1}
	for _, arg := range os.Args[2:] {
		k, v, _ := strings.Cut(arg, "=")
		f, _ := strconv.ParseFloat(v, 64)
		d, _ := time.ParseDuration(v)
		switch k {
		case "429":
			cfg.Faults.RateLimit = f
		case "500":
			cfg.Faults.ServerErr = f
		case "reset":
			cfg.Faults.Reset = f
		case "truncate":
			cfg.Faults.Truncate = f
		case "html":
			cfg.Faults.HTML = f
		case "prose":
			cfg.Faults.NotJSON = f
		case "hang":
			cfg.Faults.Hang = f
		case "latency":
			cfg.Latency = d
		case "key":
			cfg.Key = v
		case "model":
			cfg.Models = append(cfg.Models, v)
		case "refuse":
			cfg.RefuseTemperature, cfg.RefuseSchema, cfg.RefuseMaxTokens = true, true, true
		case "finish":
			cfg.Finish = v
		default:
			fmt.Fprintln(os.Stderr, "models: unknown option", arg)
			os.Exit(2)
		}
	}
	cfg.Answer = answers("answers")
	s := llmtest.New(cfg)
	defer s.Close()
	if err := os.WriteFile(os.Args[1]+".new", []byte(s.URL), 0o644); err != nil {
		panic(err)
	}
	os.Rename(os.Args[1]+".new", os.Args[1])
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
	os.WriteFile(os.Args[1]+".stats", fmt.Appendf(nil, "%+v\n", s.Stats()), 0o644)
}

// answers reads canned answers: "part of the conversation => answer".
func answers(file string) func(*llmtest.Request) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var rules [][2]string
	for line := range strings.Lines(string(data)) {
		if part, answer, ok := strings.Cut(strings.TrimRight(line, "\n"), " => "); ok {
			rules = append(rules, [2]string{part, answer})
		}
	}
	return func(r *llmtest.Request) string {
		text := r.All()
		for _, rule := range rules {
			if strings.Contains(text, rule[0]) {
				if r.Judging() {
					return llmtest.JudgeReply(r, func(string) any { return rule[1] })
				}
				return rule[1]
			}
		}
		return llmtest.Echo(r)
	}
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			for _, kv := range []string{
				"HOME=" + e.WorkDir, "XDG_CONFIG_HOME=" + e.WorkDir + "/.config", "NO_COLOR=1", "COLUMNS=100", "CI=", "TERM=dumb",
				"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
			} {
				k, v, _ := strings.Cut(kv, "=")
				e.Setenv(k, v)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"serve":    serve,
			"cases":    writeCases,
			"bytes":    writeBytes,
			"sametext": sameText,
		},
	})
}

// exits N program args… runs a program and wants just that exit code. Its
// output is what stdout and stderr then look at.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE program args…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	if ee, ok := err.(*exec.ExitError); ok {
		code = ee.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// serve NAME [options] starts a model server and sets $NAME to its base URL.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.MkAbs(args[0] + ".url")
	os.Remove(file)
	exe, err := exec.LookPath(filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], "models"))
	ts.Check(err)
	c := exec.Command(exe, append([]string{file}, args[1:]...)...)
	c.Dir, c.Env = ts.MkAbs("."), []string{"PATH=" + ts.Getenv("PATH"), "TESTSCRIPT_COMMAND=models"}
	c.Stderr = os.Stderr
	ts.Check(c.Start())
	ts.Defer(func() { c.Process.Signal(os.Interrupt); c.Wait() })
	for range 500 {
		if b, err := os.ReadFile(file); err == nil {
			ts.Setenv(args[0], string(b))
			return
		}
		time.Sleep(10 * time.Millisecond) // another process starts: there is no event to wait for
	}
	ts.Fatalf("the model server did not start")
}

// cases FILE N [extra YAML of each case] writes a golden set of N cases.
func writeCases(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var b strings.Builder
	b.WriteString("name: test\ncases:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {id: c%03d, vars: {question: \"question %03d\"}, reference: \"r\"", i, i)
		for _, extra := range args[2:] {
			b.WriteString(", " + extra)
		}
		b.WriteString("}\n")
	}
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

// bytes FILE TEXT writes a file with Go escapes (\xff, \r\n, \ufeff) filled in.
func writeBytes(ts *testscript.TestScript, neg bool, args []string) {
	s, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.Join(args[1:], " "), `"`, `\"`) + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(s), 0o644))
}

// sametext A B compares two files but for their run times.
func sameText(ts *testscript.TestScript, neg bool, args []string) {
	clean := func(name string) string {
		var out []string
		for line := range strings.Lines(ts.ReadFile(name)) {
			if !strings.Contains(line, "elapsed") && !strings.Contains(line, "attempts") {
				out = append(out, line)
			}
		}
		return strings.Join(out, "")
	}
	if same := clean(args[0]) == clean(args[1]); same == neg {
		ts.Fatalf("%s and %s: same text is %v", args[0], args[1], same)
	}
}
