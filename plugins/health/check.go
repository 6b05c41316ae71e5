package health

import (
	"profilemate/frames"
	"profilemate/workbench/result"
)

// verdict is the outcome of a check, from best to worst.
type verdict int

const (
	ok verdict = iota
	unknown
	warning
	problem
)

// String returns the verdict as the table shows it.
func (v verdict) String() string { return [...]string{"ok", "unknown", "warning", "problem"}[v] }

// check is one row of the table.
type check struct {
	name    string
	verdict verdict
	seen    string
	remedy  string // "" where nothing is to be done
	told    bool   // the reader's own findings, which stand beside ours, say it already
}

// checks makes all checks in the order in which equal verdicts are listed.
func (e *evidence) checks() []check {
	return []check{
		e.fileCheck(), e.rowCheck(), e.droppedCheck(), e.messageCheck(),
		e.workCheck(), e.lengthCheck(), e.hiddenCheck(), e.launchCheck(), e.nodeCheck(),
		e.rangeCheck(), e.stepCheck(), e.warmUpCheck(), e.firstTimeCheck(),
		e.overheadCheck(), e.processCheck(), e.sampleCheck(),
	}
}

func checkTable(list []check) *frames.Frame {
	b := frames.NewBuilder("checks", frames.Schema{
		{Name: "check", Kind: frames.String},
		{Name: "verdict", Kind: frames.String, Doc: "problem, warning, unknown (the trace does not hold what the check needs) or ok"},
		{Name: "seen", Kind: frames.String, Doc: "what the verdict rests on"},
		{Name: "remedy", Kind: frames.String, Doc: "missing where nothing is to be done"},
	})
	for _, c := range list {
		var remedy any
		if c.remedy != "" {
			remedy = c.remedy
		}
		b.Row(c.name, c.verdict.String(), c.seen, remedy)
	}
	return b.Frame()
}

// share is part in percent of whole, 0 of nothing.
func share(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

func severity(v verdict) result.Severity {
	switch v {
	case problem:
		return result.Problem
	case warning:
		return result.Warning
	}
	return result.Info
}
