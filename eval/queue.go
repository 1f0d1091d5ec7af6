package eval

import "sync"

// step is one piece of work: answer a slot, or let one scorer see its sample.
type step struct {
	slot   Slot
	sample *Sample // nil: not answered yet
	load   bool    // the answer is in the ledger, from before
	scorer int
}

// queue hands out steps: judgements before new answers, so that few samples
// wait in memory and the workers stay busy to the end.
type queue struct {
	mu      sync.Mutex
	wake    *sync.Cond
	judge   []step
	fresh   []step
	running int
	closed  bool
}

func (q *queue) next() (step, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		switch {
		case q.closed:
			return step{}, false
		case len(q.judge) > 0:
			s := q.judge[len(q.judge)-1]
			q.judge = q.judge[:len(q.judge)-1]
			q.running++
			return s, true
		case len(q.fresh) > 0:
			s := q.fresh[0]
			q.fresh = q.fresh[1:]
			q.running++
			return s, true
		case q.running == 0:
			q.closed = true
			q.wake.Broadcast()
			return step{}, false
		}
		q.wake.Wait()
	}
}

func (q *queue) done(more []step) {
	q.mu.Lock()
	q.running--
	q.judge = append(q.judge, more...)
	q.mu.Unlock()
	q.wake.Broadcast()
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wake.Broadcast()
}
