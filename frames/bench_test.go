package frames_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"profilemate/frames"
)

const benchRows = 1_000_000

// launches is a table of kernel launches: 300 names, drawn unevenly, 8 streams.
func launches(rows int) *frames.Frame {
	rng := seeded(7)
	names, streams := make([]string, rows), make([]int64, rows)
	starts, times, occupancy := make([]int64, rows), make([]int64, rows), make([]float64, rows)
	at := int64(1_700_000_000_000_000_000)
	for i := range rows {
		names[i] = fmt.Sprintf("void kernel_%d<float, 4>", int(300*math.Pow(rng.Float64(), 3)))
		streams[i] = int64(rng.IntN(8))
		times[i] = 1000 + int64(rng.ExpFloat64()*5000)
		at += times[i] + rng.Int64N(500)
		starts[i], occupancy[i] = at, rng.Float64()
	}
	return frames.Must(frames.New("launches", frames.StringColumn(frames.Field{Name: "name"}, names, nil),
		frames.IntColumn(frames.Field{Name: "stream"}, streams, nil), frames.IntColumn(frames.Field{Name: "start", Unit: "ns"}, starts, nil),
		frames.IntColumn(frames.Field{Name: "time", Unit: "ns"}, times, nil), frames.FloatColumn(frames.Field{Name: "occupancy"}, occupancy, nil)))
}

func measure(b *testing.B, run func() error) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := run(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkFilter(b *testing.B) {
	f := launches(benchRows)
	b.Run("int", func(b *testing.B) {
		measure(b, func() error { _, err := f.WhereInt("time", ">", 5000); return err })
	})
	b.Run("string", func(b *testing.B) {
		measure(b, func() error { _, err := f.WhereString("name", "contains", "_1"); return err })
	})
}

func BenchmarkSort(b *testing.B) {
	f := launches(benchRows)
	for name, keys := range map[string][]string{"int": {"-time"}, "float": {"occupancy"}, "string and int": {"name", "-time"}} {
		b.Run(name, func(b *testing.B) {
			measure(b, func() error { _, err := f.Sort(keys...); return err })
		})
	}
}

var seven = []frames.Agg{{Op: frames.Count}, {Op: frames.Sum, Column: "time"}, {Op: frames.Mean, Column: "time"},
	{Op: frames.Min, Column: "time"}, {Op: frames.Max, Column: "time"}, {Op: frames.Median, Column: "time"}, {Op: frames.StdDev, Column: "time"}}

// BenchmarkGroup groups by name with seven statistics, here and in gota on the same
// rows, which it gets as two columns since it copies all others too.
func BenchmarkGroup(b *testing.B) {
	f := launches(benchRows)
	b.Run("frames", func(b *testing.B) {
		measure(b, func() error { _, err := f.GroupBy("name").Aggregate(seven...); return err })
	})
	b.Run("frames two keys", func(b *testing.B) {
		measure(b, func() error { _, err := f.GroupBy("name", "stream").Aggregate(seven...); return err })
	})
	b.Run("frames many groups", func(b *testing.B) {
		measure(b, func() error { _, err := f.GroupBy("start").Aggregate(seven[:5]...); return err })
	})
	b.Run("gota", func(b *testing.B) {
		times := make([]int, f.Len())
		for i, t := range f.Ints("time") {
			times[i] = int(t)
		}
		df := dataframe.New(series.New(f.Strings("name"), series.String, "name"), series.New(times, series.Int, "time"))
		all := []dataframe.AggregationType{dataframe.Aggregation_COUNT, dataframe.Aggregation_SUM, dataframe.Aggregation_MEAN,
			dataframe.Aggregation_MIN, dataframe.Aggregation_MAX, dataframe.Aggregation_MEDIAN, dataframe.Aggregation_STD}
		columns := []string{"time", "time", "time", "time", "time", "time", "time"}
		measure(b, func() error { return df.GroupBy("name").Aggregation(all, columns).Err })
	})
}

func BenchmarkJoin(b *testing.B) {
	f := launches(benchRows)
	right, err := f.GroupBy("name").Aggregate(frames.Agg{Op: frames.Sum, Column: "time", As: "total"})
	if err != nil {
		b.Fatal(err)
	}
	measure(b, func() error { _, err := f.Join(right, "name"); return err })
}

func BenchmarkCSV(b *testing.B) {
	f := launches(benchRows)
	var text bytes.Buffer
	if err := f.WriteCSV(&text, frames.CSVOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		measure(b, func() error { return f.WriteCSV(io.Discard, frames.CSVOptions{}) })
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		measure(b, func() error {
			_, err := frames.ReadCSV(bytes.NewReader(text.Bytes()), "launches", frames.CSVOptions{})
			return err
		})
	})
}

func BenchmarkArrow(b *testing.B) {
	f := launches(benchRows)
	data := arrowBytes(b, f)
	b.Run("write", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		measure(b, func() error { return f.WriteArrow(io.Discard) })
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		measure(b, func() error { _, err := readArrow(data); return err })
	})
	b.Run("page of 100", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a, err := frames.OpenArrow(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := a.Rows(500_000, 500_100); err != nil {
				b.Fatal(err)
			}
		}
	})
}
