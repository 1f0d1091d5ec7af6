package cmd

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/report"
)

// redrawEvery keeps the live line from costing more than it tells.
const redrawEvery = 100 * time.Millisecond

// progress shows how far a run is: one live line for a person, a line every
// tenth of the way for a log.
type progress struct {
	w       io.Writer
	live    bool
	columns int
	color   report.ColorMode
	now     func() time.Time
	// limit tells how many calls are under way, and how many may be.
	limit func() (inFlight, limit int)

	mu     sync.Mutex
	rate   rateMeter
	drawn  time.Time
	shown  bool
	tenths int
	phase  string
}

// update takes a step into account. It is called one call at a time.
func (p *progress) update(s eval.Progress) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	state := report.ProgressState{
		Phase: s.Phase, Done: s.Done, Total: s.Total, Failed: s.Failed,
		SpentUSD: s.Spent.USD, SpendKnown: s.Spent.UnknownCost == 0,
	}
	state.Rate = p.rate.observe(now, s.Done)
	if state.Rate > 0 && s.Done < s.Total {
		state.ETA = time.Duration(float64(s.Total-s.Done) / state.Rate * float64(time.Second))
	}
	if p.limit != nil {
		state.InFlight, state.Limit = p.limit()
	}
	if p.live {
		if s.Done == s.Total || now.Sub(p.drawn) >= redrawEvery {
			p.drawn, p.shown = now, true
			fmt.Fprint(p.w, "\r\x1b[K"+report.Line(state, p.columns, p.color))
		}
		return
	}
	if s.Phase != p.phase {
		p.phase, p.tenths = s.Phase, state.Tenths()
		return
	}
	if t := state.Tenths(); t > p.tenths {
		p.tenths = t
		fmt.Fprintln(p.w, report.Plain(state))
	}
}

// end clears the live line, so that what follows begins at the left.
func (p *progress) end() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// rateMeter estimates slots a second over the last half minute or so.
type rateMeter struct {
	marks []mark
}

type mark struct {
	at   time.Time
	done int
}

const (
	rateWindow = 30 * time.Second
	markEvery  = 500 * time.Millisecond
)

// observe notes how many are done and returns the rate, 0 while unknown.
func (m *rateMeter) observe(now time.Time, done int) float64 {
	if n := len(m.marks); n == 0 || now.Sub(m.marks[n-1].at) >= markEvery {
		m.marks = append(m.marks, mark{now, done})
	}
	for len(m.marks) > 2 && now.Sub(m.marks[0].at) > rateWindow {
		m.marks = m.marks[1:]
	}
	first := m.marks[0]
	d := now.Sub(first.at).Seconds()
	if d < 1 || done <= first.done {
		return 0
	}
	return float64(done-first.done) / d
}
