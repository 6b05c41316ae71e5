package compare

import (
	"fmt"
	"slices"
	"strings"

	"profilemate/workbench/analysis/change"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
)

// The tables without which a run has no figures of a kind. That a run lacks one tells
// nothing of how fast it was.
const (
	kernelsTable = "kernels"
	rangesTable  = "nvtx"
	memoryTable  = "memory_usage"
	copiesTable  = "copies"
	hiddenTable  = "kernels within CUDA graphs" // no table: what a graph-level trace hides
)

// vital are what runs must all have, or none of them, to be compared, with how a
// sentence calls it.
func vital() [][2]string {
	return [][2]string{{kernelsTable, "kernels"}, {rangesTable, "NVTX ranges"}, {hiddenTable, "the kernels within CUDA graphs"}}
}

// inspect notes what damage took from an artifact and which tables it lacks.
func (r *Run) inspect(a artifacts.Artifact) {
	info := a.Info()
	r.damaged(info.Findings)
	if info.Kind != artifacts.Nsys {
		return
	}
	for _, name := range []string{kernelsTable, rangesTable, memoryTable, copiesTable} {
		if t, err := artifacts.Lookup(a, name); err != nil || t.Rows == 0 {
			r.Lacks = append(r.Lacks, name)
		}
	}
}

// damaged keeps the findings that tell of damage, each once.
func (r *Run) damaged(findings []result.Finding) {
	for _, f := range findings {
		if f.Damage && !slices.Contains(r.Damage, f.Text) {
			r.Damage = append(r.Damage, f.Text)
		}
	}
}

// partial says of which runs only a part is known: those that are damaged, then those
// that lack what others have.
func partial(runs []*Run) []string {
	list := []string{}
	for _, r := range runs {
		if len(r.Damage) > 0 {
			list = append(list, fmt.Sprintf("%s is damaged: %s", r.Name, strings.Join(r.Damage, " ")))
		}
	}
	for _, v := range vital() {
		var without, with []string
		for _, r := range runs {
			if slices.Contains(r.Lacks, v[0]) {
				without = append(without, r.Name)
			} else {
				with = append(with, r.Name)
			}
		}
		if len(without) > 0 && len(with) > 0 {
			list = append(list, fmt.Sprintf("There are no %s in %s, but in %s.", strings.TrimPrefix(v[1], "the "), strings.Join(without, ", "), strings.Join(with, ", ")))
		}
	}
	return list
}

// unrecorded corrects verdicts: a figure that is new or has vanished because a side did
// not record it tells of no change.
func (r *Report) unrecorded(baseline, current []*Run) {
	for i := range r.Changes {
		c := &r.Changes[i]
		side := baseline
		switch c.Verdict {
		case change.Vanished:
			side = current
		case change.New:
		default:
			continue
		}
		if !slices.ContainsFunc(side, func(run *Run) bool { return run.tells(c.Name) }) {
			c.Verdict = change.Unrecorded
		}
	}
}

// tells reports whether the absence of a figure from a run tells that there was
// nothing, such as no kernel of a family, and not only that it was not recorded.
func (r *Run) tells(name string) bool {
	switch {
	case len(r.Damage) > 0:
		return false
	case r.Kind != artifacts.Nsys:
		return true
	}
	lacks := func(table string) bool { return slices.Contains(r.Lacks, table) }
	group, rest, _ := strings.Cut(name, "/")
	switch group {
	case "kernel", "kernels", "family", "graphs":
		return !lacks(kernelsTable) && !lacks(hiddenTable)
	case "memory":
		return !lacks(memoryTable)
	case "copies":
		return !lacks(copiesTable) || !lacks(kernelsTable)
	case "gpu": // told of runs without steps only
		return false
	case "phase":
		phase, _, _ := strings.Cut(rest, "/")
		return !lacks(rangesTable) && !slices.ContainsFunc(r.Figures, func(f Figure) bool { return strings.HasPrefix(f.Name, "phase/"+phase+"/") })
	}
	return true
}
