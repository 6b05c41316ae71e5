package routingdrift

import (
	"fmt"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

func tell(res *result.Result, layers []*layer, p Params) {
	windows := 0
	for _, l := range layers {
		windows = max(windows, len(l.windows))
	}
	if windows < 2 {
		res.Warn("Record more steps, or set a smaller window.", "No layer has steps for two windows, so that nothing can be compared.")
		return
	}
	if p.Reference == first {
		tellLast(res, layers)
	} else {
		tellPairs(res, layers)
	}
	tellChanges(res, layers)
	tellUnknown(res, layers)
}

// tellLast says how far the last windows are from the first.
func tellLast(res *result.Result, layers []*layer) {
	var moving, quiet []int64
	var far *layer
	for _, l := range layers {
		switch w := l.last(); w.verdict {
		case drifted:
			moving = append(moving, l.index)
			if far == nil || w.moved > far.last().moved {
				far = l
			}
		case steady:
			quiet = append(quiet, l.index)
		}
	}
	if far != nil {
		w := far.last()
		res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "layers", Column: "layer", Values: routing.LayerValues(moving),
			Text: fmt.Sprintf("The last window differs from the first beyond noise in %s; most in %s, where %.0f %% of the tokens go to other experts (divergence %.3g bits, noise %.2g) and the hot sets overlap by %.2f.",
				routing.LayerList(moving), routing.LayerName(far.index), 100*w.moved, w.divergence, w.mean, w.overlap)})
	}
	if len(quiet) > 0 {
		res.Note("The last window differs from the first no more than steps do among themselves: %s.", routing.LayerList(quiet))
	}
}

// tellPairs says how many neighbors differ.
func tellPairs(res *result.Result, layers []*layer) {
	n, pairs := 0, 0
	var where []int64
	for _, l := range layers {
		before := n
		for _, w := range l.windows {
			if w.verdict == drifted {
				n++
			}
			if w.verdict == drifted || w.verdict == steady {
				pairs++
			}
		}
		if n > before {
			where = append(where, l.index)
		}
	}
	if pairs == 0 {
		return
	}
	if n == 0 {
		res.Note("No window differs from the one before beyond noise.")
		return
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "windows", Column: "layer", Values: routing.LayerValues(where),
		Text: fmt.Sprintf("%d of %s differ from the one before beyond noise, in %s.", n, result.Count(int64(pairs), "window"), routing.LayerList(where))})
}

// tellChanges names the clearest change.
func tellChanges(res *result.Result, layers []*layer) {
	n := 0
	var where []int64
	var at *layer
	var clearest change
	for _, l := range layers {
		if len(l.changes) > 0 {
			where = append(where, l.index)
			n += len(l.changes)
		}
		for _, c := range l.changes {
			if at == nil || c.moved > clearest.moved {
				at, clearest = l, c
			}
		}
	}
	if at == nil {
		return
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "changes", Column: "layer", Values: routing.LayerValues(where),
		Text: fmt.Sprintf("The routing changes at %s (%s); the largest is in %s at step %d, where %.0f %% of the tokens go over to other experts (gaining: %s; losing: %s).",
			result.Count(int64(n), "place"), routing.LayerList(where), routing.LayerName(at.index), clearest.step, 100*clearest.moved,
			routing.ExpertList(clearest.gain), routing.ExpertList(clearest.lose))})
}

func tellUnknown(res *result.Result, layers []*layer) {
	n, windows := 0, 0
	for _, l := range layers {
		for _, w := range l.windows {
			if w.verdict != reference {
				windows++
			}
			if w.verdict == unknown {
				n++
			}
		}
	}
	if n > 0 {
		res.Warn("Set a window of at least six steps.", "%d of %s have no noise level: with fewer than six steps in a window or its reference, a difference may be chance.",
			n, result.Count(int64(windows), "window"))
	}
}
