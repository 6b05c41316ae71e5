// Package change judges whether a figure of one set of runs differs from the same
// figure of another set by more than noise, and matches kernels of two runs.
//
// Durations of neighboring steps resemble each other, so that the error of a figure of
// one run comes from a block bootstrap or from the means of batches, never from the
// deviation over the root of the count. Where there are several runs, their spread is
// the error: it holds what no single run can show.
package change

import (
	"math"
	"math/rand/v2"
	"slices"

	"profilemate/workbench/trace"
)

// Figure is a number of one run with its error.
type Figure struct {
	Value float64 // NaN: missing
	Error float64 // standard error within the run; 0: counted and without error; NaN: not known
	Free  float64 // degrees of freedom of the error; 0 where that is 0 or NaN
}

// Exact is a figure that was counted: it has no error within its run.
func Exact(v float64) Figure { return Figure{Value: v} }

// Unsure is a figure of whose error nothing is known.
func Unsure(v float64) Figure { return Figure{Value: v, Error: math.NaN()} }

// fewest is how many values a run must have for an error to be told from them.
const fewest = 4

// resamples is how many series the bootstrap draws: the error of a standard error of
// 200 draws is 5 %.
const resamples = 200

// Bootstrap estimates a statistic of a series in order of time, with its error by the
// circular block bootstrap: series of as many values are put together from runs of
// neighbors drawn at random (with a fixed seed), and the deviation of their statistics
// is the error. rows picks the values by index, in any order, and may keep no reference.
// The length of the blocks comes from by, the values themselves. With less than 4
// values the error is not known.
func Bootstrap(by []float64, statistic func(rows []int) float64) Figure {
	n := len(by)
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	if n == 0 {
		return Unsure(math.NaN())
	}
	f := Unsure(statistic(rows))
	if n < fewest {
		return f
	}
	length := BlockLength(by)
	random := rand.New(rand.NewPCG(uint64(n), uint64(length)))
	values := make([]float64, resamples)
	for r := range values {
		Resample(random, rows, length)
		values[r] = statistic(rows)
	}
	f.Error, f.Free = deviation(values), float64(max(1, n/length-1))
	return f
}

// Resample fills rows with indexes of a series as long as it, drawn as runs of length
// neighbors; the last one is followed by the first.
func Resample(random *rand.Rand, rows []int, length int) {
	n := len(rows)
	for i := 0; i < n; {
		from := random.IntN(n)
		for j := 0; j < length && i < n; j++ {
			rows[i] = (from + j) % n
			i++
		}
	}
}

// BlockLength is twice the time over which values of a series resemble each other: one
// plus twice the sum of its autocorrelations, up to the first below 0.05. It is at
// least the cube root of their number, and at most a quarter of it, at least 1.
func BlockLength(values []float64) int {
	n := len(values)
	mean, sum := average(values), 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	most := max(1, n/4)
	together := 1.0
	for lag := 1; lag < most && sum > 0; lag++ {
		product := 0.0
		for i := lag; i < n; i++ {
			product += (values[i] - mean) * (values[i-lag] - mean)
		}
		if product < 0.05*sum {
			break
		}
		together += 2 * product / sum
	}
	return min(most, max(int(math.Ceil(2*together)), int(math.Cbrt(float64(n)))))
}

// batches is how many parts BatchMeans makes: enough for their spread to be told, each
// long enough to be nearly independent of the next.
const batches = 32

// BatchMeans is the mean of a series in order of time, with its error by the means of
// up to 32 batches of neighbors (non-overlapping). With less than 4 values the error is
// not known. An error that is 0 comes of values that are all alike.
func BatchMeans(values []int64) Figure {
	n := len(values)
	total := 0.0
	for _, v := range values {
		total += float64(v)
	}
	if n == 0 {
		return Unsure(math.NaN())
	}
	f := Unsure(total / float64(n))
	if n < fewest {
		return f
	}
	parts := min(batches, n)
	means := make([]float64, parts)
	for i := range means {
		part := values[i*n/parts : (i+1)*n/parts]
		for _, v := range part {
			means[i] += float64(v) / float64(len(part))
		}
	}
	f.Error, f.Free = deviation(means)/math.Sqrt(float64(parts)), float64(parts-1)
	return f
}

// MedianOf is the statistic of Bootstrap that is the median of values.
func MedianOf(values []float64) func(rows []int) float64 {
	picked := make([]float64, len(values))
	return func(rows []int) float64 { return trace.Median(pick(picked, values, rows)) }
}

// QuantileOf is the statistic that is the quantile p of values, 0 to 1.
func QuantileOf(values []float64, p float64) func(rows []int) float64 {
	picked := make([]float64, len(values))
	return func(rows []int) float64 {
		list := pick(picked, values, rows)
		slices.Sort(list)
		return list[min(len(list)-1, int(p*float64(len(list))))]
	}
}

// RatioOf is the statistic that is the sum of values over the sum of weights; the mean
// for nil.
func RatioOf(values, weights []float64) func(rows []int) float64 {
	return func(rows []int) float64 {
		above, below := 0.0, 0.0
		for _, row := range rows {
			above += values[row]
			if weights == nil {
				below++
			} else {
				below += weights[row]
			}
		}
		return above / below
	}
}

func pick(into, values []float64, rows []int) []float64 {
	into = into[:len(rows)]
	for i, row := range rows {
		into[i] = values[row]
	}
	return into
}

func average(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// deviation is that of a sample, NaN for less than two values.
func deviation(values []float64) float64 {
	if len(values) < 2 {
		return math.NaN()
	}
	mean, sum := average(values), 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(values)-1))
}
