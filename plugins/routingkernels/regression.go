package routingkernels

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// predictor is one thing that the time may go with.
type predictor struct {
	name  string
	label string // as the subject of a sentence
	unit  string // what one more of it is, in sentences
	of    func(pair) float64
}

func predictors() []predictor {
	return []predictor{
		{"tokens", "The number of tokens", "token", func(p pair) float64 { return float64(p.stepTokens()) }},
		{"distinct_experts", "The number of distinct experts", "distinct expert", func(p pair) float64 { return float64(p.recorded.distinct) }},
		{"max_over_mean", "Max/mean", "unit of max/mean", func(p pair) float64 { return p.recorded.overMean }},
	}
}

// term is one predictor of a regression.
type term struct {
	predictor
	mean        float64
	length      float64 // of its centered column
	coefficient float64 // ns for one more
	deviation   float64 // standard error, ns; NaN without degrees of freedom
	vif         float64
}

// t is the coefficient over its standard error; NaN where that is 0 or unknown.
func (t term) t() float64 {
	if !(t.deviation > 0) {
		return math.NaN()
	}
	return t.coefficient / t.deviation
}

// regression is least squares of MoE time on the terms.
type regression struct {
	terms        []term
	left         []dropped
	intercept    float64 // ns
	interceptErr float64
	steps        int
	r2, adjusted float64 // NaN where all times are the same
	residual     float64 // deviation of what is left, ns; NaN without degrees of freedom
	fitted       []float64
}

// dropped is a predictor that says nothing of its own.
type dropped struct {
	predictor
	constant bool    // it has one value, in all steps; otherwise the others determine it
	value    float64 // that value
	unknown  bool    // some step does not tell it
}

// freedom is how many steps there are beyond those that the coefficients use up.
func (r *regression) freedom() int { return r.steps - len(r.terms) - 1 }

// p is the probability that chance alone gives a t as far from 0, of Student's
// distribution; NaN where t is not known.
func (r *regression) p(t float64) float64 {
	if math.IsNaN(t) || r.freedom() < 1 {
		return math.NaN()
	}
	return digits(2*distuv.StudentsT{Sigma: 1, Nu: float64(r.freedom())}.Survival(math.Abs(t)), 6)
}

// Columns whose part of their own, once the ones before are taken out, is smaller than
// this share of their squares are determined by those; a fit that leaves a smaller
// share of the squares of the times is exact.
const (
	own   = 1e-9
	exact = 1e-18
)

// fit regresses the times of the steps on the predictors. It is nil with fewer than
// three steps.
func fit(pairs []pair) *regression {
	n := len(pairs)
	if n < 3 {
		return nil
	}
	r := &regression{steps: n}
	y := make([]float64, n)
	for i, p := range pairs {
		y[i] = float64(p.moe)
	}
	columns := r.choose(pairs)
	r.solve(columns, y)
	return r
}

// choose takes the predictors that say something of their own, in order, and returns
// their columns, centered and of length 1.
func (r *regression) choose(pairs []pair) (columns [][]float64) {
	var basis [][]float64
	for _, p := range predictors() {
		raw := make([]float64, len(pairs))
		told := true
		for i, one := range pairs {
			raw[i] = p.of(one)
			told = told && raw[i] >= 0
		}
		mean := stat.Mean(raw, nil)
		column := centered(raw, mean)
		size := dot(column, column)
		switch {
		case !told:
			r.left = append(r.left, dropped{predictor: p, unknown: true})
			continue
		case size <= own*own*dot(raw, raw):
			r.left = append(r.left, dropped{predictor: p, constant: true, value: mean})
			continue
		}
		rest := append([]float64(nil), column...)
		for _, b := range basis {
			share := dot(rest, b)
			for i := range rest {
				rest[i] -= share * b[i]
			}
		}
		left := dot(rest, rest)
		if left <= own*size || len(r.terms)+2 >= len(pairs) {
			r.left = append(r.left, dropped{predictor: p})
			continue
		}
		shorten(rest, math.Sqrt(left))
		basis = append(basis, rest)
		r.terms = append(r.terms, term{predictor: p, mean: mean, length: math.Sqrt(size)})
		shorten(column, math.Sqrt(size))
		columns = append(columns, column)
	}
	return columns
}

// solve fits centered times to the columns by QR, and takes the variances from the
// inverse of their correlations, whose diagonal is the variance inflation.
func (r *regression) solve(columns [][]float64, y []float64) {
	mean := stat.Mean(y, nil)
	times := centered(y, mean)
	k := len(columns)
	r.fitted = make([]float64, len(y))
	inverse, coefficients := mat.NewDense(max(k, 1), max(k, 1), nil), make([]float64, k)
	if k > 0 {
		design := mat.NewDense(len(y), k, nil)
		for j, c := range columns {
			design.SetCol(j, c)
		}
		var b mat.Dense
		if err := b.Solve(design, mat.NewDense(len(y), 1, times)); err == nil || isCondition(err) {
			coefficients = mat.Col(nil, 0, &b)
		}
		var correlations mat.Dense
		correlations.Mul(design.T(), design)
		if err := inverse.Inverse(&correlations); err != nil && !isCondition(err) {
			inverse.Zero()
		}
	}
	rest := append([]float64(nil), times...)
	for j, c := range columns {
		for i := range rest {
			rest[i] -= coefficients[j] * c[i]
		}
	}
	r.judge(times, rest, mean, coefficients, inverse)
	for i := range r.fitted {
		r.fitted[i] = y[i] - rest[i]
	}
}

// isCondition reports whether an error only warns of a high condition number, which the
// variance inflation tells as well.
func isCondition(err error) bool {
	var condition mat.Condition
	return errors.As(err, &condition)
}

// judge turns the solution back into the predictors' units.
func (r *regression) judge(times, rest []float64, mean float64, coefficients []float64, inverse *mat.Dense) {
	total, left := dot(times, times), dot(rest, rest)
	if left <= exact*total {
		left = 0
	}
	variance := math.NaN()
	r.r2, r.adjusted = math.NaN(), math.NaN()
	if free := float64(r.freedom()); free > 0 {
		variance = left / free
		r.adjusted = digits(1-variance/(total/float64(r.steps-1)), 9)
	}
	r.residual = digits(math.Sqrt(variance), 9)
	if total > 0 {
		r.r2 = digits(1-left/total, 9)
	}
	atZero := 1 / float64(r.steps) // variance of the intercept, over that of the rest
	r.intercept = mean
	for j := range r.terms {
		t := &r.terms[j]
		for m := range r.terms {
			other := &r.terms[m]
			atZero += t.mean / t.length * inverse.At(j, m) * other.mean / other.length
		}
		t.coefficient = coefficients[j] / t.length
		r.intercept -= t.coefficient * t.mean
		t.coefficient = digits(t.coefficient, 9)
		t.deviation = digits(math.Sqrt(variance*inverse.At(j, j))/t.length, 9)
		t.vif = digits(inverse.At(j, j), 6)
	}
	r.intercept, r.interceptErr = digits(r.intercept, 9), digits(math.Sqrt(variance*atZero), 9)
}

func centered(values []float64, mean float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v - mean
	}
	return out
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// shorten divides a column by its length.
func shorten(column []float64, length float64) {
	for i := range column {
		column[i] /= length
	}
}

// digits rounds to so many significant digits: what lies below differs between
// processors.
func digits(v float64, n int) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	unit := math.Pow(10, float64(n-1)-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*unit) / unit
}
