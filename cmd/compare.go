package cmd

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qualgate/qualgate/eval"
)

type compareFlags struct {
	baseline, candidate           string
	judgeBaseline, judgeCandidate string
	scale                         string
	policy                        policyFlags
	reports                       []string
}

func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare --baseline FILE --candidate FILE",
		Short: "Decide between two ledgers, or two files of scores from any tool",
		Long: `Compare gives the same verdict as run for two recorded ledgers (their
candidates are compared) or for two plain JSON-lines files of

    {"case": "refund-01", "score": 0.8}

with optional "trial", "cluster", "tags", "criterion" and "judge". A repeated id
without "trial" is a further case in that id's cluster; a null score is a case
that could not be measured. Scores lie in [0,1] unless --scale says otherwise.
Of two ledgers the candidate's policy holds, of plain files the default one;
flags go over it.`,
		Example: `  qualgate compare --baseline old.jsonl --candidate new.jsonl --max-drop 3%
  qualgate compare --baseline a.jsonl --candidate b.jsonl --scale 1..10 --report json=out.json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.compare(f) },
	}
	fs := c.Flags()
	fs.StringVar(&f.baseline, "baseline", "", "what is live: a ledger or a score `file`")
	fs.StringVar(&f.candidate, "candidate", "", "what would replace it: a ledger or a score `file`")
	fs.StringVar(&f.judgeBaseline, "judge-baseline", "", "`name` of the judge that scored the baseline, where its file does not say")
	fs.StringVar(&f.judgeCandidate, "judge-candidate", "", "`name` of the judge that scored the candidate")
	fs.StringVar(&f.scale, "scale", "", "`lowest..highest` score, such as 1..10 (default 0..1)")
	f.policy.add(fs)
	addReportFlag(c, &f.reports)
	return c
}

func (a *app) compare(f compareFlags) error {
	set, err := a.lightSettings()
	if err != nil {
		return err
	}
	switch {
	case f.baseline == "" && f.candidate == "":
		return usage("compare needs --baseline FILE and --candidate FILE")
	case f.baseline == "":
		return usage("compare needs --baseline FILE as well")
	case f.candidate == "":
		return usage("compare needs --candidate FILE as well")
	}
	specs, err := parseReports(f.reports, a.env.Dir)
	if err != nil {
		return usage("--report: %v", err)
	}
	if err := checkReports(specs); err != nil {
		return err
	}
	basePath, candPath := a.path(f.baseline), a.path(f.candidate)
	baseIs, err := a.isLedger(basePath)
	if err != nil {
		return err
	}
	candIs, err := a.isLedger(candPath)
	if err != nil {
		return err
	}
	if baseIs != candIs {
		return usage("one file is a ledger and the other is not: compare two ledgers, or two files of scores")
	}
	var r *eval.Result
	if baseIs {
		r, err = a.compareLedgers(basePath, candPath, f)
	} else {
		r, err = a.compareScores(basePath, candPath, f)
	}
	if err != nil {
		return err
	}
	return a.present(r, specs, set.Color)
}

// isLedger looks at the first line of a file. Anything that is not a ledger's
// first line is taken as scores, whose reader says what is wrong with it.
func (a *app) isLedger(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, usage("cannot read %s: %v", a.shown(path), plainError(err))
	}
	defer f.Close()
	line, err := bufio.NewReaderSize(f, 1<<16).ReadSlice('\n')
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return false, usage("cannot read %s: %v", a.shown(path), plainError(err))
	}
	if !errors.Is(err, bufio.ErrBufferFull) {
		var head struct{ Plan json.RawMessage }
		return json.Unmarshal(line, &head) == nil && head.Plan != nil, nil
	}
	return bytes.HasPrefix(bytes.TrimSpace(line), []byte(`{"plan":`)), nil
}

func (a *app) compareLedgers(basePath, candPath string, f compareFlags) (*eval.Result, error) {
	for name, v := range map[string]string{"--scale": f.scale, "--judge-baseline": f.judgeBaseline, "--judge-candidate": f.judgeCandidate} {
		if v != "" {
			return nil, usage("%s is for plain scores; ledgers say it themselves", name)
		}
	}
	base, err := a.openLedger(basePath)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	cand, err := a.openRun(candPath)
	if err != nil {
		return nil, err
	}
	defer cand.Close()
	policy, err := f.policy.over(cand.Header.Policy)
	if err != nil {
		return nil, err
	}
	r, err := eval.CompareLedgers(base, cand, policy, a.env.Version, a.env.Now())
	if err != nil {
		return nil, usage("%v", err)
	}
	return r, nil
}

func (a *app) compareScores(basePath, candPath string, f compareFlags) (*eval.Result, error) {
	var scale eval.Scale
	if f.scale != "" {
		s, err := eval.ParseScale(f.scale)
		if err != nil {
			return nil, usage("--scale: %v", err)
		}
		scale = s
	}
	policy, err := f.policy.over(eval.DefaultPolicy())
	if err != nil {
		return nil, err
	}
	spec := eval.CompareSpec{Policy: policy, ToolVersion: a.env.Version, Created: a.env.Now(), BaselineJudge: f.judgeBaseline, CandidateJudge: f.judgeCandidate}
	var wrong problems
	read := func(path string) *eval.ScoreFile {
		file, err := os.Open(path)
		if err != nil {
			wrong = append(wrong, "cannot read "+a.shown(path)+": "+plainError(err).Error())
			return nil
		}
		defer file.Close()
		scores, err := eval.ReadScores(file, a.shown(path), scale)
		if err != nil {
			wrong = append(wrong, strings.Split(err.Error(), "\n")...)
		}
		return scores
	}
	spec.Baseline, spec.Candidate = read(basePath), read(candPath)
	if len(wrong) > 0 {
		return nil, &fault{code: ExitUsage, err: wrong}
	}
	r, err := eval.CompareScores(spec)
	if err != nil {
		return nil, usage("%v", err)
	}
	return r, nil
}
