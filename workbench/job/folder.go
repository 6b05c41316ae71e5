package job

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"profilemate/workbench/fault"
)

// The files of a job's folder.
const (
	stateFile  = "state.json"   // a Job, replaced whole at each change
	eventsFile = "events.jsonl" // one Event a line, appended
	lockFile   = "lock"         // locked while the supervisor lives
	stopFile   = "stop"         // a request: "stop" or "kill"
)

// folder is where a job lies.
type folder string

func (f folder) path(name string) string { return filepath.Join(string(f), name) }

// read returns the last snapshot. A folder without one is NotFound, one that cannot
// be decoded Corrupt.
func (f folder) read() (Job, error) {
	text, err := os.ReadFile(f.path(stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Job{}, fault.Errorf(fault.NotFound, "there is no job %s", filepath.Base(string(f)))
	}
	if err != nil {
		return Job{}, fault.Errorf(fault.Denied, "reading job %s: %w", filepath.Base(string(f)), err)
	}
	var j Job
	if err := json.Unmarshal(text, &j); err != nil {
		return Job{}, fault.Errorf(fault.Corrupt, "reading %s: %w", f.path(stateFile), err)
	}
	return j, nil
}

// write replaces the snapshot.
func (f folder) write(j Job) error {
	text, err := json.MarshalIndent(j, "", " ")
	if err != nil {
		return err
	}
	return f.replace(stateFile, append(text, '\n'))
}

// halfWritten are the names of files that replace writes.
const halfWritten = ".new-*"

// sweep takes away what a killed supervisor was writing. What cannot be taken away is
// in nobody's way.
func (f folder) sweep() {
	left, _ := filepath.Glob(f.path(halfWritten)) // the pattern is good
	for _, path := range left {
		_ = os.Remove(path)
	}
}

// replace writes a file whole: who reads it meanwhile sees the old or the new one.
func (f folder) replace(name string, text []byte) error {
	file, err := os.CreateTemp(string(f), halfWritten)
	if err != nil {
		return fault.Errorf(fault.Denied, "writing %s: %w", f.path(name), err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), f.path(name))
	}
	if err != nil {
		return fault.Errorf(fault.Denied, "writing %s: %w", f.path(name), err)
	}
	return nil
}
