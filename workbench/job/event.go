package job

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// EventKind is what an event tells.
type EventKind string

// The kinds of event, with the fields that each sets beside Seq and Time.
const (
	StateEvent    EventKind = "state"    // State; Text: why it waits or failed; Remedy
	PhaseEvent    EventKind = "phase"    // Phase
	ProgressEvent EventKind = "progress" // Phase, Done, Total
	LogEvent      EventKind = "log"      // Source, Text: one line
	FindingEvent  EventKind = "finding"  // Finding
	ArtifactEvent EventKind = "artifact" // Artifact
)

// Event is one thing that happened to a job.
type Event struct {
	Seq      int64           `json:"seq"` // from 1, without gaps
	Time     time.Time       `json:"time"`
	Kind     EventKind       `json:"kind"`
	State    State           `json:"state,omitempty"`
	Phase    string          `json:"phase,omitempty"`
	Done     int64           `json:"done,omitempty"`
	Total    int64           `json:"total,omitempty"`  // 0: not known
	Source   string          `json:"source,omitempty"` // which program wrote the line; "profilemate" for our own
	Text     string          `json:"text,omitempty"`
	Remedy   string          `json:"remedy,omitempty"`
	Finding  *result.Finding `json:"finding,omitempty"`
	Artifact *Artifact       `json:"artifact,omitempty"`
}

// followEvery is how often a followed job is looked at.
const followEvery = 100 * time.Millisecond

// Events returns the events of a job from sequence number from on (1 or less: all of
// them), and follows the job until it has ended. It ends with an error when ctx ends,
// when there is no such job (NotFound) or when the record is damaged (Corrupt).
func (m *Manager) Events(ctx context.Context, id string, from int64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := m.follow(ctx, id, from, func(e Event) bool { return yield(e, nil) }); err != nil {
			yield(Event{}, err)
		}
	}
}

// follow gives events to yield until that returns false or the job has ended.
func (m *Manager) follow(ctx context.Context, id string, from int64, yield func(Event) bool) error {
	if _, err := m.Get(id); err != nil {
		return err
	}
	file, err := os.Open(m.folder(id).path(eventsFile))
	if err != nil {
		return fault.Errorf(fault.Missing, "reading the events of job %s: %w", id, err)
	}
	defer file.Close()
	in := &lines{in: bufio.NewReader(file)}
	for {
		j, err := m.Get(id) // before the events: what an ended job wrote is all there
		if err != nil {
			return err
		}
		more, err := in.each(id, func(e Event) bool { return e.Seq < from || yield(e) })
		if err != nil || !more {
			return err
		}
		if j.State.Ended() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(followEvery):
		}
	}
}

// lines reads whole lines of a file that grows.
type lines struct {
	in   *bufio.Reader
	rest []byte // the begin of a line that is not whole yet
}

// each decodes the lines that are there. more is false when do said so.
func (l *lines) each(id string, do func(Event) bool) (more bool, err error) {
	for {
		part, err := l.in.ReadBytes('\n')
		l.rest = append(l.rest, part...)
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, fault.Errorf(fault.Missing, "reading the events of job %s: %w", id, err)
		}
		var e Event
		if err := json.Unmarshal(l.rest, &e); err != nil {
			return false, fault.Errorf(fault.Corrupt, "reading the events of job %s: %w", id, err)
		}
		l.rest = l.rest[:0]
		if !do(e) {
			return false, nil
		}
	}
}
