package jupyter

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"profilemate/workbench/fault"
)

// MaxFrame is the longest message in bytes that a stream carries. A result is
// bounded by its preview of 1,000 rows a table, so that a longer one is an accident.
const MaxFrame = 256 << 20

// firstRead bounds what is allocated on the word of a length alone.
const firstRead = 1 << 20

// NewStream carries messages over a pair of byte streams, such as the standard
// input and output of a child: each message is a big-endian uint32 length and that
// many bytes of JSON, buffers in base64. Close closes w, and r where it is a Closer.
func NewStream(r io.Reader, w io.WriteCloser) Conn { return &stream{r: r, w: w} }

type stream struct {
	r    io.Reader
	w    io.WriteCloser
	mu   sync.Mutex // serializes frames
	once sync.Once
	err  error
}

// Send writes one frame.
func (s *stream) Send(m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", m.Header.MsgType, err)
	}
	if len(body) > MaxFrame {
		return fault.Errorf(fault.Unsupported, "a %s of %d bytes is longer than a message may be (%d)",
			m.Header.MsgType, len(body), MaxFrame)
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	frame = append(frame, body...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.w.Write(frame); err != nil {
		return fmt.Errorf("sending %s: %w", m.Header.MsgType, err)
	}
	return nil
}

// Receive reads one frame; io.EOF means that the other side closed between frames.
func (s *stream) Receive() (Message, error) {
	m, err := ReadFrame(s.r)
	if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, fs.ErrClosed) {
		return Message{}, io.EOF
	}
	return m, err
}

// Close closes both directions once.
func (s *stream) Close() error {
	s.once.Do(func() {
		s.err = s.w.Close()
		if c, ok := s.r.(io.Closer); ok {
			s.err = errors.Join(s.err, c.Close())
		}
	})
	return s.err
}

// ReadFrame reads one message in the form that NewStream describes. It returns
// io.EOF where the stream ends before a frame, and a Corrupt fault for a frame
// that is cut short, too long, or holds no message.
func ReadFrame(r io.Reader) (Message, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return Message{}, fault.Errorf(fault.Corrupt, "message stream: it ends within a length")
		}
		return Message{}, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > MaxFrame {
		return Message{}, fault.Errorf(fault.Corrupt,
			"message stream: a length of %d is above the limit of %d: something else than messages was written to it", n, MaxFrame)
	}
	body, err := readBody(r, int(n))
	if err != nil {
		return Message{}, err
	}
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		return Message{}, fault.Errorf(fault.Corrupt, "message stream: a frame of %d bytes is no message: %w", n, err)
	}
	if m.Header.MsgType == "" || m.Header.MsgID == "" {
		return Message{}, fault.Errorf(fault.Corrupt, "message stream: a frame of %d bytes has no msg_type or msg_id in its header", n)
	}
	if m.ParentHeader != nil && m.ParentHeader.MsgID == "" {
		m.ParentHeader = nil // Jupyter writes {} for "answers nothing"
	}
	return m, nil
}

// readBody reads n bytes, allocating no more than twice what has come.
func readBody(r io.Reader, n int) ([]byte, error) {
	body := make([]byte, min(n, firstRead))
	for have := 0; ; {
		got, err := io.ReadFull(r, body[have:])
		have += got
		if err != nil {
			return nil, fault.Errorf(fault.Corrupt, "message stream: it ends %d bytes into a frame of %d: %w", have, n, io.ErrUnexpectedEOF)
		}
		if have == n {
			return body, nil
		}
		body = append(body, make([]byte, min(n-have, have))...)
	}
}

// Pipe returns the two ends of a connection within this process. It frames its
// messages as NewStream does.
func Pipe() (kernel, client Conn) {
	toKernel, fromClient := io.Pipe()
	toClient, fromKernel := io.Pipe()
	return NewStream(toKernel, fromKernel), NewStream(toClient, fromClient)
}
