// Package zmtp speaks ZMTP 3.1, the wire protocol of ZeroMQ, over TCP with the NULL
// mechanism: the ROUTER, XPUB and REP sockets that a Jupyter kernel listens on, and
// the DEALER, SUB and REQ sockets that its client dials with.
//
// Everything is bounded: lengths, frames, connections, and what waits for a peer
// that does not read. What a peer sends can end its connection, nothing else.
package zmtp

import (
	"bytes"
	"encoding/binary"
	"io"

	"profilemate/workbench/fault"
)

// The bounds of a message.
const (
	MaxMessage = 256 << 20 // bytes of all its frames
	MaxFrames  = 4096
)

// maxCommand bounds a command, which is a name and a few properties, in bytes.
const maxCommand = 64 << 10

// The bits of a frame's first byte.
const (
	flagMore    = 1 // another frame of the message follows
	flagLong    = 2 // the length has eight bytes, not one
	flagCommand = 4
)

// appendFrame writes a frame.
func appendFrame(to []byte, flags byte, body []byte) []byte {
	if len(body) > 255 {
		to = append(to, flags|flagLong)
		to = binary.BigEndian.AppendUint64(to, uint64(len(body)))
	} else {
		to = append(to, flags, byte(len(body)))
	}
	return append(to, body...)
}

// encode writes a message of one frame or more.
func encode(frames [][]byte) []byte {
	size := 0
	for _, f := range frames {
		size += 9 + len(f)
	}
	out := make([]byte, 0, size)
	for i, f := range frames {
		flags := byte(0)
		if i < len(frames)-1 {
			flags = flagMore
		}
		out = appendFrame(out, flags, f)
	}
	return out
}

// readFrame reads a frame of at most limit bytes. It allocates no more than twice
// what has come. io.EOF means that the stream ends before a frame.
func readFrame(r io.Reader, limit int) (flags byte, body []byte, err error) {
	var head [9]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return 0, nil, err
	}
	flags = head[0]
	if flags&^(flagMore|flagLong|flagCommand) != 0 {
		return 0, nil, fault.Errorf(fault.Corrupt, "a frame has the unknown flags %#02x", flags)
	}
	width := 1
	if flags&flagLong != 0 {
		width = 8
	}
	if _, err := io.ReadFull(r, head[9-width:]); err != nil {
		return 0, nil, cutShort(err)
	}
	size := binary.BigEndian.Uint64(head[1:])
	if width == 1 {
		size = uint64(head[8])
	}
	if size > uint64(limit) {
		return 0, nil, fault.Errorf(fault.Corrupt, "a frame of %d bytes is longer than is taken (%d)", size, limit)
	}
	var b bytes.Buffer
	if n, err := b.ReadFrom(io.LimitReader(r, int64(size))); err != nil || uint64(n) < size {
		return 0, nil, cutShort(err)
	}
	return flags, b.Bytes(), nil
}

// cutShort is the error of a stream that ends within a frame, or breaks.
func cutShort(err error) error {
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		return fault.Errorf(fault.Corrupt, "the stream ends within a frame: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// command is a frame of the protocol's own.
type command struct {
	name string
	data []byte
}

func (c command) encode() []byte {
	body := append([]byte{byte(len(c.name))}, c.name...)
	return appendFrame(nil, flagCommand, append(body, c.data...))
}

func parseCommand(body []byte) (command, error) {
	if len(body) == 0 || len(body) < 1+int(body[0]) {
		return command{}, fault.Errorf(fault.Corrupt, "a command is cut short")
	}
	n := 1 + int(body[0])
	return command{name: string(body[1:n]), data: body[n:]}, nil
}

// readMessage reads the frames of a message. Commands on the way go to handle.
func readMessage(r io.Reader, handle func(command) error) ([][]byte, error) {
	var frames [][]byte
	room := MaxMessage
	for {
		flags, body, err := readFrame(r, room)
		switch {
		case err == io.EOF && len(frames) > 0:
			return nil, cutShort(err)
		case err != nil:
			return nil, err
		case flags&flagCommand != 0:
			if err := obey(flags, body, handle); err != nil {
				return nil, err
			}
			continue
		case len(frames) == MaxFrames:
			return nil, fault.Errorf(fault.Corrupt, "a message has more than %d frames", MaxFrames)
		}
		frames, room = append(frames, body), room-len(body)
		if flags&flagMore == 0 {
			return frames, nil
		}
	}
}

func obey(flags byte, body []byte, handle func(command) error) error {
	if flags&flagMore != 0 || len(body) > maxCommand {
		return fault.Errorf(fault.Corrupt, "a command has more than one frame or %d bytes", maxCommand)
	}
	c, err := parseCommand(body)
	if err != nil {
		return err
	}
	return handle(c)
}
