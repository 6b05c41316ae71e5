package zmtp

import (
	"context"
	"fmt"
	"net"
	"time"

	"profilemate/workbench/fault"
)

// redial is how long Dial waits before it tries again.
const redial = 20 * time.Millisecond

// Conn is a dialed socket: one connection, which is not made again when it breaks.
// Send is safe for concurrent use; Receive is called by one goroutine.
type Conn struct{ p *peer }

// Dial connects a Dealer, Sub or Req socket to a TCP address, trying again until it
// is heard or ctx ends. identity may be nil. A Sub gets every message. A peer of
// another kind is Unsupported or Corrupt.
func Dial(ctx context.Context, typ Type, address string, identity []byte) (*Conn, error) {
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return dialed(conn, properties{socket: typ, identity: identity})
		}
		select {
		case <-ctx.Done():
			return nil, fault.Errorf(fault.Missing, "nothing answers at %s: %w", address, err)
		case <-time.After(redial):
		}
	}
}

func dialed(conn net.Conn, own properties) (*Conn, error) {
	p, err := meet(conn, own, defaultPatience)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("connecting to %s: %w", conn.RemoteAddr(), err)
	}
	switch {
	case own.socket != Sub:
	case p.minor >= 1:
		p.out.push(command{name: "SUBSCRIBE"}.encode())
	default:
		p.out.push(encode([][]byte{{1}}))
	}
	return &Conn{p}, nil
}

// Send queues a message. A peer that has gone or has stopped reading is Missing.
func (c *Conn) Send(frames ...[]byte) error {
	if !c.p.out.push(encode(frames)) {
		return fault.Errorf(fault.Missing, "the %s socket's peer is not there", c.p.own)
	}
	return nil
}

// Receive returns the next message. It returns io.EOF when the peer has closed
// between two messages or Close was called.
func (c *Conn) Receive() ([][]byte, error) { return c.p.read(func([]byte) {}) }

// Close writes out what is queued, for at most a second, and ends the connection.
func (c *Conn) Close() error {
	c.p.close()
	return nil
}
