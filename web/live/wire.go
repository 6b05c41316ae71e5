// Package live owns the notebooks that are open: it runs their cells through a
// kernel, collects the outputs, saves the document and tells every client what
// changes. A client that goes away loses nothing.
package live

import (
	"maps"
	"slices"
	"time"

	"profilemate/notebooks"
	"profilemate/notebooks/graph"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// State is what a cell is doing.
type State string

// The states of a cell.
const (
	Idle    State = "idle"    // not run since the document was opened, and without output
	Queued  State = "queued"  // waits for the cells before it
	Running State = "running" // the kernel works on it
	Done    State = "done"    // it has run, or has outputs from earlier
	Failed  State = "error"   // it ended with an error
)

// KernelState is what the kernel of a document is doing.
type KernelState string

// The states of a kernel. One that is not started yet is KernelIdle: the first
// cell starts it.
const (
	KernelStarting KernelState = "starting"
	KernelIdle     KernelState = "idle"
	KernelBusy     KernelState = "busy"
	KernelDead     KernelState = "dead"
)

// Call is an analysis cell taken apart, as it travels in JSON.
type Call struct {
	Analysis string               `json:"analysis"`
	Inputs   []analysis.CallInput `json:"inputs"`
	Params   analysis.Values      `json:"params"`
	As       string               `json:"as,omitempty"` // name of the result; empty for none
}

// Operation is what a client asks for. Which fields count depends on Op.
type Operation struct {
	ID       int64              `json:"id"` // repeated by the reply
	Op       string             `json:"op"`
	Cell     string             `json:"cell"`
	Source   *string            `json:"source"`
	Index    *int               `json:"index"`
	Pos      int                `json:"pos"` // of complete and inspect, in code points of Source
	CellType notebooks.CellType `json:"cellType"`
	Call     *Call              `json:"call"`
}

// Cell is a cell as clients see it.
type Cell struct {
	ID             string             `json:"id"`
	CellType       notebooks.CellType `json:"cellType"`
	Source         string             `json:"source"`
	State          State              `json:"state"`
	ExecutionCount *int               `json:"executionCount"`
	StartedAt      *string            `json:"startedAt"` // RFC 3339
	ElapsedNs      int64              `json:"elapsedNs"` // so far, for a running cell
	Outputs        []notebooks.Output `json:"outputs,omitempty"`
	HTML           string             `json:"html,omitempty"`
	Call           *Call              `json:"call,omitempty"`
	CallError      string             `json:"callError,omitempty"`
	Stale          string             `json:"stale,omitempty"`  // why its outputs no longer hold; empty while they do
	Reused         bool               `json:"reused,omitempty"` // all its results came from the store
}

// The events that clients receive, each with its type; see docs/api.md.
type (
	snapshotEvent struct {
		Type   string      `json:"type"`
		Seq    int64       `json:"seq"`
		Run    string      `json:"run"`
		Path   string      `json:"path"`
		Title  string      `json:"title"`
		Cells  []Cell      `json:"cells"`
		Kernel KernelState `json:"kernel"`
		Reason string      `json:"kernelMessage,omitempty"` // as in a kernel event
		Dirty  bool        `json:"dirty"`

		Reproduced bool             `json:"reproduced"`
		Conflicts  []graph.Conflict `json:"conflicts"`
		Variables  []Variable       `json:"variables"`
	}
	notebookEvent struct {
		Type       string           `json:"type"`
		Seq        int64            `json:"seq"`
		Reproduced bool             `json:"reproduced"`
		Conflicts  []graph.Conflict `json:"conflicts"`
	}
	cellEvent struct {
		Type  string `json:"type"`
		Seq   int64  `json:"seq"`
		Index int    `json:"index"`
		Cell  Cell   `json:"cell"`
	}
	removedEvent struct {
		Type string `json:"type"`
		Seq  int64  `json:"seq"`
		Cell string `json:"cell"`
	}
	orderEvent struct {
		Type  string   `json:"type"`
		Seq   int64    `json:"seq"`
		Cells []string `json:"cells"`
	}
	kernelEvent struct {
		Type    string      `json:"type"`
		Seq     int64       `json:"seq"`
		State   KernelState `json:"state"`
		Message string      `json:"message,omitempty"`
	}
	progressEvent struct {
		Type      string `json:"type"`
		Cell      string `json:"cell"`
		Text      string `json:"text"`
		Done      int64  `json:"done"`
		Total     int64  `json:"total"`
		ElapsedNs int64  `json:"elapsedNs"`
	}
	savedEvent struct {
		Type     string `json:"type"`
		Seq      int64  `json:"seq"`
		Dirty    bool   `json:"dirty"`
		Modified string `json:"modified,omitempty"`
		Message  string `json:"message,omitempty"`
	}
	replyEvent struct {
		Type  string      `json:"type"`
		ID    int64       `json:"id"`
		Cell  string      `json:"cell,omitempty"`
		Error *replyError `json:"error,omitempty"`

		Completion *Completion `json:"completion,omitempty"`
		Inspection *Inspection `json:"inspection,omitempty"`
	}
	replyError struct {
		Kind    fault.Kind `json:"kind"`
		Message string     `json:"message"`
	}
)

// view returns a cell as clients see it. The caller holds d.mu.
func (d *Document) view(c *notebooks.Cell) Cell {
	v := Cell{ID: c.ID, CellType: c.Type, Source: c.Source, State: d.stateOf(c)}
	switch {
	case c.Type == notebooks.Markdown:
		v.HTML = d.opts.Markdown(c.Source)
	case c.Type == notebooks.Code:
		v.ExecutionCount, v.Outputs = c.ExecutionCount, shownOutputs(c.Outputs)
		v.StartedAt, v.ElapsedNs = timing(c, v.State)
		v.Reused = reused(c.Outputs)
		if v.State == Done {
			v.Stale = d.fresh.stale[c.ID]
		}
		if analysis.IsCell(c.Source) {
			v.Call, v.CallError = d.parse(c.Source)
		}
	}
	return v
}

// reused reports whether all results among the outputs came from the store.
func reused(list []notebooks.Output) bool {
	found := false
	for _, o := range list {
		if bundle, ok := o.Data()[result.MIME].(map[string]any); ok {
			if cached, _ := bundle["cached"].(bool); !cached {
				return false
			}
			found = true
		}
	}
	return found
}

// shownOutputs leaves out of an analysis' outputs the drawn forms of its result,
// which clients draw themselves from the bundle: they are most of the bytes.
func shownOutputs(list []notebooks.Output) []notebooks.Output {
	out := slices.Clone(list)
	for i, o := range out {
		data := o.Data()
		if data[result.MIME] == nil {
			continue
		}
		slim := maps.Clone(map[string]any(data))
		delete(slim, "text/html")
		delete(slim, "image/svg+xml")
		out[i] = maps.Clone(o)
		out[i]["data"] = slim
	}
	return out
}

func (d *Document) parse(source string) (*Call, string) {
	call, err := analysis.ParseCell(source, d.opts.Lookup)
	if err != nil {
		return nil, err.Error()
	}
	if call.Inputs == nil {
		call.Inputs = []analysis.CallInput{}
	}
	return &Call{Analysis: call.Analysis, Inputs: call.Inputs, Params: call.Params, As: call.As}, ""
}

// stateOf returns a cell's state: what it is doing, else what its outputs tell of
// the last run.
func (d *Document) stateOf(c *notebooks.Cell) State {
	if c.Type != notebooks.Code {
		return Idle
	}
	if d.active != nil && d.active.cell == c {
		return Running
	}
	for _, waiting := range d.queue {
		if waiting == c.ID {
			return Queued
		}
	}
	for _, o := range c.Outputs {
		if o.Type() == notebooks.ErrorOutput {
			return Failed
		}
	}
	if c.ExecutionCount != nil || len(c.Outputs) > 0 {
		return Done
	}
	return Idle
}

// The keys of a code cell's execution metadata, as Jupyter names them.
const (
	busyAt  = "iopub.status.busy"
	inputAt = "iopub.execute_input"
	replyAt = "shell.execute_reply"
	idleAt  = "iopub.status.idle"
)

// timing reads when a cell's last run began and how long it took.
func timing(c *notebooks.Cell, state State) (started *string, elapsedNs int64) {
	times, _ := c.Metadata["execution"].(map[string]any)
	begin, ok := times[busyAt].(string)
	from, err := time.Parse(time.RFC3339Nano, begin)
	if !ok || err != nil {
		return nil, 0
	}
	if state == Running {
		return &begin, time.Since(from).Nanoseconds()
	}
	end, _ := times[replyAt].(string)
	if to, err := time.Parse(time.RFC3339Nano, end); err == nil {
		elapsedNs = to.Sub(from).Nanoseconds()
	}
	return &begin, elapsedNs
}

// stamp notes the time of an event of a run in the cell's metadata.
func stamp(c *notebooks.Cell, event string) {
	times, ok := c.Metadata["execution"].(map[string]any)
	if !ok {
		times = map[string]any{}
		c.Metadata["execution"] = times
	}
	times[event] = time.Now().UTC().Format(time.RFC3339Nano)
}
