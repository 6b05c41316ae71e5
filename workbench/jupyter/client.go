package jupyter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/google/uuid"

	"profilemate/workbench/fault"
)

// Client is the asking side of a connection to one kernel. It is safe for
// concurrent use.
type Client struct {
	conn    Conn
	session string
	done    chan struct{}

	mu      sync.Mutex
	err     error               // why the connection ended; set before done is closed
	pending map[string]*request // by message id
}

// request is a message that waits for its reply and for the idle that ends it.
type request struct {
	handler func(Message)
	reply   *Message
	idle    bool
	noReply bool          // the idle alone ends it
	done    chan struct{} // closed when both have come
}

// NewClient starts to receive on conn, which the client owns from now on.
func NewClient(conn Conn) *Client {
	c := &Client{conn: conn, session: uuid.NewString(), done: make(chan struct{}), pending: map[string]*request{}}
	go c.receive()
	return c
}

// Done is closed when the kernel has gone or Close was called.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err says why the connection ended; nil while it lives, io.EOF when the kernel
// closed it.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection. Requests under way fail.
func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) receive() {
	for {
		m, err := c.conn.Receive()
		if err != nil {
			c.mu.Lock()
			c.err = err
			c.mu.Unlock()
			close(c.done)
			c.conn.Close()
			return
		}
		c.deliver(m)
	}
}

// deliver hands a message to the request it answers. A message for nobody (the
// kernel's first status, the tail of an abandoned request) is dropped.
func (c *Client) deliver(m Message) {
	if m.ParentHeader == nil {
		return
	}
	c.mu.Lock()
	r := c.pending[m.ParentHeader.MsgID]
	c.mu.Unlock()
	if r == nil {
		return
	}
	if m.Channel != IOPub {
		r.reply = &m
	} else {
		if r.handler != nil {
			r.handler(m)
		}
		if m.Header.MsgType == StatusType {
			s, err := Decode[Status](m)
			r.idle = r.idle || err == nil && s.ExecutionState == StateIdle
		}
	}
	if (r.reply != nil || r.noReply) && r.idle {
		c.forget(m.ParentHeader.MsgID)
		close(r.done)
	}
}

func (c *Client) forget(id string) {
	c.mu.Lock()
	delete(c.pending, id)
	c.mu.Unlock()
}

// Request sends a message and waits for its reply and for the idle status that
// ends it. handler gets the request's iopub messages in order, one at a time, on
// the client's receiving goroutine: it must not block, and may be nil. When ctx
// ends first the request is abandoned, not interrupted.
func (c *Client) Request(ctx context.Context, channel, msgType string, content any, handler func(Message)) (Message, error) {
	r := &request{handler: handler, done: make(chan struct{})}
	if err := c.ask(ctx, NewMessage(channel, msgType, c.session, nil, content), r); err != nil {
		return Message{}, err
	}
	return *r.reply, nil
}

// OpenComm opens a comm of a target and returns the data of the first message that
// the kernel sends on it before it has handled the request. A kernel that does not
// know the target is NotFound. See Request for ctx.
func (c *Client) OpenComm(ctx context.Context, target string, data any) (json.RawMessage, error) {
	id := uuid.NewString()
	var answer json.RawMessage
	r := &request{done: make(chan struct{}), noReply: true, handler: func(m Message) {
		content, err := Decode[struct {
			ID   string          `json:"comm_id"`
			Data json.RawMessage `json:"data"`
		}](m)
		if m.Header.MsgType == CommMsg && err == nil && content.ID == id && answer == nil {
			answer = content.Data
		}
	}}
	m := NewMessage(Shell, CommOpen, c.session, nil, map[string]any{"comm_id": id, "target_name": target, "data": data})
	if err := c.ask(ctx, m, r); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, fault.Errorf(fault.NotFound, "the kernel knows no comm target %s", target)
	}
	return answer, nil
}

// ask sends a message and waits until the kernel has answered it in full.
func (c *Client) ask(ctx context.Context, m Message, r *request) error {
	c.mu.Lock()
	c.pending[m.Header.MsgID] = r
	c.mu.Unlock()
	defer c.forget(m.Header.MsgID)
	if err := c.conn.Send(m); err != nil {
		return c.gone(err)
	}
	select {
	case <-r.done:
		return nil
	case <-c.done:
		select {
		case <-r.done: // it was answered in full before the kernel went
			return nil
		default:
		}
		return c.gone(c.Err())
	case <-ctx.Done():
		return fmt.Errorf("waiting for the kernel's answer to %s: %w", m.Header.MsgType, ctx.Err())
	}
}

// gone is the fault of a request whose kernel is no longer there.
func (c *Client) gone(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return fault.Errorf(fault.Missing, "the kernel has ended")
	}
	return fault.Errorf(fault.Missing, "the connection to the kernel broke: %w", err)
}

// Execute runs a cell. An error of the cell is in the Reply, not in err: err says
// that there is no reply. See Request for handler and ctx.
func (c *Client) Execute(ctx context.Context, code string, handler func(Message)) (Reply, error) {
	m, err := c.Request(ctx, Shell, ExecuteRequest, Execute{Code: code, UserExpressions: map[string]string{}}, handler)
	if err != nil {
		return Reply{}, err
	}
	return Decode[Reply](m)
}

// KernelInfo asks the kernel what it is.
func (c *Client) KernelInfo(ctx context.Context) (KernelInfo, error) {
	m, err := c.Request(ctx, Shell, KernelInfoRequest, struct{}{}, nil)
	if err != nil {
		return KernelInfo{}, err
	}
	return Decode[KernelInfo](m)
}

// Interrupt stops what the kernel is doing and what it has queued. It returns when
// the kernel has taken notice, which is before the interrupted cell has ended.
func (c *Client) Interrupt(ctx context.Context) error {
	_, err := c.Request(ctx, Control, InterruptRequest, struct{}{}, nil)
	return err
}
