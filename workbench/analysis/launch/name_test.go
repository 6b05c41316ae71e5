package launch_test

import (
	"testing"

	"profilemate/workbench/analysis/launch"
)

// What old and new demanglers, ncu's and c++filt's, print of one kernel is one name,
// and what differs stays apart.
func TestNames(t *testing.T) {
	t.Parallel()
	plain := launch.PlainNames()
	for _, same := range [][]string{
		{"gemm<(int)64, (bool)1>(float *)", "gemm<64, true>(float*)", "gemm<64,true>(float *)", "gemm<64u, 1>(float *)"},
		{"k<(unsigned int)8>(const float *)", "k<8u>(float const*)", "k<8ul>(float const *)"},
		{"a::k<(b::Mode)2, (int)-1>()", "a::k<2, -1>()"},
		{"f<g<h<int> > >(int)", "f<g<h<int>>>(int)"},
		{"<unnamed>::k(int)", "(anonymous namespace)::k(int)"},
		{"saxpy(int, float, const float *, float *)", "saxpy(int, float, float const*, float*)"},
	} {
		for _, name := range same[1:] {
			if got, want := plain(name), plain(same[0]); got != want {
				t.Errorf("%q is %q, %q is %q", name, got, same[0], want)
			}
		}
	}
	for _, pair := range [][2]string{
		{"gemm<(int)64>(int)", "gemm<(int)128>(int)"}, {"k(int)", "k(int *)"}, {"k64u(int)", "k64(int)"}, {"k<float>(int)", "k<double>(int)"},
	} {
		if plain(pair[0]) == plain(pair[1]) {
			t.Errorf("%q and %q have one name", pair[0], pair[1])
		}
	}
}
