package frames_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"profilemate/frames"
)

func ExampleBuilder() {
	b := frames.NewBuilder("copies", frames.Schema{
		{Name: "kind", Kind: frames.String},
		{Name: "bytes", Kind: frames.Int64, Unit: "B"},
	})
	b.Row("HtoD", 4096)
	b.Row("DtoH", nil) // missing, not zero
	show(b.Frame())
	// Output:
	// kind | bytes [B]
	// HtoD | 4096
	// DtoH | -
}

func ExampleFrame_Filter() {
	f := kernels()
	time := f.Column("time")
	show(f.Filter(func(row int) bool { return !time.IsNull(row) && time.Int(row) > 110 }))
	// Output:
	// name | stream | time [ns] | occupancy [%]
	// gemm | 7 | 900 | 62.5
	// gemm | 13 | 1100 | 50
	// softmax | 7 | 120 | 37.5
}

func ExampleFrame_DropMissing() {
	f, err := kernels().DropMissing("time")
	fmt.Println(f.Len(), err)
	_, err = kernels().DropMissing("duration")
	fmt.Println(err)
	// Output:
	// 4 <nil>
	// frame "kernels": no column "duration" (there are: name, stream, time, occupancy)
}

func ExampleFrame_WhereString() {
	f, err := kernels().WhereString("name", "matches", "^(top|soft)")
	if err != nil {
		fmt.Println(err)
		return
	}
	show(f)
	// Output:
	// name | stream | time [ns] | occupancy [%]
	// softmax | 7 | 100 | 25
	// topk | 13 | - | -
	// softmax | 7 | 120 | 37.5
}

func ExampleFrame_WhereInt() {
	f, err := kernels().WhereInt("time", "<=", 120)
	fmt.Println(f.Strings("name"), err)
	// Output: [softmax softmax] <nil>
}

func ExampleFrame_WhereFloat() {
	f, err := kernels().WhereFloat("occupancy", ">", 30)
	fmt.Println(f.Strings("occupancy"), err)
	// Output: [62.5 50 37.5] <nil>
}

func ExampleFrame_WhereBool() {
	f := frames.Must(frames.New("t", frames.BoolColumn(frames.Field{Name: "graph"}, []bool{true, false, true}, nil)))
	in, err := f.WhereBool("graph", true)
	fmt.Println(in.Len(), err)
	// Output: 2 <nil>
}

func ExampleFrame_Sort() {
	f, err := kernels().Sort("name", "-time")
	if err != nil {
		fmt.Println(err)
		return
	}
	show(f)
	// Output:
	// name | stream | time [ns] | occupancy [%]
	// gemm | 13 | 1100 | 50
	// gemm | 7 | 900 | 62.5
	// softmax | 7 | 120 | 37.5
	// softmax | 7 | 100 | 25
	// topk | 13 | - | -
}

func ExampleFrame_Order() {
	rows, err := kernels().Order("-time")
	fmt.Println(rows, err)
	// Output: [2 0 4 1 3] <nil>
}

