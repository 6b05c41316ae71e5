package live_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilemate/notebooks"
	"profilemate/notebooks/graph"
	"profilemate/web/live"
	"profilemate/workbench/analysis"
)

// toyFacts reads cells of the form "x := y z < file".
func toyFacts(source string) graph.Facts {
	f := graph.Facts{State: true}
	left, right, ok := strings.Cut(source, ":=")
	if !ok {
		left, right = "", source
	}
	uses, files, _ := strings.Cut(right, "<")
	f.Defines, f.Uses, f.Files = strings.Fields(left), strings.Fields(uses), strings.Fields(files)
	return f
}

// toyStamp tells small files apart by what they hold.
func toyStamp(path string) graph.Stamp {
	text, err := os.ReadFile(path)
	if err != nil {
		return graph.Stamp{}
	}
	return graph.Stamp{Quick: string(text)}
}

// session is an open document that a test works with.
type session struct {
	t   *testing.T
	d   *live.Document
	dir string
}

// openToy opens a notebook with the cells c1, c2… and a file "f".
func openToy(t *testing.T, sources ...string) session {
	t.Helper()
	dir := t.TempDir()
	n := notebooks.New("Test")
	for i, source := range sources {
		n.Cells = append(n.Cells, &notebooks.Cell{ID: fmt.Sprintf("c%d", i+1), Type: notebooks.Code, Source: source, Metadata: map[string]any{}})
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := notebooks.Save(root, "a.ipynb", n); err != nil {
		t.Fatal(err)
	}
	s := session{t: t, dir: dir}
	s.write("f", "1")
	ds, err := live.New(live.Options{Root: dir, StartKernel: scripted(nil), Markdown: func(s string) string { return s },
		Lookup: func(string) (analysis.Analysis, error) { return analysis.Analysis{}, nil }, Facts: toyFacts, Stamp: toyStamp, Build: "b1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { finish(t, ds) })
	if s.d, err = ds.Open("a.ipynb"); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s session) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// do asks for one operation.
func (s session) do(op string) {
	client := s.d.Subscribe()
	defer s.d.Unsubscribe(client)
	s.d.Handle(client, []byte(op))
}

// seen is what a new client sees, once nothing runs.
type seen struct {
	Cells []struct {
		ID, State, Stale string
		ExecutionCount   *int
	}
	Reproduced bool
	Conflicts  []graph.Conflict
}

func (s session) look() seen {
	s.t.Helper()
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(5 * time.Millisecond) {
		client := s.d.Subscribe()
		text := <-client.Events()
		s.d.Unsubscribe(client)
		var v seen
		if err := json.Unmarshal(text, &v); err != nil {
			s.t.Fatal(err)
		}
		if !strings.Contains(string(text), `"state":"queued"`) && !strings.Contains(string(text), `"state":"running"`) {
			return v
		}
	}
	s.t.Fatal("cells run on")
	return seen{}
}

// stale lists the cells that are out of date.
func (s session) stale() string {
	s.t.Helper()
	var ids []string
	for _, c := range s.look().Cells {
		if c.Stale != "" {
			ids = append(ids, c.ID)
		}
	}
	return strings.Join(ids, " ")
}

// What makes cells stale, and what running does about it.
func TestStaleCells(t *testing.T) {
	t.Parallel()
	const runAll = `{"id":1,"op":"runAll"}`
	for name, c := range map[string]struct {
		do    func(s session)
		stale string
	}{
		"run all":   {func(session) {}, ""},
		"edit":      {func(s session) { s.do(`{"op":"edit","cell":"c1","source":"x := 2"}`) }, "c1 c2"},
		"run again": {func(s session) { s.do(`{"op":"run","cell":"c1"}`) }, "c2"},
		"a file":    {func(s session) { s.write("f", "2") }, "c3"},
		"restart":   {func(s session) { s.do(`{"op":"restart"}`) }, "c1 c2"},
		"delete":    {func(s session) { s.do(`{"op":"delete","cell":"c1"}`) }, "c2"},
		"edit, run stale": {func(s session) {
			s.do(`{"op":"edit","cell":"c1","source":"x := 2"}`)
			s.do(`{"op":"runStale"}`)
		}, ""},
		"restart, run all": {func(s session) { s.do(`{"op":"restartRunAll"}`) }, ""},
		"run above":        {func(s session) { s.do(`{"op":"runAbove","cell":"c2"}`) }, "c2"},
	} {
		s := openToy(t, "x := 1", "y := x", "< f")
		s.do(runAll)
		if s.look(); s.stale() != "" {
			t.Errorf("%s: after the first run stale are %q", name, s.stale())
		}
		c.do(s)
		s.look()
		if got := s.stale(); got != c.stale {
			t.Errorf("%s: stale are %q, want %q", name, got, c.stale)
		}
	}
}

// Running what is stale runs what it needs from a kernel that does not have it, and
// nothing else.
func TestRunStaleBringsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	s := openToy(t, "x := 1", "w := 1", "y := x")
	s.do(`{"op":"runAll"}`)
	s.look()
	s.do(`{"op":"restart"}`)
	s.do(`{"op":"edit","cell":"c3","source":"y := x x"}`)
	s.do(`{"op":"run","cell":"c2"}`)
	s.look()
	s.do(`{"op":"runStale"}`)
	if v := s.look(); *v.Cells[1].ExecutionCount != 1 || *v.Cells[0].ExecutionCount != 2 || *v.Cells[2].ExecutionCount != 3 {
		t.Errorf("counts: %d %d %d", *v.Cells[0].ExecutionCount, *v.Cells[1].ExecutionCount, *v.Cells[2].ExecutionCount)
	}
}

// The reproduced mark comes with a run from top to bottom in a fresh kernel, and goes
// with whatever changes.
func TestReproducedMark(t *testing.T) {
	t.Parallel()
	fresh := func() session {
		s := openToy(t, "x := 1", "y := x < f")
		s.do(`{"op":"runAll"}`)
		if !s.look().Reproduced {
			t.Error("no mark after running all")
		}
		return s
	}
	for name, do := range map[string]func(s session){
		"edit":   func(s session) { s.do(`{"op":"edit","cell":"c2","source":"y := x x < f"}`) },
		"run":    func(s session) { s.do(`{"op":"run","cell":"c2"}`) },
		"again":  func(s session) { s.do(`{"op":"runAll"}`) }, // in a kernel that is no longer fresh
		"insert": func(s session) { s.do(`{"op":"insert","index":0,"source":"z"}`) },
		"clear":  func(s session) { s.do(`{"op":"clear","cell":"c2"}`) },
		"file":   func(s session) { s.write("f", "other") },
		"move":   func(s session) { s.do(`{"op":"move","cell":"c2","index":0}`) },
	} {
		s := fresh()
		do(s)
		if s.look().Reproduced {
			t.Errorf("%s: the mark stays", name)
		}
	}
	s := fresh()
	s.do(`{"op":"insert","index":0,"cellType":"markdown","source":"# words"}`)
	if !s.look().Reproduced {
		t.Error("words remove the mark")
	}
	s.do(`{"op":"edit","cell":"c2","source":"y := x x"}`)
	s.do(`{"op":"restartRunAll"}`)
	if !s.look().Reproduced {
		t.Error("no mark after a restart and a run of all")
	}
	n, err := s.d.Notebook()
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := graph.MarkOf(n); !ok || !graph.Holds(n) || m.Build != "b1" {
		t.Errorf("the document's mark is %+v", m)
	}
	if err := n.Validate(); err != nil {
		t.Error(err)
	}
}

// Cells run out of order give no mark.
func TestOutOfOrderGivesNoMark(t *testing.T) {
	t.Parallel()
	s := openToy(t, "x := 1", "y := x")
	for _, cell := range []string{"c2", "c1", "c2"} {
		s.do(`{"op":"run","cell":"` + cell + `"}`)
		s.look()
	}
	if s.look().Reproduced {
		t.Error("a mark")
	}
}

func TestConflictsAreTold(t *testing.T) {
	t.Parallel()
	s := openToy(t, "x := 1", "x := 2")
	if c := s.look().Conflicts; len(c) != 1 || c[0].Name != "x" || len(c[0].Cells) != 2 {
		t.Errorf("conflicts: %+v", c)
	}
	s.do(`{"op":"edit","cell":"c2","source":"z := 2"}`)
	if c := s.look().Conflicts; len(c) != 0 {
		t.Errorf("conflicts: %+v", c)
	}
}
