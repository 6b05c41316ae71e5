package trace_test

import (
	"slices"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

func TestOneDictionary(t *testing.T) {
	t.Parallel()
	a, b := frames.NewDictionary(), frames.NewDictionary()
	for _, c := range []struct{ have, next, want *frames.Dictionary }{{nil, nil, nil}, {nil, a, a}, {a, nil, a}, {a, a, a}} {
		if got, err := trace.OneDictionary(c.have, c.next); got != c.want || err != nil {
			t.Errorf("%p and %p share %p, %v, want %p", c.have, c.next, got, err, c.want)
		}
	}
	if _, err := trace.OneDictionary(a, b); err == nil {
		t.Error("two dictionaries are taken for one")
	}
}

func TestGrown(t *testing.T) {
	t.Parallel()
	if got := trace.Grown([]int{7}, 3); !slices.Equal(got, []int{7, 0, 0}) {
		t.Errorf("grown to 3: %v", got)
	}
	if got := trace.Grown([]int{7, 8}, 1); !slices.Equal(got, []int{7, 8}) {
		t.Errorf("grown to fewer: %v", got)
	}
}
