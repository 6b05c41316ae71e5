package api_test

import (
	"strings"
	"testing"

	"profilemate/workbench/gocell/api"
)

// Names of kernels do not fit under bars that stand.
func TestBarsWithLongNamesLieDown(t *testing.T) {
	t.Parallel()
	s := api.NewSession(nil, "")
	for name, lying := range map[string]bool{"prefill": false, strings.Repeat("µ", 14): false, "vectorized_gather_kernel": true} {
		if c := s.Bar("Time", []string{"decode", name}, []float64{1, 2}, "ns"); c.Horizontal != lying {
			t.Errorf("with %s, bars lie: %v", name, c.Horizontal)
		}
	}
}
