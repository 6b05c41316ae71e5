package kernel

import (
	"fmt"
	"html"
	"time"

	"github.com/google/uuid"

	"profilemate/workbench/jupyter"
)

const (
	progressAfter = time.Second            // a shorter cell shows none
	progressEvery = 200 * time.Millisecond // at most this often
)

// progress is how far a cell is, as an updating display. It belongs to an emitter
// and is held by its lock.
type progress struct {
	started time.Time
	display string    // id of the display on screen; empty while there is none
	shown   time.Time // last time
	text    string    // what is being done
	since   time.Time // when that began: rates are of it alone
	last    jupyter.Progress
}

// Progress shows how far a long run is.
func (e *emitter) Progress(text string, done, total int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, now := &e.progress, time.Now()
	if text != p.text {
		p.text, p.since = text, now
	}
	if e.ended || now.Sub(p.started) < progressAfter || now.Sub(p.shown) < progressEvery {
		return
	}
	p.shown = now
	p.last = jupyter.Progress{Text: text, Done: done, Total: total, ElapsedNs: now.Sub(p.started).Nanoseconds(),
		StepNs: now.Sub(p.since).Nanoseconds()}
	msgType := jupyter.UpdateDisplayData
	if p.display == "" {
		e.flush()
		msgType, p.display = jupyter.DisplayData, uuid.NewString()
	}
	e.sendProgress(msgType, p.last.String())
}

func (e *emitter) sendProgress(msgType, words string) {
	p := e.progress
	bar := ""
	if p.last.Total > 0 {
		bar = fmt.Sprintf(`<progress value="%d" max="%d"></progress> `, min(p.last.Done, p.last.Total), p.last.Total)
	}
	e.send(msgType, jupyter.Display{
		Data:      map[string]any{jupyter.ProgressMIME: p.last, "text/plain": words, "text/html": bar + html.EscapeString(words)},
		Metadata:  map[string]any{},
		Transient: jupyter.Transient{DisplayID: p.display},
	})
}

// clearProgress takes the display away before an output, where it stands alone:
// clearing takes all outputs of a cell.
func (e *emitter) clearProgress() {
	if e.progress.display != "" && e.outputs == 0 && e.streamed == len(e.text) {
		e.progress.display = ""
		e.send(jupyter.ClearOutputType, jupyter.ClearOutput{Wait: true})
	}
}

// settleProgress ends the display with its cell: it goes where it stands alone, and
// says how it ended where it stands among outputs.
func (e *emitter) settleProgress() {
	p := &e.progress
	if p.display == "" {
		return
	}
	if e.outputs == 0 && e.streamed == 0 {
		e.send(jupyter.ClearOutputType, jupyter.ClearOutput{})
		return
	}
	e.sendProgress(jupyter.UpdateDisplayData, fmt.Sprintf("%s: ended after %.1f s", p.text, time.Since(p.started).Seconds()))
}
