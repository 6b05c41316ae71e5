package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// saved reads the notebook as it is on disk and checks that Jupyter would accept it.
func (s *site) saved(name string) *notebooks.Notebook {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.root, name))
	if err != nil {
		s.t.Fatal(err)
	}
	n, err := notebooks.Read(bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := n.Validate(); err != nil {
		s.t.Error(err)
	}
	return n
}

func TestJourneyRunAndSave(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, snapshot := s.watch("runs/b.ipynb")
	cells := snapshot.cells(t)
	if snapshot.Title != "A run" || snapshot.Kernel != "idle" || snapshot.Dirty || cells["c1"].State != "idle" ||
		cells["c1"].Call.Inputs[0].Path != "a.sqlite" || !strings.Contains(cells["m1"].HTML, "<h1") || strings.Contains(cells["m1"].HTML, "<script") {
		t.Errorf("snapshot %+v", cells)
	}
	v.do(`{"op":"run","cell":"c1"}`)
	done := v.settled("c1", "done")
	if *done.ExecutionCount != 1 || done.StartedAt == nil || done.ElapsedNs <= 0 || len(done.Outputs) != 1 {
		t.Fatalf("cell %+v", done)
	}
	data := done.Outputs[0]["data"].(map[string]any)
	if data["text/plain"] != "acted in runs" || data[result.MIME].(map[string]any)["key"] != "k1" || done.Outputs[0]["transient"] != nil {
		t.Errorf("output %v", done.Outputs[0])
	}
	if data["text/html"] != nil || data["image/svg+xml"] != nil {
		t.Error("clients get the drawn forms of a result beside its bundle")
	}
	v.until(func(e event) bool { return e.Type == "saved" && !e.Dirty && e.Modified != "" })
	c, err := s.saved("runs/b.ipynb").Cell("c1")
	if err != nil {
		t.Fatal(err)
	}
	if saved := c.Outputs[0].Data(); saved["text/html"] == nil || saved["image/svg+xml"] == nil {
		t.Error("the saved document lacks the drawn forms of a result")
	}
	text, err := json.Marshal(c.Metadata)
	if err != nil || !strings.Contains(string(text), `"profilemate":{"inputs":[{"digest":"sha256:12","path":"a.sqlite","role":"profile"}],"ran":{"source":`) ||
		!strings.Contains(string(text), `"iopub.status.idle"`) || !strings.Contains(string(text), `"shell.execute_reply"`) {
		t.Errorf("metadata %s (%v)", text, err)
	}
}

func TestJourneyReconnectWhileACellRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=step", "%%analysis act"))
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"runAll"}`)
	v.settled("c1", "running")
	progress := v.until(func(e event) bool { return e.Type == "progress" })
	if progress.Text != "reading kernels" || progress.ElapsedNs < int64(time.Second) {
		t.Errorf("progress %+v", progress)
	}
	v.conn.Close() // the last browser is gone
	again, snapshot := s.watch("a.ipynb")
	cells := snapshot.cells(t)
	if cells["c1"].State != "running" || cells["c2"].State != "queued" || snapshot.Kernel != "busy" || cells["c1"].ElapsedNs < int64(time.Second) {
		t.Errorf("snapshot: kernel %s, cells %+v", snapshot.Kernel, cells)
	}
	if e := again.receive(); e.Type != "progress" {
		t.Errorf("after the snapshot comes %q, want the progress so far", e.Type)
	}
	again.conn.Close()
	s.backend.steps <- "go on" // while nobody looks
	third, snapshot := s.watch("a.ipynb")
	if c := snapshot.cells(t)["c2"]; c.State != "done" {
		third.settled("c2", "done")
	}
	fourth, snapshot := s.watch("a.ipynb")
	for id, c := range snapshot.cells(t) {
		if id != "m1" && (c.State != "done" || len(c.Outputs) != 1) {
			t.Errorf("%s is %s with %d outputs", id, c.State, len(c.Outputs))
		}
	}
	fourth.do(`{"op":"save"}`)
	for _, c := range s.saved("a.ipynb").Cells[1:] {
		if len(c.Outputs) != 1 || strings.Contains(c.Outputs[0].Type(), "progress") {
			t.Errorf("saved outputs %v", c.Outputs)
		}
	}
}

func TestJourneyTwoClientsSeeTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, _ := s.watch("a.ipynb")
	b, _ := s.watch("a.ipynb")
	id := a.do(`{"op":"insert","index":0,"cellType":"markdown","source":"*hello*"}`)
	var inserted string
	if err := json.Unmarshal(id.Cell, &inserted); err != nil {
		t.Fatal(err)
	}
	if c := b.settled(inserted, "idle"); !strings.Contains(c.HTML, "<em>hello</em>") {
		t.Errorf("inserted %+v", c)
	}
	b.do(`{"op":"edit","cell":"` + inserted + `","source":"bye"}`)
	a.until(func(e event) bool { return e.Type == "cell" && e.cell().Source == "bye" })
	a.do(`{"op":"form","cell":"c1","call":{"analysis":"act","inputs":[{"role":"","path":"my run.sqlite"}],"params":{"top":"3","do":"fail"}}}`)
	c := b.until(func(e event) bool { return e.Type == "cell" && e.cell().ID == "c1" }).cell()
	if c.Source != `%%analysis act "my run.sqlite" do=fail` { // top=3 is the default
		t.Errorf("form wrote %q", c.Source)
	}
	b.do(`{"op":"move","cell":"c1","index":0}`)
	order := a.until(func(e event) bool { return e.Type == "order" })
	if string(order.Cells) != `["c1","`+inserted+`","m1"]` {
		t.Errorf("order %s", order.Cells)
	}
	a.do(`{"op":"run","cell":"c1"}`)
	failed := b.settled("c1", "error")
	if failed.Outputs[0]["ename"] != "Missing" || failed.Outputs[0]["evalue"] != "a.sqlite has no kernels" {
		t.Errorf("outputs %v", failed.Outputs)
	}
	b.do(`{"op":"clear"}`)
	if c := a.settled("c1", "idle"); len(c.Outputs) != 0 || c.ExecutionCount != nil {
		t.Errorf("cleared %+v", c)
	}
	b.do(`{"op":"edit","cell":"c1","source":"%%analysis none"}`)
	if c := a.until(func(e event) bool { return e.cell().Source == "%%analysis none" }).cell(); !strings.Contains(c.CallError, "no analysis") || c.Call != nil {
		t.Errorf("call error %q", c.CallError)
	}
	a.do(`{"op":"delete","cell":"m1"}`)
	b.until(func(e event) bool { return e.Type == "removed" && string(e.Cell) == `"m1"` })
	b.do(`{"op":"save"}`)
	if n := s.saved("a.ipynb"); len(n.Cells) != 2 || n.Cells[0].ID != "c1" || n.Cells[1].Source != "bye" {
		t.Errorf("saved %+v", n.Cells)
	}
}

func TestJourneyInterrupt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=wait", "%%analysis act", "%%analysis act"))
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"runAll"}`)
	v.until(func(e event) bool { return e.Type == "kernel" && e.State == "busy" })
	v.until(func(e event) bool { return e.cell().ID == "c1" && e.cell().ExecutionCount != nil })
	begin := time.Now()
	v.send(`{"op":"interrupt"}`)
	c := v.settled("c1", "error")
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("the interrupt took %v", took)
	}
	if c.Outputs[0]["ename"] != "KeyboardInterrupt" {
		t.Errorf("outputs %v", c.Outputs)
	}
	v.do(`{"op":"run","cell":"c3"}`)
	v.settled("c3", "done")
	_, snapshot := s.watch("a.ipynb")
	if c := snapshot.cells(t)["c2"]; c.State != "idle" {
		t.Errorf("the queued cell is %s", c.State)
	}
	if s.backend.started != 1 {
		t.Errorf("%d kernels were started, want 1", s.backend.started)
	}
}

