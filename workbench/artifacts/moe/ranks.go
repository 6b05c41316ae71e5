package moe

import (
	"slices"

	"profilemate/frames"
)

// put adds a file's frame to the tables. Where an earlier rank's file has filled the
// table, the counts of both are added up.
func (r *recording) put(f *frames.Frame, n *notes) {
	i := slices.IndexFunc(r.frames, func(old *frames.Frame) bool { return old.Name() == f.Name() })
	if i < 0 {
		if f.Len() > 0 {
			r.frames = append(r.frames, f)
		}
		return
	}
	joined, err := r.join(r.frames[i], f)
	if err != nil {
		n.warn("", "it is left out: %v.", err)
		joined, _ = r.join(r.frames[i], frames.NewBuilder(f.Name(), f.Schema()).Frame())
	}
	r.frames[i] = joined
}

// join adds up two frames of one table and makes the sum what the recording says.
func (r *recording) join(a, b *frames.Frame) (*frames.Frame, error) {
	var silent notes // the files have been judged one by one
	switch form(a.Name()) {
	case stepsForm:
		sum := newStepCounts()
		sum.width = max(widest(a), widest(b))
		err := sum.addFrames(a, b)
		r.steps = sum
		return sum.Frame(), err
	case activationsForm:
		counts, err := addUp([]string{"layer", "expert"}, a, b)
		r.activations = newActivations()
		r.activations.tally = counts
		return r.activations.finish(&silent), err
	case coselectionForm:
		counts, err := addUp([]string{"layer", "expert_a", "expert_b"}, a, b)
		r.coselection = &coselection{tally: counts}
		return r.coselection.finish(&silent), err
	}
	counts, err := addUp([]string{"layer", "expert", "next_expert"}, a, b)
	return (&affinity{counts}).finish(&silent), err
}

// addUp adds the counts of frames by the named columns, two or three of them.
func addUp(names []string, list ...*frames.Frame) (tally, error) {
	sum := newTally()
	for _, f := range list {
		counts, layers, firsts, lasts := f.Ints("count"), f.Ints(names[0]), f.Ints(names[1]), f.Ints(names[len(names)-1])
		for i, n := range counts {
			k := key{layer: layers[i], a: firsts[i]}
			if len(names) == 3 {
				k.b = lasts[i]
			}
			if err := sum.add(k, n); err != nil {
				return sum, err
			}
		}
	}
	sum.repeated = 0 // one row of each rank is no repetition
	return sum, nil
}

// addFrames appends the rows of frames of the steps table.
func (s *stepCounts) addFrames(list ...*frames.Frame) error {
	for _, f := range list {
		layers, experts, counts := f.Ints("layer"), f.Ints("expert"), f.Ints("count")
		for i, step := range f.Ints("step") {
			if err := s.put(stepKey{step, layers[i]}, experts[i], counts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// widest returns the experts of a steps table whose entries list each of them, 0 where
// an expert is left out.
func widest(f *frames.Frame) int64 {
	experts := f.Ints("expert")
	if len(experts) == 0 {
		return 0
	}
	width := slices.Max(experts) + 1
	for i, e := range experts {
		if e != int64(i)%width {
			return 0
		}
	}
	return width
}
