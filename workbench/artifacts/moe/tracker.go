package moe

import (
	"encoding/json"
	"fmt"
	"math"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

// trackerFacts is what profilemate's tracker says of a recording in moe_metadata.json.
// Its methods work on nil, which says nothing.
type trackerFacts struct {
	Experts        int64    `json:"experts"`
	TopK           int64    `json:"top_k"`
	IDs            string   `json:"ids"`
	PaddingRemoved *bool    `json:"padded_tokens_removed"`
	Engine         string   `json:"engine"`
	EngineVersion  string   `json:"engine_version"`
	Hook           string   `json:"hook"`
	Model          string   `json:"model"`
	Notes          []string `json:"notes"`
}

// mostNotes is how many of the tracker's notes are told.
const mostNotes = 16

// readTracker reads moe_metadata.json; nil where it cannot be read, which is noted.
func readTracker(data []byte, n *notes) *trackerFacts {
	n.rows++
	var t trackerFacts
	if err := json.Unmarshal(data, &t); err != nil {
		n.warn("", "it is left out: %v.", err)
		return nil
	}
	for i, note := range t.Notes {
		if i == mostNotes {
			n.warn("", "it has %d more notes.", len(t.Notes)-i)
			break
		}
		n.warn("", "the tracker noted: %.300q.", note)
	}
	return &t
}

// noRows is what a file that fills no table gives.
func noRows(*notes) *frames.Frame {
	return frames.NewBuilder(metadataForm.table(), frames.Schema{layerField()}).Frame()
}

// experts returns the experts of a layer, 0 where not said or out of range.
func (t *trackerFacts) experts() int64 {
	if t == nil || t.Experts < 0 || t.Experts > maxID {
		return 0
	}
	return t.Experts
}

// topK returns the experts of a token, 0 where not said or out of range.
func (t *trackerFacts) topK() int64 {
	if t == nil || t.TopK < 0 || t.TopK > maxID {
		return 0
	}
	return t.TopK
}

// writeModel says what the counts mean and which parts there are, so that analyses know
// what the recording allows.
func (f *facts) writeModel() {
	m := routing.Model{Experts: int(f.experts), TopK: int(f.topK), Layers: len(f.layers), Pairs: f.metadata["coselection_complete"]}
	for _, frame := range f.frames {
		switch frame.Name() {
		case "steps":
			m.Steps = f.stepMeans()
		case "affinity":
			m.Next = routing.FirstChoices
		case "weights":
			m.Weights = true
		}
	}
	if t := f.tracker; t != nil {
		m.Source = t.source()
		if t.IDs == routing.Logical || t.IDs == routing.Physical {
			m.Level = t.IDs
		}
		if t.PaddingRemoved != nil {
			m.Padding = map[bool]string{true: routing.PaddingRemoved, false: routing.PaddingKept}[*t.PaddingRemoved]
		}
		if t.Model != "" && t.Model != "unknown" {
			f.set("model", fmt.Sprintf("%.300s", t.Model), "")
		}
	}
	m.Write(f.metadata)
	for _, d := range m.Doubts() {
		f.findings = append(f.findings, d.Finding())
	}
}

// source names the tracker, the server and where in it the ids were taken.
func (t *trackerFacts) source() string {
	text := "profilemate tracker"
	if t.Engine != "" {
		text += " in " + t.Engine
		if t.EngineVersion != "" && t.EngineVersion != "unknown" {
			text += " " + t.EngineVersion
		}
	}
	if t.Hook != "" && t.Hook != "none" {
		text += " (" + t.Hook + ")"
	}
	return text
}

// stepMeans says whether a step of the table is one of the server.
func (f *facts) stepMeans() string {
	if f.stepTimes != nil && f.stepTimes.joined {
		return "window of steps"
	}
	return "step"
}

// stepTimes is the sink of moe_steps.csv.
type stepTimes struct {
	*frames.Builder
	joined bool // a record covers more than one step
}

func newStepTimes() *stepTimes {
	return &stepTimes{Builder: frames.NewBuilder(stepTimesForm.table(), frames.Schema{
		intField("step", "number of the first step"), intField("steps", "steps that the record covers"),
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "since the tracker began"},
		{Name: "phase", Kind: frames.String, Doc: "prefill, decode or mixed"}, intField("tokens", "tokens of those steps, without padding")})}
}

func (s *stepTimes) add(r *row) error {
	step, steps, at, tokens, phase := r.integer(stepCol, 0), r.integer(stepsCol, 1), r.float(secondsCol), r.integer(tokensCol, 0), any(nil)
	if r.err != nil {
		return r.err
	}
	ns := math.Round(at * 1e9)
	if !(math.Abs(ns) < math.MaxInt64) {
		return fmt.Errorf("its time is no number of seconds")
	}
	if text := r.text(phaseCol); text != "" {
		phase = text
	}
	s.Row(step, steps, int64(ns), phase, tokens)
	s.joined = s.joined || steps > 1
	return nil
}

func (s *stepTimes) finish(*notes) *frames.Frame { return s.Frame() }

// weightSums is the sink of moe_weight_sums.csv.
type weightSums struct{ *frames.Builder }

func newWeightSums() *weightSums {
	return &weightSums{frames.NewBuilder(weightSumsForm.table(), frames.Schema{layerField(), expertField("expert"),
		floatField("weight_sum", "", "sum of the router weights of the expert's tokens")})}
}

func (w *weightSums) add(r *row) error {
	layer, expert, sum := r.layer(), r.id(expertCol, 0), r.float(weightSumCol)
	if r.err != nil {
		return r.err
	}
	if math.IsInf(sum, 0) {
		return fmt.Errorf("a sum of weights cannot be infinite")
	}
	w.Row(layer, expert, missing(sum))
	return nil
}

func (w *weightSums) finish(*notes) *frames.Frame { return w.Frame() }