// TestJourneyInterruptAtOnce interrupts before the kernel can have begun.
func TestJourneyInterruptAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=wait"))
	v, _ := s.watch("a.ipynb")
	v.send(`{"op":"run","cell":"c1"}`)
	v.send(`{"op":"interrupt"}`)
	if c := v.settled("c1", "error"); c.Outputs[0]["ename"] != "KeyboardInterrupt" {
		t.Errorf("outputs %v", c.Outputs)
	}
}

func TestJourneyDeleteTheRunningCell(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=wait", "%%analysis act"))
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"run","cell":"c1"}`)
	v.do(`{"op":"delete","cell":"c1"}`)
	v.until(func(e event) bool { return e.Type == "kernel" && e.State == "idle" })
	v.do(`{"op":"run","cell":"c2"}`)
	v.settled("c2", "done")
}

func TestJourneyKernelDeath(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=wait", "%%analysis act"))
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"runAll"}`)
	v.until(func(e event) bool { return e.cell().ID == "c1" && e.cell().ExecutionCount != nil })
	s.backend.mu.Lock()
	s.backend.kernels[0].Close() // as if the process had crashed
	s.backend.mu.Unlock()
	var dead, failed bool
	v.until(func(e event) bool {
		if e.Type == "kernel" && e.State == "dead" && e.Message == "the kernel ended: exit status 2: boom" {
			dead = true
		}
		if c := e.cell(); c.ID == "c1" && c.State == "error" {
			failed = true
			if c.Outputs[0]["evalue"] != "the kernel ended: exit status 2: boom" {
				t.Errorf("outputs %v", c.Outputs)
			}
		}
		return dead && failed
	})
	_, snapshot := s.watch("a.ipynb")
	if snapshot.Kernel != "dead" || snapshot.KernelMessage != "the kernel ended: exit status 2: boom" || snapshot.cells(t)["c2"].State != "idle" {
		t.Errorf("kernel %s (%s), c2 %s", snapshot.Kernel, snapshot.KernelMessage, snapshot.cells(t)["c2"].State)
	}
	v.do(`{"op":"restart"}`)
	v.until(func(e event) bool { return e.Type == "kernel" && e.State == "idle" })
	v.do(`{"op":"run","cell":"c2"}`)
	if c := v.settled("c2", "done"); *c.ExecutionCount != 1 {
		t.Errorf("count %d after a restart, want 1", *c.ExecutionCount)
	}
}

func TestJourneyRestartWhileACellRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=wait"))
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"run","cell":"c1"}`)
	v.until(func(e event) bool { return e.cell().ExecutionCount != nil })
	v.send(`{"op":"restart"}`)
	if c := v.settled("c1", "error"); !strings.Contains(c.Outputs[0]["evalue"].(string), "restarted") {
		t.Errorf("outputs %v", c.Outputs)
	}
	v.until(func(e event) bool { return e.Type == "kernel" && e.State == "idle" })
}

func TestJourneyKernelThatDoesNotStart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.backend.refuse = fault.Errorf(fault.Denied, "the program may not be started")
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"run","cell":"c1"}`)
	if c := v.settled("c1", "error"); c.Outputs[0]["evalue"] != "the program may not be started" {
		t.Errorf("outputs %v", c.Outputs)
	}
	_, snapshot := s.watch("a.ipynb")
	if snapshot.Kernel != "dead" {
		t.Errorf("kernel %s", snapshot.Kernel)
	}
}

