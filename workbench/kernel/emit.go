package kernel

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
	"unicode/utf8"

	"profilemate/workbench/jupyter"
)

// The limits of what one cell shows.
const (
	MaxStream  = 4 << 20  // bytes of standard output and error together
	MaxOutputs = 1000     // outputs, updates not counted
	MaxDisplay = 64 << 20 // bytes of one output as JSON
)

const (
	flushAfter = 50 * time.Millisecond // how long text waits for more
	flushAt    = 256 << 10             // bytes that are sent at once
)

// emitter is what one cell shows, as messages.
type emitter struct {
	server *server
	parent jupyter.Message
	count  int
	silent bool // no execute_result, as the protocol asks

	mu       sync.Mutex
	ended    bool
	name     string // of the stream whose text waits
	text     []byte
	timer    *time.Timer // sends the text that waits; nil while none does
	streamed int         // bytes of text so far
	outputs  int         // so far, those of text counted as they are sent
	noted    bool        // that a limit was passed
	progress progress
}

func newEmitter(s *server, parent jupyter.Message, count int, silent bool) *emitter {
	e := &emitter{server: s, parent: parent, count: count, silent: silent}
	e.progress.started = time.Now()
	return e
}

// Count is the execution count of the cell.
func (e *emitter) Count() int { return e.count }

// Stdout takes text of the cell.
func (e *emitter) Stdout() io.Writer { return streamWriter{e, "stdout"} }

// Stderr takes text of the cell that is about it.
func (e *emitter) Stderr() io.Writer { return streamWriter{e, "stderr"} }

type streamWriter struct {
	e    *emitter
	name string
}

// Write keeps the text for a moment, to send it with what follows.
func (w streamWriter) Write(p []byte) (int, error) {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	w.e.write(w.name, p)
	return len(p), nil
}

// write adds text to what waits. The caller holds e.mu, as of all below.
func (e *emitter) write(name string, p []byte) {
	if e.ended || len(p) == 0 {
		return
	}
	if room := MaxStream - e.streamed; len(p) > room {
		p = p[:max(room, 0)]
		for len(p) > 0 && !utf8.Valid(p[max(0, len(p)-utf8.UTFMax):]) && room > 0 {
			p, room = p[:len(p)-1], room-1 // not within a character
		}
		defer e.note(fmt.Sprintf("the cell wrote more than %d MiB of text; the rest is not shown", MaxStream>>20))
	}
	if e.name != name {
		e.flush()
		e.name = name
	}
	e.streamed += len(p)
	e.text = append(e.text, p...)
	switch {
	case len(e.text) >= flushAt:
		e.flush()
	case e.timer == nil && len(e.text) > 0:
		e.timer = time.AfterFunc(flushAfter, e.flushLater)
	}
}

func (e *emitter) flushLater() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.ended {
		e.flush()
	}
}

// flush sends the text that waits. A character whose last bytes have not come yet
// waits on.
func (e *emitter) flush() {
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	whole := wholeRunes(e.text)
	if whole == 0 {
		return
	}
	e.clearProgress()
	e.send(jupyter.StreamType, jupyter.Stream{Name: e.name, Text: string(e.text[:whole])})
	e.text = append(e.text[:0], e.text[whole:]...)
}

// wholeRunes returns how many bytes of a text are before a character that is cut
// off at its end.
func wholeRunes(text []byte) int {
	for back := 1; back <= min(utf8.UTFMax-1, len(text)); back++ {
		if c := text[len(text)-back]; utf8.RuneStart(c) {
			if !utf8.FullRune(text[len(text)-back:]) {
				return len(text) - back
			}
			break
		}
	}
	return len(text)
}

// note says once that something is not shown.
func (e *emitter) note(words string) {
	if e.noted {
		return
	}
	e.noted = true
	e.flush()
	e.send(jupyter.StreamType, jupyter.Stream{Name: "stderr", Text: "\n[" + words + "]\n"})
}

// Display shows a value, or puts it in the place of the one with the same id.
func (e *emitter) Display(id string, value Data) {
	e.server.shown.note(e.count, value)
	e.show(jupyter.DisplayData, id, value)
}

// Result shows the value of the cell.
func (e *emitter) Result(value Data) {
	if !e.silent {
		e.server.shown.note(e.count, value)
		e.show(jupyter.ExecuteResult, "", value)
	}
}

func (e *emitter) show(msgType, id string, value Data) {
	raw, err := json.Marshal(value)
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.ended:
		return
	case err != nil:
		e.note("a value cannot be shown: " + err.Error())
		return
	case len(raw) > MaxDisplay:
		e.note(fmt.Sprintf("a value of %d MiB is longer than is shown (%d MiB)", len(raw)>>20, MaxDisplay>>20))
		return
	}
	e.flush()
	e.clearProgress()
	content := shown{Data: raw, Metadata: map[string]any{}, Transient: &jupyter.Transient{DisplayID: id}}
	if e.server.displays.first(id) {
		if e.outputs >= MaxOutputs {
			e.note(fmt.Sprintf("the cell made more than %d outputs; the rest is not shown", MaxOutputs))
			return
		}
		e.outputs++
	} else {
		msgType = jupyter.UpdateDisplayData
	}
	if msgType == jupyter.ExecuteResult {
		content.ExecutionCount, content.Transient = &e.count, nil
	}
	e.send(msgType, content)
}

// shown is the content of a message that shows a value.
type shown struct {
	Data           json.RawMessage    `json:"data"`
	Metadata       map[string]any     `json:"metadata"`
	Transient      *jupyter.Transient `json:"transient,omitempty"`
	ExecutionCount *int               `json:"execution_count,omitempty"` // of results
}

// end sends what waits and takes nothing more.
func (e *emitter) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.flush()
	if len(e.text) > 0 { // it ends within a character
		e.send(jupyter.StreamType, jupyter.Stream{Name: e.name, Text: string(e.text)})
	}
	e.settleProgress()
	e.ended = true
}

func (e *emitter) send(msgType string, content any) {
	e.server.send(jupyter.IOPub, msgType, &e.parent, content)
}

// displays are the ids of values that are shown, and are updated from now on. It
// is safe for concurrent use.
type displays struct {
	mu  sync.Mutex
	ids map[string]bool
}

// first reports whether a display is a new one, and remembers it.
func (d *displays) first(id string) bool {
	if id == "" {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ids[id] {
		return false
	}
	if d.ids == nil {
		d.ids = map[string]bool{}
	}
	d.ids[id] = true
	return true
}
