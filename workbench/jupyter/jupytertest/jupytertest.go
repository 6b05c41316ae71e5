// Package jupytertest holds the conformance suite of a kernel: what every client
// relies on, whatever transport carries the messages.
package jupytertest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"profilemate/workbench/jupyter"
)

// Cells are texts that the kernel under test understands.
type Cells struct {
	Works     string // shows one display_data with text/plain
	Fails     string // ends with an error at once
	FailsLate string // ends with an error after a second
	Slow      string // runs for at least ten seconds unless it is interrupted
}

// patience bounds the wait for any one message.
const patience = 10 * time.Second

// Run starts a kernel for each part of the suite. start returns the client's end
// of a connection to a new kernel; its Receive must end when the kernel has ended.
func Run(t *testing.T, cells Cells, start func(t *testing.T) jupyter.Conn) {
	parts := map[string]part{
		"kernel info":               kernelInfo,
		"a cell that works":         works,
		"a cell that fails":         fails,
		"an empty cell":             empty,
		"silent cells do not count": silent,
		"an error aborts the queue": aborts,
		"interrupt overtakes":       interrupts,
		"small requests":            small,
		"unknown requests":          unknown,
		"shutdown":                  shutdown,
		"one session":               oneSession,
		"no input is asked for":     noInput,
		"history":                   history,
		"duplicates and strays":     strays,
	}
	run(t, parts, cells, start)
}

// Ordered runs what can only be asked of a transport that keeps the order of requests
// across channels. ZeroMQ has a socket for each: there an interrupt may overtake the cell
// that was sent before it, and then finds nothing to stop.
func Ordered(t *testing.T, cells Cells, start func(t *testing.T) jupyter.Conn) {
	run(t, map[string]part{"interrupt empties queue": interruptsQueued}, cells, start)
}

// A part of the suite has a kernel of its own.
type part func(*testing.T, *client, Cells)

func run(t *testing.T, parts map[string]part, cells Cells, start func(t *testing.T) jupyter.Conn) {
	t.Helper()
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, start(t))
			part(t, c, cells)
		})
	}
}

// client sends raw requests and keeps every message, so that their order can be
// checked.
type client struct {
	t        *testing.T
	conn     jupyter.Conn
	messages chan jupyter.Message
	seen     []jupyter.Message
}

func newClient(t *testing.T, conn jupyter.Conn) *client {
	c := &client{t: t, conn: conn, messages: make(chan jupyter.Message, 1000)}
	go func() {
		defer close(c.messages)
		for {
			m, err := conn.Receive()
			if err != nil {
				return
			}
			c.messages <- m
		}
	}()
	t.Cleanup(func() { conn.Close() })
	return c
}

func (c *client) send(channel, msgType string, content any) jupyter.Message {
	c.t.Helper()
	m := jupyter.NewMessage(channel, msgType, "test-"+uuid.NewString(), nil, content)
	if err := c.conn.Send(m); err != nil {
		c.t.Fatalf("sending %s: %v", msgType, err)
	}
	return m
}

func (c *client) execute(code string) jupyter.Message {
	c.t.Helper()
	return c.send(jupyter.Shell, jupyter.ExecuteRequest, map[string]any{"code": code})
}

// until receives messages until one satisfies enough.
func (c *client) until(what string, enough func(jupyter.Message) bool) jupyter.Message {
	c.t.Helper()
	for _, m := range c.seen {
		if enough(m) {
			return m
		}
	}
	limit := time.After(patience)
	for {
		select {
		case m, ok := <-c.messages:
			if !ok {
				c.t.Fatalf("the kernel ended while the test waited for %s", what)
			}
			c.seen = append(c.seen, m)
			if enough(m) {
				return m
			}
		case <-limit:
			c.t.Fatalf("no %s within %v; got %s", what, patience, list(c.seen))
		}
	}
}

