package launch

import "math"

// Reading gives a quantity of a launch by its row: NaN when it is missing.
type Reading func(row int) float64

// Column reads a column of the table of launches; each value is missing when the
// profile lacks the column.
func (p *Profile) Column(name string) Reading {
	c := p.launches.Column(name)
	if c == nil {
		return func(int) float64 { return math.NaN() }
	}
	return c.Float
}

// Metric reads a metric: of several names the first that the launch has. Load must
// have been given metrics that want the names.
func (p *Profile) Metric(names ...string) Reading {
	ids := p.launches.Column("launch")
	return func(row int) float64 {
		for _, name := range names {
			if v := p.metrics.Value(name, ids.Int(row)); !math.IsNaN(v) {
				return v
			}
		}
		return math.NaN()
	}
}

// Or reads r, and other where r is missing.
func (r Reading) Or(other Reading) Reading {
	return func(row int) float64 {
		if v := r(row); !math.IsNaN(v) {
			return v
		}
		return other(row)
	}
}

// Times reads r times factor.
func (r Reading) Times(factor float64) Reading {
	return func(row int) float64 { return r(row) * factor }
}

// Plus reads the sum of r and all others, missing when any is.
func (r Reading) Plus(others ...Reading) Reading {
	return func(row int) float64 {
		sum := r(row)
		for _, other := range others {
			sum += other(row)
		}
		return sum
	}
}

// Sum adds a quantity up over the kernel's launches: NaN when any lacks it.
func (k *Kernel) Sum(r Reading) float64 {
	sum := 0.0
	for _, row := range k.Rows {
		sum += r(row)
	}
	return sum
}

// Mean is the mean of a quantity, weighted by time, over the launches that have it:
// NaN when none has. Equal values have exactly their mean.
func (k *Kernel) Mean(r Reading) float64 {
	return k.MeanBy(r, nil)
}

// MeanBy is Mean weighted by another quantity, such as a hit rate by sectors. Where
// a launch that has the quantity lacks its weight, or all weights are 0, time
// weighs; nil does that too.
func (k *Kernel) MeanBy(r, weight Reading) float64 {
	weights := k.weights
	if weight != nil && k.weighable(r, weight) {
		weights = make([]float64, len(k.Rows))
		for i, row := range k.Rows {
			weights[i] = weight(row)
		}
	}
	mean, total := math.NaN(), 0.0
	for i, row := range k.Rows {
		v, w := r(row), weights[i]
		if math.IsNaN(v) || !(w > 0) {
			continue
		}
		if total += w; total == w {
			mean = v
			continue
		}
		mean += (v - mean) * w / total
	}
	return mean
}

func (k *Kernel) weighable(r, weight Reading) bool {
	sum := 0.0
	for _, row := range k.Rows {
		if !math.IsNaN(r(row)) {
			sum += weight(row)
		}
	}
	return sum > 0
}

// Same is the value that all launches which have the quantity agree on: NaN when
// none has it or they differ.
func (k *Kernel) Same(r Reading) float64 {
	same := math.NaN()
	for _, row := range k.Rows {
		switch v := r(row); {
		case math.IsNaN(v), v == same:
		case math.IsNaN(same):
			same = v
		default:
			return math.NaN()
		}
	}
	return same
}

// Spread is the mean of a quantity over the launches that have it, each weighing
// alike, its sample standard deviation and their number. The deviation is NaN of less
// than two, the mean of none.
func (k *Kernel) Spread(r Reading) (mean, deviation float64, n int) {
	mean = math.NaN()
	squares := 0.0
	for _, row := range k.Rows {
		v := r(row)
		if math.IsNaN(v) {
			continue
		}
		if n++; n == 1 {
			mean = v
			continue
		}
		off := v - mean
		mean += off / float64(n)
		squares += off * (v - mean)
	}
	if n < 2 {
		return mean, math.NaN(), n
	}
	return mean, math.Sqrt(squares / float64(n-1)), n
}
