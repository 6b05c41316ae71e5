package compare_test

import (
	"testing"

	"profilemate/workbench/compare"
)

// Large changes are written plainly.
func TestMoved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change compare.Change
		want   string
	}{
		{compare.Change{Change: 8929.6}, "+8,930 %"},
		{compare.Change{Change: 8.04}, "+8.04 %"},
		{compare.Change{Change: -3, Points: true}, "-3 points"},
		{compare.Change{}, "0 %"},
	} {
		if got := c.change.Moved(); got != c.want {
			t.Errorf("%v: %q, want %q", c.change.Change, got, c.want)
		}
	}
	if got, want := (compare.Change{Low: 8900, High: 12000}).Interval(), "8,900 to 12,000"; got != want {
		t.Errorf("interval %q, want %q", got, want)
	}
}
