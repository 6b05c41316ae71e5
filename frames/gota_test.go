package frames_test

import (
	"math"
	"strings"
	"testing"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"profilemate/frames"
)

func TestDataFrameKeepsValues(t *testing.T) {
	t.Parallel()
	b := frames.NewBuilder("t", frames.Schema{{Name: "i", Kind: frames.Int64}, {Name: "f", Kind: frames.Float64},
		{Name: "s", Kind: frames.String}, {Name: "b", Kind: frames.Bool}})
	b.Row(int64(1700000000000000001), 1e-7, "a,b", true)
	b.Row(nil, nil, nil, nil)
	b.Row(int64(math.MinInt64), math.Inf(1), "", false)
	f := b.Frame()
	df, err := f.DataFrame()
	if err != nil {
		t.Fatal(err)
	}
	if v, err := df.Col("i").Elem(0).Int(); v != 1700000000000000001 || err != nil {
		t.Errorf("the integer is %d, %v", v, err)
	}
	for _, name := range df.Names() {
		if !df.Col(name).Elem(1).IsNA() {
			t.Errorf("column %s: the missing value is %v", name, df.Col(name).Elem(1))
		}
	}
	back, err := frames.FromDataFrame("t", df)
	if err != nil {
		t.Fatal(err)
	}
	same(t, back, f)
}

func TestDataFrameBounds(t *testing.T) {
	t.Parallel()
	empty, err := frames.Empty("e", kernels().Schema()).DataFrame()
	if err != nil {
		t.Fatal(err)
	}
	back, err := frames.FromDataFrame("e", empty)
	if err != nil || back.Len() != 0 || back.Width() != 4 {
		t.Errorf("an empty frame came back as %v, %v", back, err)
	}
	big := ints(make([]int64, frames.MaxDataFrameRows+1)...)
	if _, err := big.DataFrame(); err == nil || !strings.Contains(err.Error(), "100001 rows and at most 100000 fit") {
		t.Errorf("got %v", err)
	}
	if _, err := big.Head(frames.MaxDataFrameRows).DataFrame(); err != nil {
		t.Errorf("the most rows: %v", err)
	}
	if _, err := frames.Must(frames.New("n")).DataFrame(); err == nil {
		t.Error("a frame without columns became a DataFrame")
	}
}

func TestFromDataFrameErrors(t *testing.T) {
	t.Parallel()
	broken := dataframe.New(series.New([]int{1}, series.Int, "a")).Select([]string{"b"})
	if _, err := frames.FromDataFrame("t", broken); err == nil || !strings.Contains(err.Error(), `frame "t"`) {
		t.Errorf("got %v", err)
	}
	none, err := frames.FromDataFrame("t", dataframe.DataFrame{})
	if err != nil || none.Width() != 0 {
		t.Errorf("the zero DataFrame: %v, %v", none, err)
	}
}
