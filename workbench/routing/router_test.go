package routing_test

import (
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/routing"
)

func TestCheckTopK(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		experts, topK int
		want          string
	}{
		{16, 0, ""},
		{16, 16, ""},
		{0, 17, ""},
		{16, 17, "parameter top-k: a token cannot choose 17 of 16 experts"},
	} {
		err := routing.Router{Experts: tc.experts}.CheckTopK(tc.topK)
		if text := errorText(err); text != tc.want || err != nil && fault.KindOf(err) != fault.Misuse {
			t.Errorf("%d of %d: got %q of kind %s, want %q", tc.topK, tc.experts, text, fault.KindOf(err), tc.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
