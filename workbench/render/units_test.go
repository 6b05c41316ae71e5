package render_test

import (
	"encoding/json"
	"testing"

	"profilemate/workbench/render"
)

// The golden file says in which unit a value is shown; the page's tests hold the page
// to it.
func TestScaleUnitLikeThePage(t *testing.T) {
	t.Parallel()
	type scaled struct {
		Unit   string
		Value  float64
		Factor float64
		Shown  string
	}
	var list []scaled
	for _, unit := range []string{"ns", "s", "B", "B/s", "FLOP", "FLOP/s", "OP/s", "Hz", "bit", "inst", "W", "J", "%", "FLOP/B", "1/s", "block", ""} {
		for _, value := range []float64{0, 3e-9, 0.5, 1, 999, 1000, 12_345, -2e6, 1e9, 5e12, 7e18} {
			factor, shown := render.ScaleUnit(unit, value)
			list = append(list, scaled{unit, value, factor, shown})
		}
	}
	text, err := json.MarshalIndent(list, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "units.json", append(text, '\n'))
}
