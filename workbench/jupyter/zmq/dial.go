package zmq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/jupyter/zmtp"
)

// closeLimit is how long a client goes on to listen when one of its connections has
// ended: what a kernel said last is on its way on another one.
const closeLimit = time.Second

// client is a client's end of a connection to a kernel.
type client struct {
	key     string
	conns   map[string]*zmtp.Conn // by channel
	in      chan jupyter.Message
	ended   chan struct{} // closed when nothing more comes
	closing chan struct{}
	once    sync.Once
	err     error // why it ended; set before ended is closed

	nudger string        // session of the requests that are made only to hear something
	heard  chan struct{} // closed by the first iopub message
}

// Dial connects to the kernel that listens at c, waiting for it until ctx ends, and
// for its iopub channel to be heard: what is published before that is lost. The order of messages holds within each channel only. Receive returns io.EOF when the
// kernel has gone; the connection is not made again.
func Dial(ctx context.Context, c Connection) (jupyter.Conn, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	d := &client{key: c.Key, conns: map[string]*zmtp.Conn{}, in: make(chan jupyter.Message), ended: make(chan struct{}),
		closing: make(chan struct{}), nudger: uuid.NewString(), heard: make(chan struct{})}
	identity := []byte(uuid.NewString()) // the same on all: the kernel asks for input by it
	for _, channel := range []struct {
		name string
		port int
		typ  zmtp.Type
	}{ // iopub first: its answers are published once
		{jupyter.IOPub, c.IOPubPort, zmtp.Sub}, {jupyter.Shell, c.ShellPort, zmtp.Dealer},
		{jupyter.Control, c.ControlPort, zmtp.Dealer}, {jupyter.Stdin, c.StdinPort, zmtp.Dealer},
	} {
		conn, err := zmtp.Dial(ctx, channel.typ, c.Address(channel.port), identity)
		if err != nil {
			d.closeConns()
			return nil, fmt.Errorf("connecting to the kernel's %s: %w", channel.name, err)
		}
		d.conns[channel.name] = conn
	}
	d.start()
	d.listen(ctx)
	return d, nil
}

const (
	welcomeLimit = 100 * time.Millisecond // for an iopub_welcome, which kernels before 5.5 do not send
	nudgeEvery   = 200 * time.Millisecond
	nudges       = 10 // after which the kernel is busy, and has taken the subscription long since
)

// listen waits until something was published to this client. A kernel that does not
// greet is asked for its info, which it publishes a status for; the answers are
// dropped.
func (d *client) listen(ctx context.Context) {
	wait := welcomeLimit
	for range nudges {
		select {
		case <-d.heard:
			return
		case <-d.ended:
			return
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = nudgeEvery
		for _, channel := range []string{jupyter.Shell, jupyter.Control} {
			_ = d.Send(jupyter.NewMessage(channel, jupyter.KernelInfoRequest, d.nudger, nil, struct{}{})) // the next one may get through
		}
	}
}

// start reads all channels. When one has ended the others follow in closeLimit.
func (d *client) start() {
	var reading sync.WaitGroup
	failed := make(chan error, len(d.conns))
	for name, conn := range d.conns {
		reading.Go(func() { failed <- d.read(name, conn) })
	}
	go func() {
		err := <-failed
		timer := time.AfterFunc(closeLimit, d.closeConns)
		reading.Wait()
		timer.Stop()
		d.closeConns()
		if !errors.Is(err, io.EOF) {
			d.err = err
		}
		close(d.ended)
	}()
}

func (d *client) read(channel string, conn *zmtp.Conn) error {
	heard := false
	for {
		frames, err := conn.Receive()
		if err != nil {
			return err
		}
		m, err := Decode(frames, channel, d.key)
		if err != nil {
			continue // it is not the kernel's, or is no message
		}
		m.Identities = nil // the topic
		if channel == jupyter.IOPub && !heard {
			heard = true
			close(d.heard)
		}
		if m.ParentHeader != nil && m.ParentHeader.Session == d.nudger {
			continue
		}
		select {
		case d.in <- m:
		case <-d.closing:
			return io.EOF
		}
	}
}

// Send sends a request.
func (d *client) Send(m jupyter.Message) error {
	conn := d.conns[m.Channel]
	if conn == nil || m.Channel == jupyter.IOPub {
		return fault.Errorf(fault.Misuse, "a client sends nothing on the channel %q", m.Channel)
	}
	frames, err := Encode(m, d.key)
	if err != nil {
		return err
	}
	return conn.Send(frames...)
}

// Receive returns the next message of any channel.
func (d *client) Receive() (jupyter.Message, error) {
	select {
	case m := <-d.in:
		return m, nil
	case <-d.ended:
	}
	if d.err != nil {
		return jupyter.Message{}, d.err
	}
	return jupyter.Message{}, io.EOF
}

// Close ends the connection; the kernel lives on.
func (d *client) Close() error {
	d.once.Do(func() {
		close(d.closing)
		d.closeConns()
	})
	return nil
}

func (d *client) closeConns() {
	var closing sync.WaitGroup
	for _, conn := range d.conns {
		closing.Go(func() { _ = conn.Close() }) // it is left anyway
	}
	closing.Wait()
}
