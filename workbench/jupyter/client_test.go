package jupyter_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// answer sends what a kernel says to one request: replies first when early is set,
// which a real transport may do, since its channels are not ordered.
func answer(t *testing.T, kernel jupyter.Conn, request jupyter.Message, early bool) {
	t.Helper()
	send := func(channel, msgType string, content any) {
		if err := kernel.Send(jupyter.NewMessage(channel, msgType, "k", &request.Header, content)); err != nil {
			t.Error(err)
		}
	}
	reply := func() {
		send(jupyter.Shell, jupyter.ExecuteReply, jupyter.Reply{Status: jupyter.ReplyOK, ExecutionCount: 7})
	}
	send(jupyter.IOPub, jupyter.StatusType, jupyter.Status{ExecutionState: jupyter.StateBusy})
	if early {
		reply()
	}
	send(jupyter.IOPub, jupyter.StreamType, map[string]string{"name": "stdout", "text": "hello"})
	if !early {
		reply()
	}
	send(jupyter.IOPub, jupyter.StatusType, jupyter.Status{ExecutionState: jupyter.StateIdle})
}

func TestExecuteWaitsForReplyAndIdle(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{false, true} {
		kernel, conn := jupyter.Pipe()
		c := jupyter.NewClient(conn)
		go func() {
			m, err := kernel.Receive()
			if err != nil {
				t.Error(err)
				return
			}
			stranger := m
			stranger.Header.MsgID = "another client's"
			answer(t, kernel, stranger, early) // must not reach the handler
			answer(t, kernel, m, early)
		}()
		var got []string
		reply, err := c.Execute(t.Context(), "x", func(m jupyter.Message) { got = append(got, m.Header.MsgType) })
		if err != nil || reply.Status != jupyter.ReplyOK || reply.ExecutionCount != 7 {
			t.Fatalf("early %v: reply %+v, %v", early, reply, err)
		}
		if len(got) != 3 || got[0] != jupyter.StatusType || got[1] != jupyter.StreamType || got[2] != jupyter.StatusType {
			t.Errorf("early %v: the handler got %v", early, got)
		}
		c.Close()
	}
}

func TestExecuteFailsWhenTheKernelGoes(t *testing.T) {
	t.Parallel()
	kernel, conn := jupyter.Pipe()
	c := jupyter.NewClient(conn)
	go func() {
		_, _ = kernel.Receive()
		kernel.Close()
	}()
	_, err := c.Execute(t.Context(), "x", nil)
	if fault.KindOf(err) != fault.Missing {
		t.Errorf("error %v, want a Missing fault", err)
	}
	select {
	case <-c.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the client does not notice")
	}
	if _, err := c.KernelInfo(t.Context()); fault.KindOf(err) != fault.Missing {
		t.Errorf("a later request: %v, want a Missing fault", err)
	}
}

func TestExecuteEndsWithItsContext(t *testing.T) {
	t.Parallel()
	kernel, conn := jupyter.Pipe()
	defer kernel.Close()
	c := jupyter.NewClient(conn)
	defer c.Close()
	go func() { _, _ = kernel.Receive() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Execute(ctx, "x", nil); !errors.Is(err, context.DeadlineExceeded) || fault.KindOf(err) != fault.Canceled {
		t.Errorf("error %v, want the deadline", err)
	}
}

func TestCountsAndStops(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	table := []struct {
		e             jupyter.Execute
		counts, stops bool
	}{
		{jupyter.Execute{}, true, true},
		{jupyter.Execute{Silent: true, StoreHistory: &yes}, false, true},
		{jupyter.Execute{StoreHistory: &no, StopOnError: &no}, false, false},
		{jupyter.Execute{StoreHistory: &yes, StopOnError: &yes}, true, true},
	}
	for _, row := range table {
		if row.e.Counts() != row.counts || row.e.Stops() != row.stops {
			t.Errorf("%+v: counts %v, stops %v", row.e, row.e.Counts(), row.e.Stops())
		}
	}
}
