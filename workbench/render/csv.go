package render

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"

	"profilemate/workbench/result"
)

// CSV returns the data behind a chart, exactly: a row a point, bar or cell, with the
// units in the header. A missing value is an empty field. A chart without points has
// the header alone.
func CSV(c result.Chart) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	// Nothing can fail: the buffer takes all, and Flush reports only its errors.
	if c.Kind == result.HeatMap {
		writeHeatCSV(w, c)
	} else {
		writeSeriesCSV(w, c)
	}
	w.Flush()
	return out.Bytes()
}

func writeHeatCSV(w *csv.Writer, c result.Chart) {
	heat := c.Heat
	if heat == nil {
		heat = &result.Heat{}
	}
	_ = w.Write([]string{csvHeader(c.Y.Label, c.Y.Unit, "y"), csvHeader(c.X.Label, c.X.Unit, "x"), csvHeader(heat.Label, heat.Unit, "value")})
	rows, cols := heatSize(c)
	ys, xs := categorical(c.Y, rows), categorical(c.X, cols)
	for y, row := range heat.Values {
		for x, v := range row {
			_ = w.Write([]string{ys.Categories[y], xs.Categories[x], csvNumber(v)})
		}
	}
}

// writeSeriesCSV has a column of x where the points have places of their own, of
// categories where they stand at those, and of labels where any point has one.
func writeSeriesCSV(w *csv.Writer, c result.Chart) {
	labeled, most := false, 0
	for _, s := range c.Series {
		labeled = labeled || len(s.Labels) > 0
		most = max(most, len(s.Y))
	}
	header := []string{"series", csvHeader(c.X.Label, c.X.Unit, "x"), csvHeader(c.Y.Label, c.Y.Unit, "y")}
	if labeled {
		header = append(header, "label")
	}
	_ = w.Write(header)
	places := categorical(c.X, most)
	for _, s := range c.Series {
		for i, y := range s.Y {
			x := places.Categories[i]
			if i < len(s.X) {
				x = csvNumber(s.X[i])
			}
			row := []string{s.Name, x, csvNumber(y)}
			if labeled {
				label := ""
				if i < len(s.Labels) {
					label = s.Labels[i]
				}
				row = append(row, label)
			}
			_ = w.Write(row)
		}
	}
}

func csvHeader(label, unit, otherwise string) string {
	if label == "" {
		label = otherwise
	}
	if unit == "" {
		return label
	}
	return label + " [" + unit + "]"
}

func csvNumber(n result.Number) string {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