func TestJourneyConflict(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"edit","cell":"c1","source":"mine"}`)
	write(t, s.root, "a.ipynb", book("theirs", "and more"))
	if reply := v.ask(`{"op":"save"}`); reply.Error == nil || reply.Error.Kind != "conflict" {
		t.Fatalf("saving over another's change: %+v", reply.Error)
	}
	if n := s.saved("a.ipynb"); n.Cells[1].Source != "theirs" {
		t.Errorf("their change is lost: %q", n.Cells[1].Source)
	}
	v.do(`{"op":"save"}`) // asked again
	if n := s.saved("a.ipynb"); n.Cells[1].Source != "mine" {
		t.Errorf("after saving twice: %q", n.Cells[1].Source)
	}
	v.do(`{"op":"edit","cell":"c1","source":"mine again"}`)
	write(t, s.root, "a.ipynb", book("a third"))
	if reply := v.ask(`{"op":"save"}`); reply.Error == nil || reply.Error.Kind != "conflict" {
		t.Fatalf("saving over another's second change: %+v", reply.Error)
	}
	v.send(`{"op":"revert"}`) // theirs rather than mine
	if e := v.until(func(e event) bool { return e.Type == "snapshot" }); e.cells(t)["c1"].Source != "a third" || e.Dirty {
		t.Errorf("reverted to %s, dirty %v", e.Cells, e.Dirty)
	}
	v.seq++                                           // the snapshot has a number of its own
	write(t, s.root, "a.ipynb", book("theirs again")) // now nothing here is unsaved
	_, snapshot := s.watch("a.ipynb")
	if c := snapshot.cells(t)["c1"]; c.Source != "theirs again" {
		t.Errorf("a document without changes was not read again: %q", c.Source)
	}
	if e := v.until(func(e event) bool { return e.Type == "snapshot" }); e.cells(t)["c1"].Source != "theirs again" {
		t.Errorf("the other client sees %s", e.Cells)
	}
}

func TestJourneyAutosave(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"edit","cell":"c1","source":"typed"}`)
	v.until(func(e event) bool { return e.Type == "saved" && !e.Dirty })
	if n := s.saved("a.ipynb"); n.Cells[1].Source != "typed" {
		t.Errorf("saved %q", n.Cells[1].Source)
	}
}

func TestShutdownSavesAndSaysGoodbye(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=wait", "x"))
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"run","cell":"c1"}`)
	v.do(`{"op":"edit","cell":"c2","source":"unsaved"}`)
	v.until(func(e event) bool { return e.cell().ID == "c1" && e.cell().ExecutionCount != nil })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	n := s.saved("a.ipynb")
	if n.Cells[2].Source != "unsaved" || len(n.Cells[1].Outputs) != 1 {
		t.Errorf("saved %q with %d outputs", n.Cells[2].Source, len(n.Cells[1].Outputs))
	}
	if _, evalue := n.Cells[1].Outputs[0].Failure(); !strings.Contains(evalue, "server ended") {
		t.Errorf("the cut-off cell says %q", evalue)
	}
	for { // the socket is closed, not left hanging
		if _, _, err := v.conn.ReadMessage(); err != nil {
			break
		}
	}
	if _, _, body := s.do("GET", "/api/workbench/live/a.ipynb", "", withToken); !strings.Contains(body, "canceled") {
		t.Errorf("after the end: %s", body)
	}
}

func TestJourneyDeleteAndRestore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act", "%%analysis act do=wait", "x"))
	v, _ := s.watch("a.ipynb")
	if reply := v.ask(`{"op":"restore"}`); reply.Error == nil || reply.Error.Kind != "not-found" {
		t.Errorf("nothing to restore: %+v", reply)
	}
	v.do(`{"op":"run","cell":"c1"}`)
	before := v.settled("c1", "done")
	for _, id := range []string{"c1", "c2", "c3"} {
		v.do(`{"op":"delete","cell":"` + id + `"}`)
	}
	v.send(`{"op":"restore","cell":"c1"}`)
	e := v.until(func(e event) bool { return e.cell().ID == "c1" })
	if c := e.cell(); e.Index != 1 || c.State != "done" || len(c.Outputs) != 1 || *c.ExecutionCount != *before.ExecutionCount {
		t.Errorf("restored at %d as %+v", e.Index, c)
	}
	for _, want := range []string{"c3", "c2"} {
		if reply := v.ask(`{"op":"restore"}`); string(reply.Cell) != `"`+want+`"` {
			t.Errorf("restored %s, want %s", reply.Cell, want)
		}
	}
	if reply := v.ask(`{"op":"restore","cell":"c2"}`); reply.Error == nil {
		t.Error("a cell that is there was restored once more")
	}
	v.do(`{"op":"save"}`)
	if n := s.saved("a.ipynb"); len(n.Cells) != 4 || n.Cells[3].ID != "c1" || len(n.Cells[3].Outputs) != 1 {
		t.Errorf("saved %+v", n.Cells)
	}
}

func TestJourneyDeletedCellDoesNotRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=step", "%%analysis act"))
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"runAll"}`)
	v.until(func(e event) bool { return e.Type == "progress" })
	v.do(`{"op":"delete","cell":"c2"}`)
	v.send(`{"op":"restore"}`)
	if c := v.until(func(e event) bool { return e.cell().ID == "c2" }).cell(); c.State != "idle" {
		t.Errorf("the restored cell is %s", c.State)
	}
	s.backend.steps <- "go on"
	v.settled("c1", "done")
	if _, snapshot := s.watch("a.ipynb"); snapshot.cells(t)["c2"].State != "idle" {
		t.Error("a deleted cell kept its place in the queue")
	}
}

