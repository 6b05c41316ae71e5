package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"profilemate/workbench/analysis/change"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Options say how a comparison judges.
type Options struct {
	Thresholds  Thresholds
	MinShare    float64 // % of GPU time below which kernels and families are told and not judged
	AllowUnlike bool    // compare runs under unlike conditions, and say so
	// AllowPartial compares runs of which one is damaged or lacks what the others have,
	// and says so.
	AllowPartial bool
}

// Report is a finished comparison.
type Report struct {
	Version   int       `json:"version"` // 1
	Baseline  []string  `json:"baseline"`
	Current   []string  `json:"current"`
	Threshold float64   `json:"threshold"`
	Changes   []Change  `json:"changes"` // regressions first, then by size of the effect
	Partial   []string  `json:"partial"` // runs that are damaged or lack what others have, in sentences
	Unlike    []string  `json:"unlike"`  // conditions that differ, in sentences
	Proof     string    `json:"proof"`   // what so many runs prove, in a sentence
	Notes     []string  `json:"notes"`
	Counts    Counts    `json:"counts"`
	kinds     [2]string // of the sides, for words
}

// Counts are numbers of figures and kernels by verdict.
type Counts struct {
	Judged, Worse, Improved, Noise, New, Vanished int
	Untold, Unrecorded                            int
}

// Change is one figure or kernel of both sides.
type Change struct {
	Name      string         `json:"name"`
	Unit      string         `json:"unit,omitempty"`
	Verdict   change.Verdict `json:"verdict"`
	Better    change.Better  `json:"better,omitempty"`
	Baseline  result.Number  `json:"baseline"` // mean of the runs; null: missing
	Current   result.Number  `json:"current"`
	Change    result.Number  `json:"change"` // % of the baseline, or points; null: not known
	Points    bool           `json:"points,omitempty"`
	Low       result.Number  `json:"low"` // 95 % interval of the change
	High      result.Number  `json:"high"`
	P         result.Number  `json:"p"`     // adjusted for all figures; null: no error is known
	Floor     result.Number  `json:"floor"` // smallest change that would be told from noise
	Threshold result.Number  `json:"threshold"`
	Share     result.Number  `json:"share"` // of GPU time in %; null: no part of it
	Matched   string         `json:"matched,omitempty"`
	Was       string         `json:"was,omitempty"` // the baseline's name of a renamed kernel
	Kernel    string         `json:"kernel,omitempty"`
	question  change.Question
}

// Regressed reports whether anything got worse.
func (r *Report) Regressed() bool { return r.Counts.Worse > 0 }

// Compare judges current runs against baseline runs. Faults are Misuse: a side without
// runs, sides of different kinds, partial runs and unlike conditions that are not allowed.
func Compare(baseline, current []*Run, o Options) (*Report, error) {
	if len(baseline) == 0 || len(current) == 0 {
		return nil, fault.Errorf(fault.Misuse, "a comparison needs a run on each side")
	}
	if err := oneKind(append(slices.Clone(baseline), current...)); err != nil {
		return nil, err
	}
	part := partial(append(slices.Clone(baseline), current...))
	if len(part) > 0 && !o.AllowPartial {
		return nil, fault.WithRemedy(fault.Errorf(fault.Misuse, "cannot compare: %s", joined(part)), "Give whole captures, or add --allow-unlike to compare what is there.")
	}
	unlike := differences(baseline, current)
	if len(unlike) > 0 && !o.AllowUnlike {
		return nil, fault.WithRemedy(fault.Errorf(fault.Misuse, "the runs were made under unlike conditions: %s", joined(unlike)), "compare like with like, or add --allow-unlike")
	}
	r := &Report{Version: 1, Baseline: namesOf(baseline), Current: namesOf(current), Threshold: o.Thresholds.Default, Partial: part, Unlike: unlike, Notes: notesOf(baseline, current)}
	r.Changes = append(pairFigures(baseline, current, o), pairKernels(baseline, current, o)...)
	for _, pattern := range o.Thresholds.idle(r.Changes) {
		r.Notes = append(r.Notes, fmt.Sprintf("Warning: the threshold pattern %q matches no figure; --format json has the names.", pattern))
	}
	r.judge(baseline, current)
	r.Proof = proof(baseline, current, r.Changes)
	return r, nil
}

func oneKind(runs []*Run) error {
	for _, r := range runs[1:] {
		if r.Kind != runs[0].Kind {
			return fault.WithRemedy(fault.Errorf(fault.Misuse, "%s is of kind %s and %s of kind %s", runs[0].Path, runs[0].Kind, r.Path, r.Kind),
				"compare runs of one kind: parse both, or give both captures")
		}
	}
	return nil
}

func namesOf(runs []*Run) []string {
	list := make([]string, len(runs))
	for i, r := range runs {
		list[i] = r.Name
	}
	return list
}

func notesOf(sides ...[]*Run) []string {
	list := []string{}
	for _, runs := range sides {
		for _, r := range runs {
			for _, n := range r.Notes {
				if !slices.Contains(list, n) {
					list = append(list, n)
				}
			}
		}
	}
	return list
}