func ExampleFrame_GroupBy() {
	f, err := kernels().GroupBy("name").Aggregate(
		frames.Agg{Op: frames.Count, As: "launches"},
		frames.Agg{Op: frames.Sum, Column: "time", As: "total"},
		frames.Agg{Op: frames.Median, Column: "time"},
		frames.Agg{Op: frames.StdDev, Column: "time"},
		frames.Agg{Op: frames.Max, Column: "occupancy"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	show(f)
	// Output:
	// name | launches | total [ns] | time_median [ns] | time_stddev [ns] | occupancy_max [%]
	// gemm | 2 | 2000 | 1000 | 141.4213562373095 | 62.5
	// softmax | 2 | 220 | 110 | 14.142135623730951 | 37.5
	// topk | 1 | - | - | - | -
}

func ExampleGrouping_Aggregate() {
	// Without columns all rows are one group.
	f, err := kernels().GroupBy().Aggregate(frames.Agg{Op: frames.Quantile, Column: "time", P: 0.95})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(f)
	// Output:
	// time_p95 [ns]
	// 1070
}

func ExampleGrouping_Len() {
	fmt.Println(kernels().GroupBy("name", "stream").Len())
	// Output: 4
}

func ExampleFrame_Distinct() {
	f, err := kernels().Distinct("stream")
	fmt.Println(f.Strings("name"), err)
	// Output: [gemm gemm] <nil>
}

// families is what the example of Join adds to the kernels.
func families() *frames.Frame {
	b := frames.NewBuilder("families", frames.Schema{{Name: "name", Kind: frames.String}, {Name: "family", Kind: frames.String}})
	b.Row("gemm", "matmul")
	b.Row("topk", "routing")
	return b.Frame()
}

func ExampleFrame_Join() {
	f, err := kernels().Join(families(), "name")
	if err != nil {
		fmt.Println(err)
		return
	}
	show(frames.Must(f.Select("name", "family", "time")))
	// Output:
	// name | family | time [ns]
	// gemm | matmul | 900
	// gemm | matmul | 1100
	// topk | routing | -
}

func ExampleFrame_LeftJoin() {
	f, err := kernels().LeftJoin(families(), "name")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Len(), f.Column("family").Value(1))
	// Output: 5 <nil>
}

func ExampleConcat() {
	f, err := frames.Concat("both ranks", kernels(), kernels())
	fmt.Println(f.Name(), f.Len(), err)
	// Output: both ranks 10 <nil>
}

func ExampleFrame_Rename() {
	f, err := kernels().Rename("time", "duration")
	fmt.Println(f.Schema().Names(), err)
	// Output: [name stream duration occupancy] <nil>
}

func ExampleFrame_Select() {
	show(frames.Must(kernels().Select("time", "name")).Head(1))
	// Output:
	// time [ns] | name
	// 900 | gemm
}

func ExampleFrame_WithColumn() {
	f := kernels()
	us := make([]float64, f.Len())
	for i, ns := range f.Ints("time") {
		us[i] = float64(ns) / 1e3
	}
	f, err := f.WithColumn(frames.FloatColumn(frames.Field{Name: "time", Unit: "µs"}, us, f.Column("time").Nulls()))
	if err != nil {
		fmt.Println(err)
		return
	}
	show(f.Head(1))
	// Output:
	// name | stream | time [µs] | occupancy [%]
	// gemm | 7 | 0.9 | 62.5
}

func ExampleFrame_Take() {
	fmt.Println(kernels().Take([]int{3, 0, 3}).Strings("name"))
	// Output: [topk gemm topk]
}

func ExampleFrame_Slice() {
	fmt.Println(kernels().Slice(3, 99).Strings("name"))
	// Output: [topk softmax]
}

func ExampleFrame_Batches() {
	for batch := range kernels().Batches(2) {
		fmt.Println(batch.Strings("name"))
	}
	// Output:
	// [gemm softmax]
	// [gemm topk]
	// [softmax]
}

func ExampleFrame_WriteCSV() {
	if err := kernels().WriteCSV(os.Stdout, frames.CSVOptions{Units: true}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// name,stream,time [ns],occupancy [%]
	// gemm,7,900,62.5
	// softmax,7,100,25
	// gemm,13,1100,50
	// topk,13,,
	// softmax,7,120,37.5
}

func ExampleReadCSV() {
	f, err := frames.ReadCSV(strings.NewReader("name,time [ns]\ngemm,900\ntopk,\n"), "kernels", frames.CSVOptions{Units: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(f)
	// Output:
	// name | time [ns]
	// gemm | 900
	// topk | -
}

func ExampleFrame_WriteArrow() {
	var file bytes.Buffer
	if err := kernels().WriteArrow(&file); err != nil {
		fmt.Println(err)
		return
	}
	back, err := frames.ReadArrow(bytes.NewReader(file.Bytes()), int64(file.Len()))
	fmt.Println(back.Len(), back.Schema()[2], back.Schema()[2].Doc, err)
	// Output: 5 time [ns] time on the GPU <nil>
}

func ExampleOpenArrow() {
	var file bytes.Buffer
	if err := kernels().WriteArrow(&file); err != nil {
		fmt.Println(err)
		return
	}
	a, err := frames.OpenArrow(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := a.Rows(1, 3)
	fmt.Println(a.Len(), page.Strings("name"), err)
	// Output: 5 [softmax gemm] <nil>
}

func ExampleFrame_DataFrame() {
	df, err := kernels().DataFrame()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(df.Select([]string{"name", "time"}))
	// Output:
	// [5x2] DataFrame
	//
	//     name     time
	//  0: gemm     900
	//  1: softmax  100
	//  2: gemm     1100
	//  3: topk     NaN
	//  4: softmax  120
	//     <string> <int>
}

func ExampleFromDataFrame() {
	df, err := kernels().DataFrame()
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := frames.FromDataFrame("named", df.Select([]string{"name", "time"}))
	fmt.Println(f.Name(), f.Len(), f.Column("time").IsNull(3), err)
	// Output: named 5 true <nil>
}

func ExampleQuantileOf() {
	fmt.Println(frames.QuantileOf([]float64{10, 20, 30, 40}, 0.5))
	// Output: 25
}

func ExampleQuantileOfInts() {
	fmt.Println(frames.QuantileOfInts([]int64{10, 20, 30, 40, 50}, 0.9))
	// Output: 46
}

func ExampleStdDevOf() {
	fmt.Println(frames.StdDevOf([]float64{7, 9, 11}), frames.StdDevOf([]float64{7}))
	// Output: 2 0
}
