package jupytertest

import (
	"runtime"
	"testing"
	"time"

	"profilemate/workbench/jupyter"
)

// Reconnect connects to a kernel many times, as laptops that sleep and browsers that
// are closed do: it runs a cell, and every fourth time leaves in the middle of a slow
// one. No answer may be lost or be another connection's, and nothing may be left of
// the connections. shared says that all connections are to one kernel. It must not run
// beside other tests, whose goroutines it would count.
func Reconnect(t *testing.T, times int, shared bool, cells Cells, connect func(t *testing.T) jupyter.Conn) {
	var before int
	for i := range times {
		reconnected(t, i, shared, cells, connect)
		if i == times/10 {
			before = settled(0)
		}
		if t.Failed() {
			t.Fatalf("connection %d of %d failed", i+1, times)
		}
	}
	if after := settled(before + 5); after > before+5 {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines after %d connections, %d after a tenth of them:\n%s",
			after, times, before, stacks[:runtime.Stack(stacks, true)])
	}
}

func reconnected(t *testing.T, i int, shared bool, cells Cells, connect func(t *testing.T) jupyter.Conn) {
	t.Helper()
	conn := connect(t)
	defer conn.Close()
	c := jupyter.NewClient(conn)
	if _, err := c.KernelInfo(t.Context()); err != nil {
		t.Error(err)
		return
	}
	shown := 0
	reply, err := c.Execute(t.Context(), cells.Works, func(m jupyter.Message) {
		if m.Header.MsgType == jupyter.DisplayData {
			shown++
		}
	})
	if err != nil || reply.Status != jupyter.ReplyOK || shown != 1 || !shared && reply.ExecutionCount != 1 {
		t.Errorf("reply %+v with %d displays (%v), want an ok one with 1", reply, shown, err)
	}
	if i%4 != 3 {
		return
	}
	answered := make(chan bool, 1) // as if it had run to its end
	started := make(chan struct{})
	go func() {
		reply, err := c.Execute(t.Context(), cells.Slow, func(m jupyter.Message) {
			if m.Header.MsgType == jupyter.ExecuteInput {
				close(started)
			}
		})
		answered <- err == nil && reply.Status == jupyter.ReplyOK
	}()
	<-started
	if shared { // the next connection must find the kernel free
		if err := c.Interrupt(t.Context()); err != nil {
			t.Error(err)
		}
	}
	conn.Close()
	if <-answered && !shared { // an answer that it was ended may still get through
		t.Error("a slow cell ran to its end after its connection was closed")
	}
}

// settled waits until no more than enough goroutines are left, or until their number
// rests, and returns it.
func settled(enough int) int {
	n, limit := runtime.NumGoroutine(), time.Now().Add(patience)
	for time.Now().Before(limit) && n > enough {
		time.Sleep(50 * time.Millisecond)
		now := runtime.NumGoroutine()
		if now >= n && enough == 0 {
			return now
		}
		n = now
	}
	return n
}
