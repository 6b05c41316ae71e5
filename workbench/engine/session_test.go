package engine_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/engine"
	"profilemate/workbench/result"
)

// sound opens numbers without what their reader finds in a scan.
type sound struct {
	numbers
	opened *atomic.Int64
}

func (f sound) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	f.opened.Add(1)
	a, err := f.numbers.Open(ctx, path)
	return struct{ artifacts.Artifact }{a}, err
}

// addUp adds up a table that it loads whole, and says what its reader found.
func addUp(name string) analysis.Analysis {
	role := analysis.Role{Name: "profile", Kind: "nsys", Doc: "numbers", Tables: []analysis.Need{{Table: "numbers", Columns: []frames.Field{valueField}, Doc: "nothing to add"}}}
	return wholeOf(name, []analysis.Role{role}, func(in analysis.Inputs) (*result.Result, error) {
		f, err := in.Frame("profile", "numbers")
		if err != nil {
			return nil, err
		}
		sum := int64(0)
		for _, v := range f.Ints("value") {
			sum += v
		}
		r := &result.Result{}
		r.Add("sum", "Sum", frames.Must(frames.New("sum", frames.IntColumn(frames.Field{Name: "sum", Kind: frames.Int64}, []int64{sum}, nil))))
		return r, nil
	})
}

// Side by side in a session, analyses open the file once and load the table once, beside
// the scans of those that stream. With a reader that finds damage while it scans, each
// reads for itself. What they give is the same.
func TestSession(t *testing.T) {
	t.Parallel()
	list := []analysis.Analysis{addUp("one"), addUp("two"), addUp("three"), sumOf("streamed", nil)}
	registry, err := analysis.NewRegistry(list...)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct{ opened, scans int64 }{"sound": {1, 2}, "damaged": {0, 4}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opened, scans := new(atomic.Int64), new(atomic.Int64)
			var format artifacts.Format = sound{numbers{scans}, opened}
			if name == "damaged" {
				format = numbers{scans}
			}
			e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{format}, Workers: 2})
			f := fixture{Engine: e, dir: t.TempDir(), scans: scans}
			file := f.file(t, "a", "numbers nsys 1000")
			before := together(t, f, list, file)
			alone := scans.Load()
			opened.Store(0)
			scans.Store(0)
			session, end := e.Session()
			inner, none := session.Session()
			if inner != session {
				t.Error("a session of a session is another")
			}
			none()
			f.Engine = session
			after := together(t, f, list, file)
			end()
			if after != before || alone != 4 {
				t.Errorf("together %s, alone %s with %d scans", after, before, alone)
			}
			if n := scans.Load(); opened.Load() != want.opened || n < want.scans || name == "sound" && n != want.scans {
				t.Errorf("opened %d times and scanned %d times, not %d and %d", opened.Load(), n, want.opened, want.scans)
			}
		})
	}
}

// together runs analyses side by side and returns what they gave, in words.
func together(t *testing.T, f fixture, list []analysis.Analysis, file string) string {
	t.Helper()
	words := make([]string, len(list))
	var group sync.WaitGroup
	for i, a := range list {
		group.Go(func() {
			out, err := f.run(t.Context(), a.Name, nil, input(file))
			if err != nil {
				t.Error(err)
				return
			}
			words[i] = fmt.Sprintf("%s: %d %+v", a.Name, total(out), out.Result.Findings)
		})
	}
	group.Wait()
	return fmt.Sprint(words)
}
