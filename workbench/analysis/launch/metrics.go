package launch

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// Metrics holds the values of the metrics that an analysis wants, by launch. A full
// set has two thousand metrics a launch, of which an analysis keeps a few dozen.
type Metrics struct {
	want   func(name string) bool
	values map[string]map[int64]float64 // by name, then by launch

	// Columns of values by the codes of the dictionary of the last batch, nil for a
	// metric that is not wanted.
	dictionary *frames.Dictionary
	columns    []map[int64]float64
}

// NewMetrics returns an empty collection of the metrics that want accepts.
func NewMetrics(want func(name string) bool) *Metrics {
	return &Metrics{want: want, values: map[string]map[int64]float64{}}
}

// Scan takes a batch of the table metrics. A metric that is text is left out.
func (m *Metrics) Scan(b *frames.Batch) error {
	launches, names, values := b.Column("launch"), b.Column("metric"), b.Column("value")
	if launches == nil || names == nil || values == nil {
		return fmt.Errorf("reading metrics: the table lacks one of launch, metric and value")
	}
	m.learn(names.Dictionary())
	for i, code := range names.Codes() {
		if int(code) >= len(m.columns) || m.columns[code] == nil || names.IsNull(i) {
			continue
		}
		if v := values.Float(i); !math.IsNaN(v) {
			m.columns[code][launches.Int(i)] = v
		}
	}
	return nil
}

// learn looks up the names that it has not seen.
func (m *Metrics) learn(d *frames.Dictionary) {
	if d != m.dictionary {
		m.dictionary, m.columns = d, nil
	}
	for code := len(m.columns); code < d.Len(); code++ {
		name := d.String(int32(code))
		if !m.want(name) {
			m.columns = append(m.columns, nil)
			continue
		}
		if m.values[name] == nil {
			m.values[name] = map[int64]float64{}
		}
		m.columns = append(m.columns, m.values[name])
	}
}

// Merge adds what was gathered from the rows after this one's.
func (m *Metrics) Merge(after *Metrics) {
	for name, values := range after.values {
		if m.values[name] == nil {
			m.values[name] = map[int64]float64{}
		}
		maps.Copy(m.values[name], values)
	}
}

// Value returns a metric of a launch: NaN when it is missing. Nil metrics have none.
func (m *Metrics) Value(name string, launch int64) float64 {
	if m != nil {
		if v, ok := m.values[name][launch]; ok {
			return v
		}
	}
	return math.NaN()
}

// Names returns the wanted metrics that any launch has, sorted.
func (m *Metrics) Names() []string {
	var names []string
	for name, values := range m.values {
		if len(values) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// NewFold returns a fold that gathers metrics and then runs. The table metrics must
// be the only one that the analysis streams.
func NewFold(want func(name string) bool, run func(context.Context, analysis.Inputs, *Metrics) (*result.Result, error)) analysis.Fold {
	return &fold{metrics: NewMetrics(want), run: run}
}

type fold struct {
	metrics *Metrics
	run     func(context.Context, analysis.Inputs, *Metrics) (*result.Result, error)
}

// Scan implements analysis.Fold.
func (f *fold) Scan(_, _ string, b *frames.Batch) error { return f.metrics.Scan(b) }

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) error {
	other, ok := after.(*fold)
	if !ok {
		return fmt.Errorf("merging metrics: the other fold is a %T", after)
	}
	f.metrics.Merge(other.metrics)
	return nil
}

// Finish implements analysis.Fold.
func (f *fold) Finish(ctx context.Context, in analysis.Inputs) (*result.Result, error) {
	return f.run(ctx, in, f.metrics)
}
