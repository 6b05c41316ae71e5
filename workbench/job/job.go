// Package job keeps captures that take minutes: what is to be done, how far it is,
// what it said, and how it ended, each in a folder on disk.
//
// A job is run by a process of its own, its supervisor, so that the workbench may
// end or crash meanwhile: whoever opens the folder of jobs next finds it again. The
// supervisor holds a lock on the job's folder while it lives. A job that is not
// ended and not locked has lost its supervisor; the next look at it ends what is
// left of it and says so.
package job

import (
	"slices"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// State is how far a job is.
type State string

// The states of a job, in the order they come in.
const (
	Planned   State = "planned"   // written down; its supervisor is about to start
	Queued    State = "queued"    // waits for a GPU that another job has
	Preparing State = "preparing" // looks whether everything is there
	Running   State = "running"   // in one of its phases
	Stopping  State = "stopping"  // asked to stop; what it started is ended in order
	Finishing State = "finishing" // makes and checks its results
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled" // stopped on request
)

// Ended reports whether nothing follows the state.
func (s State) Ended() bool { return s == Done || s == Failed || s == Cancelled }

// next lists the states that may follow each state. Any that has not ended may fail.
func (s State) next() []State {
	switch s {
	case Planned:
		return []State{Queued, Preparing, Stopping, Failed, Cancelled}
	case Queued:
		return []State{Preparing, Stopping, Failed, Cancelled}
	case Preparing:
		return []State{Running, Stopping, Finishing, Done, Failed, Cancelled}
	case Running:
		return []State{Stopping, Finishing, Failed, Cancelled, Done}
	case Stopping:
		return []State{Finishing, Done, Failed, Cancelled}
	case Finishing:
		return []State{Stopping, Done, Failed, Cancelled}
	}
	return nil
}

func (s State) before(next State) bool { return slices.Contains(s.next(), next) }

// Job is a snapshot of one job.
type Job struct {
	ID      string    `json:"id"` // sorts by time of creation
	Plan    Plan      `json:"plan"`
	State   State     `json:"state"`
	Created time.Time `json:"created"`
	Started time.Time `json:"started,omitzero"` // when it left the queue; zero: not yet
	Ended   time.Time `json:"ended,omitzero"`   // zero: not yet
	Waits   string    `json:"waits,omitempty"`  // why it is queued, as a sentence

	Phases []PhaseState `json:"phases,omitempty"` // those begun, the last one being the present
	// Done of Total units of the present phase; Total 0: not known.
	Done  int64 `json:"done,omitempty"`
	Total int64 `json:"total,omitempty"`

	Error     string           `json:"error,omitempty"`  // why it failed, as a sentence
	Remedy    string           `json:"remedy,omitempty"` // what to do about it
	Findings  []result.Finding `json:"findings,omitempty"`
	Artifacts []Artifact       `json:"artifacts,omitempty"` // what it made, in order
	Seq       int64            `json:"seq"`                 // of the last event in this snapshot
}

// PhaseState is a phase that was begun.
type PhaseState struct {
	Name    string    `json:"name"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"` // zero: not yet
}

// Artifact is a file or folder that a job made.
type Artifact struct {
	Name string `json:"name"` // path in the job's output folder
	Path string `json:"path"` // absolute
	Kind string `json:"kind"` // kind of artifact such as "nsys", "ncu" and "moe", or "nsys-report", "ncu-csv", "report", "folder-parsed"
	Doc  string `json:"doc"`
}

// Phase returns the present phase, "" before the first one.
func (j Job) Phase() string {
	if len(j.Phases) == 0 {
		return ""
	}
	return j.Phases[len(j.Phases)-1].Name
}

// Left estimates the time to the end from what the plan expects of the phases that
// are not over. ok is false for a job that has ended, waits or is stopping, or of whose
// remaining phases none has an expectation.
func (j Job) Left(now time.Time) (left time.Duration, ok bool) {
	if j.State.Ended() || slices.Contains([]State{Planned, Queued, Stopping}, j.State) {
		return 0, false
	}
	begun := map[string]time.Time{}
	for _, p := range j.Phases[:max(0, len(j.Phases)-1)] {
		begun[p.Name] = time.Time{}
	}
	if n := len(j.Phases); n > 0 {
		begun[j.Phases[n-1].Name] = j.Phases[n-1].Started
	}
	for _, p := range j.Plan.Phases {
		started, found := begun[p.Name]
		switch {
		case p.Expect == 0 || found && started.IsZero():
		case !found:
			left, ok = left+p.Expect, true
		default:
			left, ok = left+j.leftOf(p, now.Sub(started)), true
		}
	}
	return left, ok
}

// leftOf is what is left of the present phase, by its progress where that is known.
func (j Job) leftOf(p Phase, spent time.Duration) time.Duration {
	if j.Total > 0 && j.Done > 0 && j.Done <= j.Total {
		return time.Duration(float64(spent) * float64(j.Total-j.Done) / float64(j.Done))
	}
	return max(0, p.Expect-spent)
}

// Flags are the flags that bring the group into use, such as --mode=full; empty: it
// always is.
func (g Group) Flags() []string {
	var list []string
	for _, c := range g.When {
		for _, v := range c.Values {
			if v == "true" {
				list = append(list, "--"+c.Param)
				continue
			}
			list = append(list, "--"+c.Param+"="+v)
		}
	}
	return list
}

// Recipe declares a kind of capture. Its form, flags, help and page derive from it.
type Recipe struct {
	Name    string           `json:"name"`  // lower case with hyphens
	Title   string           `json:"title"` // without capital or period
	Doc     string           `json:"doc"`   // what it does, in sentences
	Params  []analysis.Param `json:"params"`
	Groups  []Group          `json:"groups"` // the parameters, in order, by what they are about
	Outputs []Output         `json:"outputs"`
}

// Group is parameters of a recipe that belong together.
type Group struct {
	Title  string   `json:"title"`
	Params []string `json:"params"` // names
	// When is what the parameters are used for: one of these has to hold. Empty: always.
	When []Condition `json:"when,omitempty"`
}

// Condition holds where a parameter has one of some values.
type Condition struct {
	Param  string   `json:"param"`
	Values []string `json:"values"`
}

// Used reports whether the parameters of the group play a part. value gives a
// parameter's value, its default where none is given.
func (g Group) Used(value func(param string) string) bool {
	return len(g.When) == 0 || slices.ContainsFunc(g.When, func(c Condition) bool { return slices.Contains(c.Values, value(c.Param)) })
}

// Output is what a recipe leaves in its folder.
type Output struct {
	Name string `json:"name"` // path in the output folder; a folder's ends in "/"
	Doc  string `json:"doc"`
}

// Plan is what a recipe would do with given values.
type Plan struct {
	Recipe   string           `json:"recipe"`
	Title    string           `json:"title"` // the recipe and what it captures, for a list
	Values   analysis.Values  `json:"values"`
	Folder   string           `json:"folder"` // for the outputs, absolute
	GPUs     []string         `json:"gpus"`   // those it needs for itself; ["all"], or none
	Phases   []Phase          `json:"phases"`
	Commands []Command        `json:"commands"`
	Notes    []result.Finding `json:"notes,omitempty"` // what the choices cost, what cannot be told
	Outputs  []Output         `json:"outputs"`
	Needs    []string         `json:"needs,omitempty"` // what has to be there: "nsys", "ncu", "server", "moe"
}

// Phase is a part of a job that takes time.
type Phase struct {
	Name   string        `json:"name"`
	Title  string        `json:"title"`            // what happens, as a phrase
	Expect time.Duration `json:"expect,omitempty"` // how long it should take, in ns; 0: not known
}

// Command is a program that a job runs. No shell sees it.
type Command struct {
	Phase string   `json:"phase"`         // the phase it is started in
	Doc   string   `json:"doc"`           // what it is for, as a phrase
	Args  []string `json:"args"`          // the program and its arguments
	Env   []string `json:"env,omitempty"` // "NAME=value" beside the caller's environment
}

// Book knows the recipes. The manager asks it for plans.
type Book interface {
	// Recipes returns the recipes in the order to offer them.
	Recipes() []Recipe
	// Plan checks the values and says what would be done. An unknown recipe is NotFound,
	// values out of bounds are Misuse.
	Plan(recipe string, values analysis.Values) (Plan, error)
}
