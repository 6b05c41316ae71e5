package report_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/report"
	"profilemate/workbench/store"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := work(); err == nil {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// work is the folder of what tests share, which TestMain removes.
var work = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "report-test-") })

// lasting is a test whose folders outlive it.
type lasting struct{ testing.TB }

func (l lasting) TempDir() string {
	l.Helper()
	dir, err := work()
	if err == nil {
		dir, err = os.MkdirTemp(dir, "")
	}
	if err != nil {
		l.Fatal(err)
	}
	return dir
}

// gathering is a request and its report, which the first test that asks makes: under the
// race detector a report takes seconds.
type gathering struct {
	once    sync.Once
	request report.Request
	report  *report.Report // nil: making it has failed
}

var gatherings = map[string]*gathering{"eager": {}, "graphs": {}, "hidden": {}, "ncu": {}, "moe": {}}

// shared returns one of the requests, on real captures, and its report. Nobody may change
// it.
func shared(t testing.TB, name string) (report.Request, *report.Report) {
	t.Helper()
	g := gatherings[name]
	g.once.Do(func() {
		g.request = request(lasting{t}, name)
		g.report = gather(t, keeping(t), g.request)
	})
	if g.report == nil {
		t.Fatalf("the report %s was not made; see the test that failed to", name)
	}
	return g.request, g.report
}

// request is a kind of report.
func request(t testing.TB, name string) report.Request {
	t.Helper()
	switch name {
	case "eager":
		return report.Request{Nsys: capture(t, "demo_eager")}
	case "graphs":
		return report.Request{Nsys: capture(t, "demo_cudagraph"), Baselines: []string{capture(t, "demo_eager")}}
	case "hidden":
		return report.Request{Nsys: capture(t, "h100_mini_graphs_hidden"), Baselines: []string{capture(t, "h100_mini_nodes")}}
	case "ncu":
		return report.Request{Nsys: capture(t, "h100_mini_nodes"), NCU: enginetest.Unpack(t, ncuFull)}
	}
	return report.Request{MoE: enginetest.UnzipFolder(t, routing)}
}

// captures are unpacked once each: then what the store holds of one serves all.
var captures sync.Map

func capture(t testing.TB, name string) string {
	t.Helper()
	unpack, _ := captures.LoadOrStore(name, sync.OnceValue(func() string { return enginetest.Capture(lasting{t}, name) }))
	return unpack.(func() string)()
}

// kept is an engine that keeps its results for all tests.
var kept = sync.OnceValues(func() (*engine.Engine, error) {
	dir, err := work()
	if err != nil {
		return nil, err
	}
	results, err := store.Open(filepath.Join(dir, "store"), store.Options{})
	e, wrong := withStore(results)
	return e, errors.Join(err, wrong)
})

func keeping(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := kept()
	if err != nil {
		t.Fatal(err)
	}
	return e
}
