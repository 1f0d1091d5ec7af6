// Package report turns one eval.Result into text: for a terminal, for CI
// (JUnit) and for machines (JSON). Every renderer is a pure function of the
// Result: it decides nothing, changes nothing, and reads no clock, file,
// environment or network, so any old run renders again to the same bytes.
//
// Whatever comes from a model, a golden set or a server is untrusted text. It
// reaches a terminal only after printable has made control characters, escape
// sequences and bidirectional overrides visible.
package report
