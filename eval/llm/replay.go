package llm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// ReplayRecord is one recorded answer, a line of a replay file. Absent Arm or
// Trial match any; the most specific record answers.
type ReplayRecord struct {
	Case    string `json:"case"`
	Arm     string `json:"arm,omitempty"`
	Trial   *int   `json:"trial,omitempty"`
	Purpose string `json:"purpose,omitempty"` // "generate" if empty, or "judge"
	Ask     int    `json:"ask,omitempty"`
	Part    string `json:"part,omitempty"`

	Output    string  `json:"output"`
	LatencyMS float64 `json:"latency_ms,omitempty"`
	Model     string  `json:"model,omitempty"`
	Finish    string  `json:"finish,omitempty"`
	Usage     *struct {
		Input  int `json:"input"`
		Output int `json:"output"`
	} `json:"usage,omitempty"`
	// Note is for people.
	Note string `json:"note,omitempty"`
}

type replayKey struct {
	purpose, kase, arm, part string
	trial, ask               int // trial −1: any
}

// Replay answers from recordings. Nothing is sent anywhere.
type Replay struct {
	name    string
	answers map[replayKey]Response
	where   map[replayKey]string
}

// NewReplay makes an empty replay, to be filled with Add. Name stands in its
// errors.
func NewReplay(name string) *Replay {
	return &Replay{name: name, answers: map[replayKey]Response{}, where: map[replayKey]string{}}
}

// OpenReplay reads replay files.
func OpenReplay(paths ...string) (*Replay, error) {
	name := ""
	if len(paths) > 0 {
		name = paths[0]
	}
	r := NewReplay(name)
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			return nil, fmt.Errorf("recorded answers: %w", err)
		}
		err = r.Read(f, p)
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Read adds the records of a JSON lines file; errors name file and line.
func (r *Replay) Read(src io.Reader, name string) error {
	br := bufio.NewReaderSize(src, 1<<16)
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", name, err)
		}
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if e := r.line(line, fmt.Sprintf("%s:%d", name, n)); e != nil {
				return e
			}
		}
		if err != nil {
			return nil
		}
	}
}

func (r *Replay) line(line []byte, at string) error {
	var rec ReplayRecord
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rec); err != nil {
		return fmt.Errorf(`%s: not a recorded answer: %w; write {"case": "id", "output": "text"}`, at, err)
	}
	if dec.More() {
		return fmt.Errorf("%s: not a recorded answer: something follows the object; write one object a line", at)
	}
	if !bytes.Contains(line, []byte(`"output"`)) {
		return fmt.Errorf(`%s: the recorded answer has no "output"`, at)
	}
	return r.Add(rec, at)
}

// Add adds one record; at says where it is from, for errors.
func (r *Replay) Add(rec ReplayRecord, at string) error {
	if rec.Case == "" {
		return fmt.Errorf(`%s: the recorded answer has no "case"`, at)
	}
	switch rec.Purpose {
	case "":
		rec.Purpose = "generate"
	case "generate", "judge":
	default:
		return fmt.Errorf(`%s: purpose %q is not known; write "generate" or "judge"`, at, rec.Purpose)
	}
	k := replayKey{purpose: rec.Purpose, kase: rec.Case, arm: rec.Arm, part: rec.Part, trial: -1, ask: rec.Ask}
	if rec.Trial != nil {
		if k.trial = *rec.Trial; k.trial < 0 {
			return fmt.Errorf("%s: trial %d: trials count from 0", at, k.trial)
		}
	}
	if first, dup := r.where[k]; dup {
		return fmt.Errorf("%s: the same answer (case %q, arm %q, trial %s) is already recorded at %s", at, rec.Case, rec.Arm, trialText(k.trial), first)
	}
	r.where[k] = at
	resp := Response{Text: rec.Output, Model: rec.Model, Finish: rec.Finish, Latency: time.Duration(rec.LatencyMS * float64(time.Millisecond))}
	if rec.Usage != nil {
		resp.Usage = Usage{Input: rec.Usage.Input, Output: rec.Usage.Output, Known: true}
	}
	r.answers[k] = resp
	return nil
}

func trialText(t int) string {
	if t < 0 {
		return "any"
	}
	return fmt.Sprint(t)
}

// Complete looks the request's Key up: first arm and trial, then the trial
// alone, then the arm alone, then the case.
func (r *Replay) Complete(ctx context.Context, req Request) (Response, error) {
	if err := ctx.Err(); err != nil {
		return Response{}, err
	}
	k := req.Key
	for _, try := range []replayKey{
		{k.Purpose, k.Case, k.Arm, k.Part, k.Trial, k.Ask},
		{k.Purpose, k.Case, "", k.Part, k.Trial, k.Ask},
		{k.Purpose, k.Case, k.Arm, k.Part, -1, k.Ask},
		{k.Purpose, k.Case, "", k.Part, -1, k.Ask},
	} {
		if resp, ok := r.answers[try]; ok {
			if resp.Model == "" {
				resp.Model = req.Model
			}
			return resp, nil
		}
	}
	what := "answer"
	if k.Purpose == "judge" {
		what = "judge's reply"
	}
	return Response{}, &Error{Kind: NoRecord, Message: fmt.Sprintf("%s holds no recorded %s for case %q, arm %s, trial %d", r.name, what, k.Case, k.Arm, k.Trial),
		Hint: "record it, or run against the live model"}
}
