package kernel

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"profilemate/workbench/jupyter"
)

const (
	progressAfter = time.Second            // a shorter cell shows none
	progressEvery = 200 * time.Millisecond // at most this often
)

// progress turns a runner's reports into an updating display. It is safe for
// concurrent use; reports after end are ignored.
type progress struct {
	server  *server
	parent  jupyter.Message
	display string
	started time.Time

	mu    sync.Mutex
	shown time.Time // last time; zero before the first
	ended bool
}

func newProgress(s *server, parent jupyter.Message) *progress {
	return &progress{server: s, parent: parent, display: uuid.NewString(), started: time.Now()}
}

func (p *progress) report(text string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	elapsed := now.Sub(p.started)
	if p.ended || elapsed < progressAfter || now.Sub(p.shown) < progressEvery {
		return
	}
	msgType := jupyter.UpdateDisplayData
	if p.shown.IsZero() {
		msgType = jupyter.DisplayData
	}
	p.shown = now
	state := jupyter.Progress{Text: text, Done: done, Total: total, ElapsedNs: elapsed.Nanoseconds()}
	p.server.send(jupyter.IOPub, msgType, &p.parent, jupyter.Display{
		Data:      map[string]any{jupyter.ProgressMIME: state, "text/plain": state.String()},
		Metadata:  map[string]any{},
		Transient: jupyter.Transient{DisplayID: p.display},
	})
}

// end takes the display away when the next output comes.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if !p.shown.IsZero() {
		p.server.send(jupyter.IOPub, jupyter.ClearOutputType, &p.parent, jupyter.ClearOutput{Wait: true})
	}
}
