package moe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"profilemate/frames"
)

// stepCounts gathers the tokens of each expert by step and layer, from JSON or CSV.
type stepCounts struct {
	*frames.Builder
	order  []stepKey           // in the order of the file
	spread map[stepKey]moments // of the counts, by step and layer
	width  int64               // experts of the dense rows; 0 when none is dense
	uneven bool                // dense rows differ in length
	total  int64               // of all counts; see maxTotal
	again  int64               // dense or sparse entries that repeat a step and layer
}

type stepKey struct{ step, layer int64 }

// moments holds what a mean and a deviation need.
type moments struct{ n, sum, squares float64 }

func newStepCounts() *stepCounts {
	return &stepCounts{spread: map[stepKey]moments{},
		Builder: frames.NewBuilder("steps", frames.Schema{
			intField("step", "number of the step"), layerField(), expertField("expert"), tokensField()})}
}

// put appends one row. It fails where the counts would add up to too much.
func (s *stepCounts) put(k stepKey, expert, tokens int64) error {
	if tokens > maxTotal-s.total {
		return errTotal
	}
	s.total += tokens
	s.Row(k.step, k.layer, expert, tokens)
	m, seen := s.spread[k]
	if !seen {
		s.order = append(s.order, k)
	}
	v := float64(tokens)
	s.spread[k] = moments{m.n + 1, m.sum + v, m.squares + v*v}
	return nil
}

// add takes a CSV row: step, layer, expert, count.
func (s *stepCounts) add(r *row) error {
	k := stepKey{step: r.integer(stepCol, 0), layer: r.layer()}
	e, n := r.id(expertCol, 0), r.integer(countCol, 0)
	if r.err != nil {
		return r.err
	}
	return s.put(k, e, n)
}

// entry is one element of expert_counts_by_step.json: [step, layer, counts],
// [step, layer, expert, count], or an object with those names. counts is a list by
// expert or an object from expert to count.
type entry struct {
	key    stepKey
	dense  bool
	counts []expertCount
	err    error
}

type expertCount struct{ expert, tokens int64 }

// UnmarshalJSON takes an element apart. What is wrong with it goes into err, so that
// the elements after it are still read.
func (e *entry) UnmarshalJSON(data []byte) error {
	*e = entry{}
	if data[0] == '{' {
		e.err = e.fromObject(data)
		return nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		e.err = fmt.Errorf("it is no list [step, layer, counts]")
		return nil
	}
	e.err = e.fromList(parts)
	return nil
}

func (e *entry) fromObject(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	l, ok := fields["layer"]
	if !ok {
		l = fields["layer_idx"]
	}
	counts, ok := fields["counts"]
	if !ok {
		counts = fields["expert_counts"]
	}
	if fields["step"] == nil || l == nil || counts == nil {
		return fmt.Errorf("it lacks one of step, layer, counts")
	}
	return e.fromList([]json.RawMessage{fields["step"], l, counts})
}

func (e *entry) fromList(parts []json.RawMessage) (err error) {
	if len(parts) != 3 && len(parts) != 4 {
		return fmt.Errorf("it has %d elements, not step, layer, counts", len(parts))
	}
	if e.key.step, err = jsonInteger(parts[0], 0, math.MaxInt64); err != nil {
		return fmt.Errorf("its step: %w", err)
	}
	if e.key.layer, err = jsonInteger(parts[1], -1, maxID-1); err != nil {
		return fmt.Errorf("its layer: %w", err)
	}
	switch {
	case len(parts) == 4:
		return e.sparse(map[string]json.RawMessage{string(bytes.Trim(parts[2], `"`)): parts[3]})
	case parts[2][0] == '{':
		var counts map[string]json.RawMessage
		if err := json.Unmarshal(parts[2], &counts); err != nil {
			return err
		}
		return e.sparse(counts)
	}
	return e.list(parts[2])
}

func (e *entry) sparse(counts map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		expert, err := parseInteger(name)
		if err != nil || expert < 0 || expert >= maxID {
			return fmt.Errorf("%q is no expert", name)
		}
		n, err := jsonInteger(counts[name], 0, math.MaxInt64)
		if err != nil {
			return fmt.Errorf("the count of expert %d: %w", expert, err)
		}
		e.counts = append(e.counts, expertCount{expert, n})
	}
	slices.SortFunc(e.counts, func(a, b expertCount) int { return int(a.expert - b.expert) })
	return nil
}

func (e *entry) list(data json.RawMessage) error {
	var counts []json.RawMessage
	if err := json.Unmarshal(data, &counts); err != nil {
		return fmt.Errorf("its counts are no list")
	}
	if len(counts) == 0 || len(counts) > maxID {
		return fmt.Errorf("it lists %d experts", len(counts))
	}
	e.dense = true
	for i, raw := range counts {
		n, err := jsonInteger(raw, 0, math.MaxInt64)
		if err != nil {
			return fmt.Errorf("the count of expert %d: %w", i, err)
		}
		e.counts = append(e.counts, expertCount{int64(i), n})
	}
	return nil
}

// take appends an element that was read.
func (s *stepCounts) take(e entry) error {
	if e.err != nil {
		return e.err
	}
	if _, seen := s.spread[e.key]; seen {
		s.again++
	}
	if e.dense {
		s.uneven = s.uneven || s.width > 0 && s.width != int64(len(e.counts))
		s.width = max(s.width, int64(len(e.counts)))
	}
	for _, c := range e.counts {
		if err := s.put(e.key, c.expert, c.tokens); err != nil {
			return err
		}
	}
	return nil
}

func (s *stepCounts) finish(n *notes) *frames.Frame {
	if s.uneven {
		n.warn("", "its rows list different numbers of experts, up to %d; experts that a row does not list count as without tokens.", s.width)
	}
	if s.width > 0 && s.again > 0 {
		n.warn("Check that the file is not two recordings or two ranks in one.",
			"%s a step and layer; the counts are added up.", agree(s.again, "entry", "repeats", "repeat"))
	}
	return s.Frame()
}