func TestJourneyConvertKeepsTheCell(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"run","cell":"c1"}`)
	v.settled("c1", "done")
	v.send(`{"op":"cellType","cell":"c1","cellType":"markdown"}`)
	c := v.until(func(e event) bool { return e.cell().CellType == "markdown" }).cell()
	if c.ID != "c1" || c.State != "idle" || c.Outputs != nil || !strings.Contains(c.HTML, "analysis act") {
		t.Errorf("as text %+v", c)
	}
	v.do(`{"op":"save"}`)
	if n := s.saved("a.ipynb"); n.Cells[1].Type != notebooks.Markdown || n.Cells[1].Outputs != nil {
		t.Errorf("saved %+v", n.Cells[1])
	}
	if pins := s.backend.pins("k1"); pins != 0 {
		t.Errorf("a result that is not shown has %d pins", pins)
	}
	v.send(`{"op":"cellType","cell":"c1","cellType":"code"}`)
	if c := v.settled("c1", "done"); len(c.Outputs) != 1 {
		t.Errorf("as code again it has %d outputs", len(c.Outputs))
	}
	v.send(`{"op":"cellType","cell":"m1","cellType":"code"}`)
	if c := v.settled("m1", "idle"); c.CellType != "code" {
		t.Errorf("m1 is %s", c.CellType)
	}
	for _, op := range []string{`{"op":"cellType","cell":"c1","cellType":"picture"}`, `{"op":"cellType","cell":"none","cellType":"code"}`} {
		if reply := v.ask(op); reply.Error == nil {
			t.Errorf("%s was taken", op)
		}
	}
}

func TestJourneyRunningCellStaysCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=wait"))
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"run","cell":"c1"}`)
	if reply := v.ask(`{"op":"cellType","cell":"c1","cellType":"markdown"}`); reply.Error == nil || !strings.Contains(reply.Error.Message, "running") {
		t.Errorf("turning a running cell into text: %+v", reply.Error)
	}
}

func TestJourneyResultsOnScreenArePinned(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, _ := s.watch("a.ipynb")
	pins := func(when string, want int) {
		t.Helper()
		for limit := time.Now().Add(5 * time.Second); s.backend.pins("k1") != want; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%s: %d pins, want %d", when, s.backend.pins("k1"), want)
			}
		}
	}
	pins("before the run", 0)
	v.do(`{"op":"run","cell":"c1"}`)
	v.settled("c1", "done")
	pins("after the run", 1)
	second, _ := s.watch("a.ipynb")
	pins("with two clients", 1)
	v.do(`{"op":"delete","cell":"c1"}`)
	pins("after the cell went", 0)
	v.do(`{"op":"restore"}`)
	pins("with the cell back", 1)
	v.do(`{"op":"clear"}`)
	pins("after the outputs went", 0)
	v.do(`{"op":"run","cell":"c1"}`)
	v.settled("c1", "done")
	pins("after another run", 1)
	v.conn.Close()
	second.conn.Close()
	pins("when nobody looks", 0)
	third, _ := s.watch("a.ipynb")
	pins("when somebody looks again", 1)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	pins("after the end", 0)
	third.conn.Close()
}
