// Package eval is the domain of qualgate: what is measured, how it is recorded,
// and how a verdict follows from it. It knows no configuration file, no flag,
// no HTTP and no renderer.
//
// # Glossary
//
//   - GoldenSet: the frozen exam: a name, a digest and its cases.
//   - Case: one question of the exam, with what a good answer must satisfy.
//   - Prompt: the text sent to a model, with {{variables}} filled from a Case.
//   - Target: what is under test: prompt × model, an HTTP endpoint, a command.
//   - Arm: one side of the comparison, Baseline (what is live) or Candidate.
//   - Trial: one repeat of a case on one arm, counted from 0.
//   - Slot: one (case, arm, trial) of the plan. Every slot ends as exactly one
//     scored sample or one Failure: planned = scored + failed.
//   - Sample: one output, generated for a slot or captured from production.
//   - Scorer: turns a Sample into Scores. A Judge is a Scorer that is a model
//     with a Rubric of Criteria; a check is a deterministic Scorer.
//   - Score: a value in [0,1] with a label and a reason. It exists only if the
//     sample was really scored.
//   - Failure: a sample or score that did not come, with its Stage.
//   - Comparison: baseline against candidate: change, interval, n, warnings.
//   - Policy: margin, confidence, minimum n, how much may be unmeasured.
//   - Verdict: Inconclusive (the zero value), Pass, Regressed or Unmeasured.
//   - Result: everything a report may print; computed once, never by a renderer.
//   - Ledger: the append-only JSONL of Events from which a Result is computed.
//
// # Flow
//
//	Plan → [slot, interleaved] → Target → Sample → Scorers → Ledger
//	Ledger → Collector → Summarize (pure) → Result
//
// Everything right of the Ledger is a pure function of its events, so any old
// run can be decided and rendered again.
package eval
