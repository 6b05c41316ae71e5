package tokens_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"profilemate/workbench/artifacts"
)

// Making a table of counts tells how far it is, in tokens of all its passes: two for
// pairs, of which the first is made once.
func TestProgressOfCounts(t *testing.T) {
	t.Parallel()
	const n = 4096 // four windows
	header := fmt.Sprintf("%-117s\n", fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, 1, 2), }", n))
	ids := bytes.Repeat([]byte{1, 2}, n)
	a := open(t, write(t, map[string]string{"routing.npy": "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header + string(ids)}))
	for _, step := range []struct {
		table string
		want  [][2]int64
	}{
		{"coselection", [][2]int64{{n / 4, 2 * n}, {n / 2, 2 * n}, {3 * n / 4, 2 * n}, {n, 2 * n}, {5 * n / 4, 2 * n}, {3 * n / 2, 2 * n}, {7 * n / 4, 2 * n}, {2 * n, 2 * n}, {1, 1}}},
		{"activations", [][2]int64{{3, 3}}}, // rows of experts 0 to 2 alone: all is counted
	} {
		var told [][2]int64
		r := artifacts.Request{Table: step.table, Progress: func(done, total int64) { told = append(told, [2]int64{done, total}) }}
		if _, err := artifacts.LoadRequest(t.Context(), a, r); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(told, step.want) {
			t.Errorf("%s tells %v, want %v", step.table, told, step.want)
		}
	}
}
