package llm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	answers map[replayKey]recorded
}

// recorded is where an answer is: in memory, or a line of a file, which is read
// when it is asked for, so that memory does not grow with what was recorded.
type recorded struct {
	at   place
	resp *Response
	src  io.ReaderAt
	off  int64
	len  int
}

// place names a line for errors; line 0 is the file itself.
type place struct {
	name string
	line int
}

func (p place) String() string {
	if p.line == 0 {
		return p.name
	}
	return fmt.Sprintf("%s:%d", p.name, p.line)
}

// NewReplay makes an empty replay, to be filled with Add, Read or ReadFile.
// Name stands in its errors.
func NewReplay(name string) *Replay {
	return &Replay{name: name, answers: map[replayKey]recorded{}}
}

// Read adds the records of JSON lines and keeps their answers; errors name the
// line.
func (r *Replay) Read(src io.Reader, name string) error {
	return r.read(src, name, nil)
}

// ReadFile adds the records of a JSON lines file, which must stay open: answers
// are read from it when they are asked for.
func (r *Replay) ReadFile(src io.ReaderAt, name string) error {
	return r.read(io.NewSectionReader(src, 0, 1<<62), name, src)
}

func (r *Replay) read(src io.Reader, name string, file io.ReaderAt) error {
	br := bufio.NewReaderSize(src, 1<<16)
	off := int64(0)
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", name, err)
		}
		start, length := off, len(line)
		off += int64(length)
		if n == 1 {
			trimmed := bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
			start += int64(len(line) - len(trimmed))
			length -= len(line) - len(trimmed)
			line = trimmed
		}
		if len(bytes.TrimSpace(line)) > 0 {
			rec, e := parseRecord(line)
			if e == nil {
				e = r.place(rec, recorded{at: place{name, n}, src: file, off: start, len: length})
			}
			if e != nil {
				return fmt.Errorf("%s:%d: %w", name, n, e)
			}
		}
		if err != nil {
			return nil
		}
	}
}

func parseRecord(line []byte) (rec ReplayRecord, err error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rec); err != nil {
		return rec, fmt.Errorf(`not a recorded answer: %w; write {"case": "id", "output": "text"}`, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return rec, errors.New("not a recorded answer: something follows the object; write one object a line")
	}
	if !bytes.Contains(line, []byte(`"output"`)) {
		return rec, errors.New(`the recorded answer has no "output"`)
	}
	return rec, nil
}

// Add adds one record; at says where it is from, for errors.
func (r *Replay) Add(rec ReplayRecord, at string) error {
	if err := r.place(rec, recorded{at: place{name: at}}); err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	return nil
}

func (r *Replay) place(rec ReplayRecord, at recorded) error {
	if rec.Case == "" {
		return errors.New(`the recorded answer has no "case"`)
	}
	switch rec.Purpose {
	case "":
		rec.Purpose = "generate"
	case "generate", "judge":
	default:
		return fmt.Errorf(`purpose %q is not known; write "generate" or "judge"`, rec.Purpose)
	}
	k := replayKey{purpose: rec.Purpose, kase: rec.Case, arm: rec.Arm, part: rec.Part, trial: -1, ask: rec.Ask}
	if rec.Trial != nil {
		if k.trial = *rec.Trial; k.trial < 0 {
			return fmt.Errorf("trial %d: trials count from 0", k.trial)
		}
	}
	if first, dup := r.answers[k]; dup {
		return fmt.Errorf("the same answer (case %q, arm %q, trial %s) is already recorded at %s", rec.Case, rec.Arm, trialText(k.trial), first.at)
	}
	if at.src == nil {
		resp := rec.response()
		at.resp = &resp
	}
	r.answers[k] = at
	return nil
}

func (rec *ReplayRecord) response() Response {
	resp := Response{Text: rec.Output, Model: rec.Model, Finish: rec.Finish, Latency: time.Duration(rec.LatencyMS * float64(time.Millisecond))}
	if rec.Usage != nil {
		resp.Usage = Usage{Input: rec.Usage.Input, Output: rec.Usage.Output, Known: true}
	}
	return resp
}

// load returns a recorded answer.
func (at recorded) load() (Response, error) {
	if at.resp != nil {
		return *at.resp, nil
	}
	line := make([]byte, at.len)
	if _, err := at.src.ReadAt(line, at.off); err != nil && !errors.Is(err, io.EOF) {
		return Response{}, &Error{Kind: NoRecord, Message: fmt.Sprintf("%s cannot be read again: %v", at.at, err), Err: err}
	}
	rec, err := parseRecord(line)
	if err != nil {
		return Response{}, &Error{Kind: NoRecord, Message: fmt.Sprintf("%s changed while it was replayed: %v", at.at, err), Err: err}
	}
	return rec.response(), nil
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
		if at, ok := r.answers[try]; ok {
			resp, err := at.load()
			if err != nil {
				return Response{}, err
			}
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