// answered waits for the reply to a request and for the idle that ends it, checks
// that the messages are framed as the protocol wants it, and returns them. The order
// of messages is that of each channel: a transport may deliver the reply last.
func (c *client) answered(request jupyter.Message) (reply jupyter.Message, between []jupyter.Message) {
	c.t.Helper()
	between = c.framed(request)
	reply = c.until("reply to "+request.Header.MsgType, func(m jupyter.Message) bool {
		return answers(m, request) && m.Channel != jupyter.IOPub
	})
	if reply.Channel != request.Channel {
		c.t.Fatalf("%s on %s is answered on %s", request.Header.MsgType, request.Channel, reply.Channel)
	}
	return reply, between
}

// framed waits for the idle that ends a request and returns what was published
// between it and the busy. It fails where another status is among them.
func (c *client) framed(request jupyter.Message) []jupyter.Message {
	c.t.Helper()
	c.until("idle after "+request.Header.MsgType, func(m jupyter.Message) bool {
		return answers(m, request) && stateOf(m) == jupyter.StateIdle
	})
	var mine []jupyter.Message
	for _, m := range c.seen {
		if answers(m, request) && m.Channel == jupyter.IOPub {
			mine = append(mine, m)
		}
	}
	if len(mine) < 2 || stateOf(mine[0]) != jupyter.StateBusy || stateOf(mine[len(mine)-1]) != jupyter.StateIdle {
		c.t.Fatalf("%s is not framed by busy and idle: %s", request.Header.MsgType, list(mine))
	}
	mine = mine[1 : len(mine)-1]
	for _, m := range mine {
		if stateOf(m) != "" {
			c.t.Fatalf("%s has another status within: %s", request.Header.MsgType, list(mine))
		}
	}
	return mine
}

func answers(m, request jupyter.Message) bool {
	return m.ParentHeader != nil && m.ParentHeader.MsgID == request.Header.MsgID
}

func stateOf(m jupyter.Message) string {
	if m.Header.MsgType != jupyter.StatusType {
		return ""
	}
	s, _ := jupyter.Decode[jupyter.Status](m)
	return s.ExecutionState
}

func list(messages []jupyter.Message) string {
	names := []string{}
	for _, m := range messages {
		names = append(names, m.Header.MsgType+" "+string(m.Content))
	}
	text, _ := json.Marshal(names)
	return string(text)
}

// only returns the one message of a type, and fails where there is another number
// of them.
func (c *client) only(messages []jupyter.Message, msgType string) jupyter.Message {
	c.t.Helper()
	var found []jupyter.Message
	for _, m := range messages {
		if m.Header.MsgType == msgType {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		c.t.Fatalf("%d messages of type %s, want 1: %s", len(found), msgType, list(messages))
	}
	return found[0]
}

// result decodes an execute reply and checks its status and count.
func (c *client) result(reply jupyter.Message, status string, count int) jupyter.Reply {
	c.t.Helper()
	r, err := jupyter.Decode[jupyter.Reply](reply)
	if err != nil || reply.Header.MsgType != jupyter.ExecuteReply || r.Status != status || r.ExecutionCount != count {
		c.t.Fatalf("reply %s, want an execute_reply %q with count %d (%v)", list([]jupyter.Message{reply}), status, count, err)
	}
	return r
}

// within waits for a request's answer and fails when it takes longer than limit.
func (c *client) within(limit time.Duration, request jupyter.Message) (jupyter.Message, []jupyter.Message) {
	c.t.Helper()
	begin := time.Now()
	reply, between := c.answered(request)
	if took := time.Since(begin); took > limit {
		c.t.Errorf("%s was answered after %v, want at most %v", request.Header.MsgType, took, limit)
	}
	return reply, between
}

// started waits until the kernel has begun to run a cell.
func (c *client) started(request jupyter.Message) {
	c.t.Helper()
	c.until("execute_input", func(m jupyter.Message) bool {
		return answers(m, request) && m.Header.MsgType == jupyter.ExecuteInput
	})
}
