// Package judge turns samples into scores. It holds the two kinds of
// eval.Scorer: Checks, which are deterministic, and Judge, a model that answers
// the questions of a Rubric; a Jury averages several judges.
//
// A score exists only if the sample was really scored. What cannot be measured
// is an eval.Failure, never a zero and never a pass: an unreadable reply of the
// judge, a cost nobody knows, an expression that fails on an answer.
//
// Everything that comes from a model or from production is data here. The
// judge sees it behind a fence it cannot close, and the reply is read by rules
// that do not depend on it.
//
// The package knows no configuration file and no server: cmd gives it parsed
// documents and an llm.Client.
package judge
