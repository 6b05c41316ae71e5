package web_test

import (
	"strings"
	"testing"
)

func TestEditorsAskTheKernel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, snapshot := s.watch("a.ipynb")
	if snapshot.Variables == nil {
		t.Error("the snapshot does not tell what the kernel holds")
	}
	c := v.do(`{"op":"complete","source":"%%analysis ac","pos":13}`).Completion
	if c == nil || len(c.Matches) != 1 || c.Matches[0].Text != "act" || c.Start != 11 || c.End != 13 {
		t.Errorf("completion %+v", c)
	}
	c = v.do(`{"op":"complete","source":"%%an","pos":4}`).Completion
	if c == nil || len(c.Matches) != 1 || c.Matches[0].Text != "%%analysis" || c.Matches[0].Type != "magic" {
		t.Errorf("completion of a marker %+v", c)
	}
	i := v.do(`{"op":"inspect","source":"%%analysis act","pos":13}`).Inspection
	if i == nil || !strings.Contains(i.Text, "do what a test wants") {
		t.Errorf("inspection %+v", i)
	}
	i = v.do(`{"op":"inspect","source":"nothing","pos":3}`).Inspection
	if i == nil || i.Text != "" || i.HTML != "" {
		t.Errorf("inspection of nothing %+v", i)
	}
	if reply := v.ask(`{"op":"complete"}`); reply.Error == nil || reply.Error.Kind != "misuse" {
		t.Errorf("completion of no text: %+v", reply.Error)
	}
}

func TestEditorsDoNotWaitForCells(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "a.ipynb", book("%%analysis act do=wait"))
	v, _ := s.watch("a.ipynb")
	v.do(`{"op":"run","cell":"c1"}`)
	v.settled("c1", "running")
	c := v.do(`{"op":"complete","source":"%%analysis ac","pos":13}`).Completion
	if c == nil || len(c.Matches) != 0 || c.Start != 13 || c.End != 13 {
		t.Errorf("completion while a cell runs %+v", c)
	}
	v.do(`{"op":"interrupt"}`)
	v.settled("c1", "error")
	s.backend.mu.Lock()
	s.backend.kernels[0].Close()
	s.backend.mu.Unlock()
	v.until(func(e event) bool { return e.Type == "kernel" && e.State == "dead" })
	if i := v.do(`{"op":"inspect","source":"%%analysis act","pos":13}`).Inspection; i == nil || i.Text != "" {
		t.Errorf("inspection by a dead kernel %+v", i)
	}
	if s.backend.started != 1 {
		t.Errorf("typing started a kernel again: %d", s.backend.started)
	}
}
