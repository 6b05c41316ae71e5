// Package compare sets runs beside earlier ones: it takes figures out of artifacts and
// summaries, judges their changes, and writes what it found for people, for pull
// requests and for the programs that gate them.
//
// Open reads one side's runs, Compare judges two sides, and Write writes the Report.
package compare

import (
	"math"
	"time"

	"profilemate/workbench/analysis/change"
)

// Run is one profile, or its summary, as a comparison sees it.
type Run struct {
	Name   string // base name of the file or folder
	Path   string // as given
	Kind   string // artifacts.Nsys, NCU or MoE, or Summary
	Format string
	// Conditions are what runs must share to be comparable, by name: "GPU", "model".
	// A name that is missing is not known.
	Conditions map[string]string
	Started    time.Time // when the profile began; zero: not known
	Figures    []Figure
	Kernels    []Kernel // of nsys artifacts: by total time, longest first
	Notes      []string // what the run cannot tell, in sentences
	Damage     []string // what a damaged file lost, in sentences; nil: nothing
	Lacks      []string // what of an nsys artifact is not there, by table; nil: nothing is known to lack
}

// Summary is the kind of a run that is a summary.json.
const Summary = "summary"

// Figure is one number of a run.
type Figure struct {
	Name    string // "phase/decode/step_time"
	Unit    string // "ns", "B", "%"; empty for a count or ratio
	Better  change.Better
	Points  bool    // a percentage, whose change is told in points
	Primary bool    // see change.Question
	Share   float64 // of the run's GPU time in %, of families; NaN: it is no part of a whole
	Value   change.Figure
}

// Kernel is the executions of one kernel name and shape in a run.
type Kernel struct {
	Name, Grid, Block string
	Short             string // name without its arguments
	Family            string
	Count             int64
	Total             int64   // ns
	Share             float64 // of the time of all kernels, in %
	PerStep           float64 // executions a step; a run without steps counts as one
	Mean              change.Figure
}

// Value returns the named figure, NaN where the run lacks it.
func (r *Run) Value(name string) float64 {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value.Value
		}
	}
	return math.NaN()
}

func (r *Run) add(name, unit string, better change.Better, v change.Figure) *Figure {
	r.Figures = append(r.Figures, Figure{Name: name, Unit: unit, Better: better, Share: math.NaN(), Value: v})
	return &r.Figures[len(r.Figures)-1]
}

// key tells kernels apart within a run.
type key struct{ name, grid, block string }

func (k *Kernel) key() key { return key{k.Name, k.Grid, k.Block} }

// Label names a kernel in a report: "gemm 64x1x1 x 128x1x1".
func (k *Kernel) Label() string {
	name := k.Short
	if name == "" {
		name = "(no name)"
	}
	return name + " " + k.Grid + " x " + k.Block
}
