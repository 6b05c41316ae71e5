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

	"profilemate/frames"
)

// Figure is a number of one run with its error.
type Figure struct {
	Value float64 // NaN: missing
	Error float64 // standard error within the run; 0: counted, without error; NaN: not known; +Inf: one value, which tells none
	Free  float64 // degrees of freedom of the error; 0 where that is 0 or NaN
}

// Exact is a figure that was counted: it has no error within its run.
func Exact(v float64) Figure { return Figure{Value: v} }

// Unsure is a figure of whose error nothing is known.
func Unsure(v float64) Figure { return Figure{Value: v, Error: math.NaN()} }

// Lone is a figure measured once, so that any change of it may be chance.
func Lone(v float64) Figure { return Figure{Value: v, Error: math.Inf(1)} }

// fewest is how many values a series must have to be resampled. The error of fewer is
// their deviation over the root of their number.
const fewest = 4

// resamples is how many series the bootstrap draws: the error of a standard error of
// 200 draws is 5 %.
const resamples = 200

// Bootstrap estimates a statistic of a series in order of time, with its error by the
// local block bootstrap (Paparoditis and Politis, 2002): series of as many values are put
// together from runs of neighbors, each drawn from around its place, since steps change
// their level over a run; the deviation of their statistics is the error. The seed is
// fixed. statistic gets the values by index, in any order, and keeps no reference. by are
// the values that tell how long the runs have to be. One value is a Lone figure; without
// any, the value is missing.
func Bootstrap(by []float64, statistic func(rows []int) float64) Figure {
	n := len(by)
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	if n == 0 {
		return Unsure(math.NaN())
	}
	f := Lone(statistic(rows))
	switch {
	case n == 1:
		return f
	case n < fewest:
		f.Error, f.Free = math.Abs(f.Value/average(by))*deviation(by)/math.Sqrt(float64(n)), float64(n-1)
		return f
	}
	length := BlockLength(by)
	random := rand.New(rand.NewPCG(uint64(n), uint64(length)))
	values := make([]float64, resamples)
	for r := range values {
		Resample(random, rows, length)
		values[r] = statistic(rows)
	}
	// Blocks drawn with replacement vary less than the series they stand for.
	blocks := float64(max(2, n/length))
	f.Error, f.Free = deviation(values)*math.Sqrt(blocks/(blocks-1)), blocks-1
	if f.Error < rounding*math.Abs(f.Value) {
		f.Error = 0
	}
	return f
}

// rounding is the error, as a part of a value, that sums of equal values have.
const rounding = 1e-9

// stretches is how many parts of a series count as of one level each.
const stretches = 8

// Resample fills rows with indexes of a series as long as it: runs of length neighbors,
// each drawn from within an eighth of the series around its place.
func Resample(random *rand.Rand, rows []int, length int) {
	n := len(rows)
	reach := max(length, n/stretches)
	for i := 0; i < n; {
		first := max(0, i-reach)
		last := max(first, min(i+reach, n-length))
		from := first + random.IntN(last-first+1)
		for j := 0; j < length && i < n; j++ {
			rows[i] = min(from+j, n-1)
			i++
		}
	}
}

// longestLag is the greatest lag that BlockLength looks at.
const longestLag = 200

// BlockLength is twice the time over which values of a series resemble each other beside
// its changes of level: one plus twice the sum of their autocorrelations, less the mean
// of each eighth, up to the first below 0.05. It is at least the cube root of their
// number, at most an eighth of it, and at least 1.
func BlockLength(values []float64) int {
	n := len(values)
	rest, sum := make([]float64, n), 0.0
	for part := range stretches {
		from, to := part*n/stretches, (part+1)*n/stretches
		mean := average(values[from:to])
		for i := from; i < to; i++ {
			rest[i] = values[i] - mean
			sum += rest[i] * rest[i]
		}
	}
	most := max(1, n/stretches)
	together := 1.0
	for lag := 1; lag < min(most, longestLag) && sum > 0; lag++ {
		product := 0.0
		for i := lag; i < n; i++ {
			product += rest[i] * rest[i-lag]
		}
		if product < 0.05*sum {
			break
		}
		together += 2 * product / sum
	}
	return min(most, max(int(math.Ceil(2*together)), int(math.Cbrt(float64(n)))))
}

// mostBatches is how many parts BatchMeans makes: enough for their spread to be told.
const mostBatches = 32

// BatchMeans is the mean of a series in order of time, with its error by the means of
// batches of neighbors: of 32, 16 and 8 batches those that show the largest error, since
// in batches that are too short neighbors resemble each other still. One value is a Lone
// figure; without any, the value is missing. An error that is 0 comes of values that are
// all alike.
func BatchMeans(values []int64) Figure {
	n := len(values)
	if n == 0 {
		return Unsure(math.NaN())
	}
	f := Lone(meanOf(values))
	if n == 1 {
		return f
	}
	parts := min(mostBatches, n)
	f.Error, f.Free = batchError(values, parts), float64(parts-1)
	for parts = parts / 2; parts >= stretches; parts /= 2 {
		if e := batchError(values, parts); e > f.Error {
			f.Error, f.Free = e, float64(parts-1)
		}
	}
	return f
}

func batchError(values []int64, parts int) float64 {
	n := len(values)
	means := make([]float64, parts)
	for i := range means {
		means[i] = meanOf(values[i*n/parts : (i+1)*n/parts])
	}
	return deviation(means) / math.Sqrt(float64(parts))
}

func meanOf(values []int64) float64 {
	total := 0.0
	for _, v := range values {
		total += float64(v)
	}
	return total / float64(len(values))
}

// MedianOf is the statistic of Bootstrap that is the median of values.
func MedianOf(values []float64) func(rows []int) float64 {
	picked := make([]float64, len(values))
	return func(rows []int) float64 {
		list := pick(picked, values, rows)
		slices.Sort(list)
		return frames.QuantileOf(list, 0.5)
	}
}

// QuantileOf is the statistic that is the quantile p of values, 0 to 1.
func QuantileOf(values []float64, p float64) func(rows []int) float64 {
	picked := make([]float64, len(values))
	return func(rows []int) float64 {
		list := pick(picked, values, rows)
		slices.Sort(list)
		return frames.QuantileOf(list, p)
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
