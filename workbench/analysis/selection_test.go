package analysis_test

import (
	"errors"
	"testing"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
)

func TestNothingSelected(t *testing.T) {
	t.Parallel()
	for want, have := range map[string][]string{
		"nothing is selected: there is no device 7":                                               nil,
		"nothing is selected: there is no device 7; there are: 0, 1":                              {"0", "1"},
		"nothing is selected: there is no device 7; there are: 0, 1, 2, 3, 4, 5, 6, 8 and 2 more": {"0", "1", "2", "3", "4", "5", "6", "8", "9", "10"},
	} {
		err := analysis.NothingSelected("device", "7", have)
		if err.Error() != want || fault.KindOf(err) != fault.Missing {
			t.Errorf("got %q of kind %s, want %q", err, fault.KindOf(err), want)
		}
	}
}

func TestContradicted(t *testing.T) {
	t.Parallel()
	err := analysis.Contradicted("top-k", "%d of %d experts", 17, 16)
	if want := "parameter top-k: 17 of 16 experts"; err.Error() != want || fault.KindOf(err) != fault.Misuse {
		t.Errorf("got %q of kind %s, want %q", err, fault.KindOf(err), want)
	}
}

// What Check finds is misuse, before anything runs, and parameters it accepts run.
func TestCheckParameters(t *testing.T) {
	t.Parallel()
	s := spec()
	s.Check = func(p params) error {
		if p.Match == "(" {
			return errors.New("match: it is not closed")
		}
		return nil
	}
	a := analysis.Define(s)
	for name, ask := range map[string]func(analysis.Values) error{
		"begin":     func(v analysis.Values) error { _, err := a.Begin(v); return err },
		"normalize": func(v analysis.Values) error { _, err := a.Normalize(v); return err },
	} {
		if err := ask(analysis.Values{"match": "x"}); err != nil {
			t.Errorf("%s: sound parameters: %v", name, err)
		}
		err := ask(analysis.Values{"match": "("})
		if err == nil || err.Error() != "probe: parameter match: it is not closed" || fault.KindOf(err) != fault.Misuse {
			t.Errorf("%s: got %v of kind %s", name, err, fault.KindOf(err))
		}
	}
}

func TestSelected(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		wanted int
		have   []int64
		want   string
	}{
		{-1, []int64{4}, ""},
		{4, []int64{3, 4}, ""},
		{5, nil, ""},
		{5, []int64{3, 4}, "nothing is selected: there is no process 5; there are: 3, 4"},
	} {
		text := ""
		if err := analysis.Selected("process", tc.wanted, tc.have); err != nil {
			text = err.Error()
		}
		if text != tc.want {
			t.Errorf("%d of %v: got %q, want %q", tc.wanted, tc.have, text, tc.want)
		}
	}
}
