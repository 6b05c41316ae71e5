package tokens

import (
	"bufio"
	"bytes"
	"io"
)

// eventData begins the lines of an event stream that hold a piece of a response.
const eventData = "data:"

// isEvents reports whether text is that of server-sent events, as a streamed response is
// saved.
func isEvents(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	for _, field := range []string{eventData, "event:", "id:", "retry:", ": "} {
		if bytes.HasPrefix(head, []byte(field)) {
			return true
		}
	}
	return false
}

// eventReader turns an event stream into the JSON values of its events, a line each. What
// is no JSON becomes blanks, so that places in the text stay those of the file.
type eventReader struct {
	in     *bufio.Reader
	rest   []byte // of the piece that is being read
	inside bool   // the next piece goes on with a line
	blank  bool   // that line holds nothing
}

// Read implements io.Reader.
func (r *eventReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		piece, err := r.in.ReadSlice('\n')
		if len(piece) == 0 {
			if err == nil {
				err = io.ErrNoProgress
			}
			return 0, err
		}
		if !r.inside {
			r.begin(piece)
		}
		if r.blank {
			wipe(piece)
		}
		r.inside = piece[len(piece)-1] != '\n'
		r.rest = piece
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// begin looks at the first piece of a line and blanks the name of its field.
func (r *eventReader) begin(piece []byte) {
	data, ok := bytes.CutPrefix(piece, []byte(eventData))
	data = bytes.TrimSpace(data)
	r.blank = !ok || !bytes.HasPrefix(data, []byte("{"))
	if ok {
		wipe(piece[:len(eventData)])
	}
}

// wipe overwrites text but its line end.
func wipe(text []byte) {
	for i := range text {
		if text[i] != '\n' {
			text[i] = ' '
		}
	}
}