// pairFigures puts the figures of all runs side by side, in the order of the baseline's.
func pairFigures(baseline, current []*Run, o Options) []Change {
	index := map[string]int{}
	var list []Change
	for side, runs := range [][]*Run{baseline, current} {
		for _, run := range runs {
			for _, f := range run.Figures {
				i, known := index[f.Name]
				if !known {
					i = len(list)
					index[f.Name] = i
					list = append(list, Change{Name: f.Name, Unit: f.Unit, Better: f.Better, Points: f.Points, Share: result.Number(f.Share),
						question: change.Question{Better: f.Better, Points: f.Points, Primary: f.Primary}})
				}
				c := &list[i]
				if s := result.Number(f.Share); s > c.Share {
					c.Share = s
				}
				if side == 0 {
					c.question.Baseline = append(c.question.Baseline, f.Value)
				} else {
					c.question.Current = append(c.question.Current, f.Value)
				}
			}
		}
	}
	for i := range list {
		list[i].limit(o)
	}
	return list
}

// limit sets the threshold, and takes what is too small from judgement.
func (c *Change) limit(o Options) {
	c.question.Threshold = o.Thresholds.Of(c.Name)
	if c.question.Threshold >= 0 {
		c.Threshold = result.Number(c.question.Threshold)
	} else {
		c.Threshold = result.Number(math.NaN())
	}
	if float64(c.Share) < o.MinShare { // false for NaN
		c.question.Better = change.Neither
	}
}

func pairKernels(baseline, current []*Run, o Options) []Change {
	pairs := align(baseline, current)
	list := make([]Change, 0, len(pairs))
	for _, p := range pairs {
		k := p.first()
		c := Change{Name: "kernel/" + k.Label(), Unit: "ns", Better: change.Lower, Share: result.Number(p.share()), Matched: p.matched, Kernel: k.Name,
			question: change.Question{Baseline: figures(p.baseline), Current: figures(p.current), Better: change.Lower}}
		if p.matched == change.Renamed || p.matched == change.ByName {
			c.Was = pair{baseline: p.baseline}.first().Label()
		}
		c.limit(o)
		list = append(list, c)
	}
	return list
}

// judge judges all changes together, counts and sorts them.
func (r *Report) judge(baseline, current []*Run) {
	questions := make([]change.Question, len(r.Changes))
	for i, c := range r.Changes {
		questions[i] = c.question
	}
	for i, a := range change.Judge(questions) {
		c := &r.Changes[i]
		c.Verdict = a.Verdict
		c.Baseline, c.Current, c.Change = result.Number(a.Baseline), result.Number(a.Current), result.Number(a.Change)
		c.Low, c.High, c.P, c.Floor = result.Number(a.Low), result.Number(a.High), result.Number(a.P), result.Number(a.Floor)
	}
	r.unrecorded(baseline, current)
	for _, c := range r.Changes {
		r.Counts.add(c)
	}
	slices.SortStableFunc(r.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(rank(a.Verdict), rank(b.Verdict)), cmp.Compare(b.effect(), a.effect()))
	})
}

func (n *Counts) add(c Change) {
	switch c.Verdict {
	case change.Worse:
		n.Worse++
	case change.Improved:
		n.Improved++
	case change.Noise:
		n.Noise++
	case change.New:
		n.New++
		return
	case change.Vanished:
		n.Vanished++
		return
	case change.Untold:
		n.Untold++
		return
	case change.Unrecorded:
		n.Unrecorded++
		return
	case change.Told, change.Unknown:
		return
	}
	n.Judged++
}

// rank is the order of verdicts in a report.
func rank(v change.Verdict) int {
	return slices.Index([]change.Verdict{change.Worse, change.Improved, change.New, change.Vanished, change.Noise, change.Untold, change.Unrecorded, change.Same, change.Told, change.Unknown}, v)
}

// effect is the size of a change for the order of a report: of parts of the GPU time by
// what they change of the whole, in %.
func (c Change) effect() float64 {
	size := math.Abs(float64(c.Change))
	if math.IsNaN(size) {
		size = 100
	}
	if share := float64(c.Share); !math.IsNaN(share) {
		size *= share / 100
	}
	return size
}

// proof says what so many runs prove.
func proof(baseline, current []*Run, changes []Change) string {
	least := min(len(baseline), len(current))
	floor := result.Number(math.NaN())
	for _, c := range changes {
		if c.question.Primary && c.Unit == "ns" && !(c.Floor > floor) && !math.IsNaN(float64(c.Floor)) {
			floor = c.Floor
		}
	}
	smallest := ""
	if f := float64(floor); !math.IsNaN(f) && f > 0 {
		smallest = fmt.Sprintf(" The smallest change of a step that would be told from noise here is %.2g %%.", f)
	}
	switch {
	case least == 1 && math.IsNaN(float64(floor)):
		return "One run on a side and no error of its figures: the thresholds alone decide, and a change of a few percent may be chance."
	case least == 1:
		return "One run on a side proves little: its errors hold the noise within the run, not what differs from run to run (clocks, placement, other load), often several percent." + smallest
	case least == 2:
		return "Two runs on a side barely show what differs from run to run; five tell much smaller changes." + smallest
	}
	return fmt.Sprintf("%s a side: errors hold what differs from run to run.", result.Count(int64(least), "run")) + smallest
}
