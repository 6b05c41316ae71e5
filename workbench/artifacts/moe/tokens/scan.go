package tokens

import (
	"context"
	"math"

	"golang.org/x/sync/errgroup"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
)

// scanTokens delivers the choices of each token, each worker a run of tokens.
func (a *artifact) scanTokens(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	routes, err := a.routing(ctx, r.Progress)
	if err != nil {
		return err
	}
	n, workers := a.recording.tokens(), max(r.Workers, 1)
	phases := frames.NewDictionary()
	codes := [2]int32{phases.Code("prompt"), phases.Code("output")}
	g, ctx := errgroup.WithContext(ctx)
	for worker := range workers {
		from, to := n*worker/workers, n*(worker+1)/workers
		g.Go(func() error {
			o := &rows{recording: a.recording, routes: routes, schema: schemaOf(tokensTable), phases: phases, codes: codes,
				emit: func(b *frames.Batch) error { return emit(worker, b) }, ints: map[string][]int64{}}
			if r.Columns != nil {
				o.schema, _ = o.schema.Select(r.Columns...) // checked by Scan
			}
			return o.scan(ctx, from, to)
		})
	}
	return g.Wait()
}

// routing says which layers have rows. With top-1 only counting tells a dense layer from
// one that chose expert 0; else its rows show it.
func (a *artifact) routing(ctx context.Context, progress func(done, total int64)) ([]bool, error) {
	routes := make([]bool, a.recording.shape.Layers)
	if a.recording.shape.TopK > 1 {
		for l := range routes {
			routes[l] = true
		}
		return routes, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c, err := a.count(ctx, a.recording.meter(a.passes(tokensTable), progress))
	if err != nil {
		return nil, err
	}
	for _, l := range c.layers {
		routes[l] = true
	}
	return routes, nil
}

// rows gathers the rows of one worker's tokens into batches.
type rows struct {
	recording *recording
	routes    []bool
	schema    frames.Schema // of the wanted columns
	phases    *frames.Dictionary
	codes     [2]int32 // of prompt and output
	emit      func(*frames.Batch) error

	ints   map[string][]int64
	phase  []int32
	none   []bool // phase is not known
	weight []float64
	absent []bool // weight is not known
}

func (o *rows) scan(ctx context.Context, from, to int) error {
	var b ids
	width, k := o.recording.shape.Width(), o.recording.shape.TopK
	err := o.recording.each(ctx, from, to, &b, func(s *segment, at int) error {
		for t := range b.len() / width {
			for l := range o.recording.shape.Layers {
				if o.routes[l] && b.counts(t*width+l*k, k) {
					o.add(s, &b, at+t, l, t*width+l*k)
				}
			}
			if len(o.none)+width > frames.BatchRows {
				if err := o.flush(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		err = o.flush()
	}
	return err
}

// len is the number of ids.
func (b *ids) len() int { return max(len(b.narrow), len(b.wide)) }

// counts reports whether the row of k ids from at on is a choice; see routing.Count.
func (b *ids) counts(at, k int) bool {
	all := int64(0)
	for i := range k {
		id, ok := b.id(at + i)
		if !ok {
			return false
		}
		all |= id
	}
	return all != 0 || k == 1
}

// add appends the rows of one token and layer.
func (o *rows) add(s *segment, b *ids, token, layer, at int) {
	position := s.first + int64(token)
	for i := range o.recording.shape.TopK {
		id, _ := b.id(at + i)
		for _, f := range o.schema {
			switch f.Name {
			case "request":
				o.ints[f.Name] = append(o.ints[f.Name], s.request)
			case "position":
				o.ints[f.Name] = append(o.ints[f.Name], position)
			case "layer":
				o.ints[f.Name] = append(o.ints[f.Name], o.recording.layers[layer])
			case "rank":
				o.ints[f.Name] = append(o.ints[f.Name], int64(i))
			case "expert":
				o.ints[f.Name] = append(o.ints[f.Name], id)
			case "weight":
				o.addWeight(b, at+i)
			case "phase":
				o.phase = append(o.phase, o.phaseOf(s, position))
			}
		}
		o.none = append(o.none, s.prompt < 0)
	}
}

func (o *rows) addWeight(b *ids, at int) {
	w := math.NaN()
	if b.weights != nil {
		w = float64(b.weights[at])
	}
	absent := math.IsNaN(w) || math.IsInf(w, 0)
	if absent {
		w = 0
	}
	o.weight, o.absent = append(o.weight, w), append(o.absent, absent)
}

func (o *rows) phaseOf(s *segment, position int64) int32 {
	if position < s.prompt {
		return o.codes[0]
	}
	return o.codes[1]
}

// flush delivers the rows so far.
func (o *rows) flush() error {
	if len(o.none) == 0 {
		return nil
	}
	var columns []frames.Column
	for _, f := range o.schema {
		switch f.Name {
		case "phase":
			columns = append(columns, frames.CodeColumn(f, o.phase, o.phases, o.none))
		case "weight":
			columns = append(columns, frames.FloatColumn(f, o.weight, o.absent))
		default:
			columns = append(columns, frames.IntColumn(f, o.ints[f.Name], nil))
		}
	}
	batch, err := frames.New(tokensTable, columns...)
	if err != nil {
		return err
	}
	if err := o.emit(batch); err != nil {
		return err
	}
	for name := range o.ints {
		o.ints[name] = o.ints[name][:0]
	}
	o.phase, o.none, o.weight, o.absent = o.phase[:0], o.none[:0], o.weight[:0], o.absent[:0]
	return nil
}
