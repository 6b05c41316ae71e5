// Package kernel is the process behind a notebook: cells come in as Jupyter
// messages, results, progress and errors go out.
//
// One goroutine receives. It answers the control channel at once, so that an
// interrupt overtakes the cell that runs, and puts everything else in a queue that
// a second goroutine works off in order.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"

	"profilemate/workbench/jupyter"
)

// Options configure Serve.
type Options struct {
	Languages []Language // told apart by their markers
	Default   string     // marker of the language of cells without one; empty: such a cell is an error
	Version   string     // of this program
}

// grace is how long Serve waits for the running cell when it is told to end.
const grace = 2 * time.Second

// Serve answers a client until ctx ends, the client asks for a shutdown or closes
// the connection; all three end it with nil. A connection that breaks otherwise is
// an error.
func Serve(ctx context.Context, conn jupyter.Conn, opts Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer conn.Close()
	s := &server{conn: conn, opts: opts, session: uuid.NewString()}
	s.wake = sync.NewCond(&s.mu)
	if p, ok := conn.(jupyter.Publisher); ok {
		p.Welcome(func(subscription string) jupyter.Message {
			return jupyter.NewMessage(jupyter.IOPub, jupyter.IOPubWelcome, s.session, nil, jupyter.Welcome{Subscription: subscription})
		})
	}
	s.status(nil, jupyter.StateStarting)
	worker := make(chan struct{})
	go func() { defer close(worker); s.work(ctx) }()
	received := make(chan error, 1)
	go func() { received <- s.receive() }()
	var err error
	select {
	case err = <-received:
	case <-ctx.Done(): // receiving ends with the connection, or with the process
	}
	s.close()
	cancel()
	select {
	case <-worker:
	case <-time.After(grace):
	}
	return err
}

// server is the state of one kernel process.
type server struct {
	conn    jupyter.Conn
	opts    Options
	session string // of every message of this process: clients drop messages when it changes

	mu     sync.Mutex
	wake   *sync.Cond
	queue  []queued
	cancel context.CancelFunc // of the running cell; nil when none runs
	closed bool

	displays displays
	shown    shownResults
	history  history // used by the worker alone, as is count
	count    int     // execution count
}

// queued is a request that waits for its turn, and how it must be answered if not
// by running it.
type queued struct {
	message jupyter.Message
	verdict verdict
}

type verdict int

const (
	run         verdict = iota
	abort               // a request before it failed
	interrupted         // an interrupt came after it
)

// receive takes requests until the connection ends or a shutdown is asked for.
func (s *server) receive() error {
	for {
		m, err := s.conn.Receive()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("receiving a request: %w", err)
		case m.Channel == jupyter.Control:
			if s.control(m) {
				return nil
			}
		case m.Channel == jupyter.Shell:
			s.push(m)
		}
	}
}

// control answers a control request on the receiving goroutine and reports whether
// the kernel must end.
func (s *server) control(m jupyter.Message) (end bool) {
	s.status(&m, jupyter.StateBusy)
	defer s.status(&m, jupyter.StateIdle)
	switch m.Header.MsgType {
	case jupyter.InterruptRequest:
		s.interrupt()
		s.reply(m, jupyter.InterruptReply, map[string]string{"status": jupyter.ReplyOK})
	case jupyter.ShutdownRequest:
		s.shutdown(m)
		return true
	case jupyter.KernelInfoRequest:
		s.reply(m, jupyter.KernelInfoReply, s.info())
	}
	return false
}

func (s *server) shutdown(m jupyter.Message) {
	request, _ := jupyter.Decode[struct{ Restart bool }](m) // a missing flag means no restart
	s.interrupt()
	s.reply(m, jupyter.ShutdownReply, map[string]any{"status": jupyter.ReplyOK, "restart": request.Restart})
}

// interrupt stops the running cell and every cell that was received before now.
func (s *server) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
	}
	s.judge(interrupted)
}

// judge settles the fate of all queued cells. The caller holds s.mu.
func (s *server) judge(v verdict) {
	for i := range s.queue {
		if s.queue[i].message.Header.MsgType == jupyter.ExecuteRequest && s.queue[i].verdict == run {
			s.queue[i].verdict = v
		}
	}
}

func (s *server) push(m jupyter.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, queued{message: m})
	s.wake.Signal()
}

// pop waits for the next request. An execute request that is to run is registered
// as the running cell in the same step, so that no interrupt falls in between.
func (s *server) pop(cell context.CancelFunc) (queued, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && !s.closed {
		s.wake.Wait()
	}
	if s.closed {
		return queued{}, false
	}
	q := s.queue[0]
	s.queue = s.queue[1:]
	if q.message.Header.MsgType == jupyter.ExecuteRequest && q.verdict == run {
		s.cancel = cell
	}
	return q, true
}

func (s *server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake.Broadcast()
}

// work answers queued requests in order until the kernel ends.
func (s *server) work(ctx context.Context) {
	for {
		cell, cancel := context.WithCancel(ctx)
		q, ok := s.pop(cancel)
		if ok {
			s.answer(cell, q)
		}
		cancel()
		if !ok {
			return
		}
		if q.message.Header.MsgType == jupyter.ShutdownRequest {
			s.conn.Close() // ends receiving, after the reply and the idle
		}
	}
}

// answer gives one shell request its busy, its reply and its idle.
func (s *server) answer(ctx context.Context, q queued) {
	m := q.message
	s.status(&m, jupyter.StateBusy)
	defer s.status(&m, jupyter.StateIdle)
	if m.Header.MsgType == jupyter.ExecuteRequest {
		s.execute(ctx, q)
		return
	}
	s.ask(ctx, m)
}

// send writes a message. A failure means that the client has gone, which the
// receiving goroutine finds out by itself.
func (s *server) send(channel, msgType string, parent *jupyter.Message, content any) {
	var header *jupyter.Header
	if parent != nil {
		header = &parent.Header
	}
	m := jupyter.NewMessage(channel, msgType, s.session, header, content)
	if parent != nil && channel != jupyter.IOPub {
		m.Identities = parent.Identities
	}
	_ = s.conn.Send(m)
}

func (s *server) status(parent *jupyter.Message, state string) {
	s.send(jupyter.IOPub, jupyter.StatusType, parent, jupyter.Status{ExecutionState: state})
}

func (s *server) reply(to jupyter.Message, msgType string, content any) {
	s.send(to.Channel, msgType, &to, content)
}
