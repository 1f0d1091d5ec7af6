package cmd

import (
	"fmt"
	"sync"
)

// interrupts counts what the user did.
type interrupts struct {
	mu       sync.Mutex
	count    int
	draining bool // the command knows how to drain
}

func (i *interrupts) interrupted() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.count > 0
}

// drains says that the command finishes what is under way on the first
// interrupt; any other command just ends.
func (i *interrupts) drains() {
	i.mu.Lock()
	i.draining = true
	i.mu.Unlock()
}

// watchInterrupts turns the first interrupt into a drain and the second into
// an end. The returned function ends the watch.
func (a *app) watchInterrupts() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-a.env.Interrupts:
				a.interrupt()
			}
		}
	}()
	return func() { close(quit); <-done }
}

func (a *app) interrupt() {
	a.mu.Lock()
	a.count++
	n, draining := a.count, a.draining
	a.mu.Unlock()
	switch {
	case n == 1 && draining:
		fmt.Fprintln(a.env.Stderr, "\nqualgate: stopping: calls under way are finished and kept; Ctrl-C again stops now")
		close(a.drain)
	default:
		a.cancel()
	}
}
