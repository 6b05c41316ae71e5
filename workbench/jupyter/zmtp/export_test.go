package zmtp

import (
	"bytes"
	"io"
	"net"
	"time"
)

// stranger is a connection from which data comes and which takes everything.
type stranger struct {
	io.Reader
	net.Conn
}

func (s stranger) Read(p []byte) (int, error)     { return s.Reader.Read(p) }
func (stranger) Write(p []byte) (int, error)      { return len(p), nil }
func (stranger) Close() error                     { return nil }
func (stranger) SetDeadline(time.Time) error      { return nil }
func (stranger) SetWriteDeadline(time.Time) error { return nil }

// Fed lets a socket of a type read data as a peer's whole connection; shaken puts a
// handshake before it. It returns what ended the connection.
func Fed(typ Type, data []byte, shaken bool) error {
	if shaken {
		theirs := properties{socket: Dealer}
		if typ == XPub {
			theirs.socket = Sub
		}
		data = append(append(greeting(), theirs.ready()...), data...)
	}
	p, err := meet(stranger{Reader: bytes.NewReader(data)}, properties{socket: typ}, time.Millisecond)
	if err != nil {
		return err
	}
	defer p.close()
	for {
		frames, err := p.read(func([]byte) {})
		if err != nil {
			return err
		}
		if again, err := readMessage(bytes.NewReader(encode(frames)), nil); err != nil || len(again) != len(frames) {
			panic("a message that was read cannot be written")
		}
	}
}
