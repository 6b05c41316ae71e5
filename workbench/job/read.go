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
)

// followEvery is how often a followed job is looked at.
const followEvery = 100 * time.Millisecond

// Events returns the events of a job from sequence number from on (1 or less: all of
// them), and follows the job until it has ended. It ends with an error when ctx ends,
// when there is no such job (NotFound) or when the record is damaged (Corrupt).
func (m *Manager) Events(ctx context.Context, id string, from int64) iter.Seq2[Event, error] {
	return m.events(id, from, func() (bool, error) {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(followEvery):
			return true, nil
		}
	})
}

// Recorded returns the events that there are by now, without waiting for more. It ends
// with an error as Events does.
func (m *Manager) Recorded(id string, from int64) iter.Seq2[Event, error] {
	return m.events(id, from, func() (bool, error) { return false, nil })
}

// events returns events until the job has ended, or more, which waits for others, says
// that there are none.
func (m *Manager) events(id string, from int64, more func() (bool, error)) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := m.read(id, more, func(e Event) bool { return e.Seq < from || yield(e, nil) }); err != nil {
			yield(Event{}, err)
		}
	}
}

// read gives events to do until that returns false, the job has ended or more says so.
func (m *Manager) read(id string, more func() (bool, error), do func(Event) bool) error {
	if _, err := m.Get(id); err != nil {
		return err
	}
	file, err := os.Open(m.folder(id).path(eventsFile))
	if err != nil {
		return fault.Errorf(fault.Missing, "reading the events of job %s: %w", id, err)
	}
	defer file.Close()
	for at := int64(0); ; {
		j, err := m.Get(id) // before the events: what an ended job wrote is all there
		if err != nil {
			return err
		}
		next, wanted, err := lines(file, at, do)
		if err != nil {
			return fault.Errorf(fault.KindOf(err), "reading the events of job %s: %w", id, err)
		}
		if at = next; !wanted || j.State.Ended() {
			return nil
		}
		if again, err := more(); !again || err != nil {
			return err
		}
	}
}

// lines decodes the whole lines of a file from offset at on, and returns where the next
// one begins. What is left of a line may be taken back by who writes it. wanted is
// false when do said so.
func lines(file *os.File, at int64, do func(Event) bool) (next int64, wanted bool, err error) {
	if _, err := file.Seek(at, io.SeekStart); err != nil {
		return at, false, fault.Errorf(fault.Missing, "%w", err)
	}
	for in := bufio.NewReader(file); ; {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return at, true, nil
		}
		if err != nil {
			return at, false, fault.Errorf(fault.Missing, "%w", err)
		}
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return at, false, fault.Errorf(fault.Corrupt, "%w", err)
		}
		at += int64(len(line))
		if !do(e) {
			return at, false, nil
		}
	}
}

// mend takes away the begin of a line that a killed supervisor has left, and returns
// the number of the last event.
func mend(events *os.File) (last int64, err error) {
	whole, line := int64(0), []byte(nil)
	for in := bufio.NewReader(events); ; {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		whole, line = whole+int64(len(text)), text
	}
	var e Event
	_ = json.Unmarshal(line, &e) // no event yet, or a damaged one, has no number
	return e.Seq, events.Truncate(whole)
}

// cut takes the last n bytes off a file.
func cut(file *os.File, n int) error {
	info, err := file.Stat()
	if err != nil || n == 0 {
		return err
	}
	return file.Truncate(info.Size() - int64(n))
}
