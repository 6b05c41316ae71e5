package job

import (
	"cmp"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
)

// Config is what a manager works with.
type Config struct {
	Root string // folder for jobs; it is made when the first job starts
	Book Book
	// Launch starts a supervisor for the job in a folder, as a process that outlives this
	// one and ends in Supervise.
	Launch func(folder string) error
	// Reap ends what is left of a job whose supervisor is gone. It may be nil.
	Reap func(id string) error
	// Close completes the record of such a job, which has failed now. It may be nil; its
	// error goes to the job's log.
	Close func(Job) error
}

// Manager starts jobs and finds those that are there. Several managers may work on
// one folder. It is safe for concurrent use.
type Manager struct{ Config }

// NewManager returns a manager for a folder of jobs.
func NewManager(c Config) *Manager { return &Manager{Config: c} }

// Recipes returns what can be captured.
func (m *Manager) Recipes() []Recipe { return m.Book.Recipes() }

// Plan says what Start would do. Its errors are the book's.
func (m *Manager) Plan(recipe string, values analysis.Values) (Plan, error) {
	return m.Book.Plan(recipe, values)
}

// startGrace is how long a planned job may have no supervisor yet.
const startGrace = 30 * time.Second

// Start writes a job down and starts its supervisor. The errors are those of Plan,
// Conflict where another job writes to the same folder, Denied where the job's own
// cannot be written, and those of the launch.
func (m *Manager) Start(recipe string, values analysis.Values) (Job, error) {
	plan, err := m.Plan(recipe, values)
	if err == nil {
		err = m.folderFree(plan.Folder)
	}
	if err != nil {
		return Job{}, err
	}
	now := time.Now()
	j := Job{ID: newID(now), Plan: plan, State: Planned, Created: now}
	f := m.folder(j.ID)
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return Job{}, fault.Errorf(fault.Denied, "making the folder of a job: %w", err)
	}
	r, err := newRun(f, j)
	if err != nil {
		return Job{}, err
	}
	err = r.enter(Planned, "", "")
	r.close()
	if err == nil {
		err = m.Launch(string(f))
	}
	if err != nil {
		return Job{}, errors.Join(err, os.RemoveAll(string(f)))
	}
	return f.read()
}

// folderFree fails while a job writes to an output folder: a second one would write
// over its files.
func (m *Manager) folderFree(output string) error {
	list, err := m.List()
	if err != nil {
		return err
	}
	for _, j := range list {
		if !j.State.Ended() && j.Plan.Folder == output && output != "" {
			return fault.WithRemedy(fault.Errorf(fault.Conflict, "job %s writes to the folder %s", j.ID, output), "name another output folder, or wait for its end")
		}
	}
	return nil
}

// newID returns a name that sorts by time and that no other job has.
func newID(now time.Time) string {
	return now.UTC().Format("20060102-150405.000") + "-" + strings.ToLower(rand.Text()[:4])
}

var idPattern = regexp.MustCompile(`^\d{8}-\d{6}\.\d{3}-[a-z0-9]{4}$`)

func (m *Manager) folder(id string) folder { return folder(filepath.Join(m.Root, id)) }

// List returns all jobs, the newest first. A folder that is no job is left out, and
// so is one that cannot be read.
func (m *Manager) List() ([]Job, error) {
	entries, err := os.ReadDir(m.Root)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "listing jobs: %w", err)
	}
	var list []Job
	for _, e := range entries {
		if j, err := m.Get(e.Name()); err == nil {
			list = append(list, j)
		}
	}
	slices.SortStableFunc(list, func(a, b Job) int { return cmp.Compare(b.ID, a.ID) })
	return list, nil
}

// Get returns a job, or NotFound. A job whose supervisor has died is ended and
// reported as failed.
func (m *Manager) Get(id string) (Job, error) {
	if !idPattern.MatchString(id) {
		return Job{}, fault.Errorf(fault.NotFound, "there is no job %q", id)
	}
	j, err := m.folder(id).read()
	if err != nil || j.State.Ended() || j.State == Planned && time.Since(j.Created) < startGrace {
		return j, err
	}
	return m.recover(j)
}

// recover ends a job that has lost its supervisor. One that is alive, or that another
// manager is recovering, is returned as it is.
func (m *Manager) recover(j Job) (Job, error) {
	f := m.folder(j.ID)
	lock, err := tryLock(f.path(lockFile), false)
	if err != nil || lock == nil {
		return j, err
	}
	defer lock.Close()
	j, err = f.read() // it may have ended between the look and the lock
	if err != nil || j.State.Ended() {
		return j, err
	}
	if m.Reap != nil {
		if err := m.Reap(j.ID); err != nil {
			return j, err
		}
	}
	f.sweep()
	r, err := newRun(f, j)
	if err != nil {
		return j, err
	}
	defer r.close()
	err = r.enter(Failed, "The process that ran this job is gone; what it had started has been ended.",
		"Look at the log for the reason, and start it again.")
	if err == nil && m.Close != nil {
		if failed := m.Close(r.Job()); failed != nil {
			r.Say("The record of the capture could not be completed: %v.", failed)
		}
	}
	return r.Job(), err
}

// Find returns the job with an id, or the only one whose id begins or ends with it;
// "" and "last" are the newest job. None is NotFound, several are Misuse.
func (m *Manager) Find(id string) (Job, error) {
	if idPattern.MatchString(id) {
		return m.Get(id)
	}
	list, err := m.List()
	if err != nil {
		return Job{}, err
	}
	if id == "" || id == "last" {
		if len(list) == 0 {
			return Job{}, fault.Errorf(fault.NotFound, "there is no job yet")
		}
		return list[0], nil
	}
	list = slices.DeleteFunc(list, func(j Job) bool { return !strings.HasPrefix(j.ID, id) && !strings.HasSuffix(j.ID, id) })
	switch len(list) {
	case 0:
		return Job{}, fault.WithRemedy(fault.Errorf(fault.NotFound, "there is no job %q", id), "see profilemate jobs list")
	case 1:
		return list[0], nil
	}
	return Job{}, fault.Errorf(fault.Misuse, "%d jobs are called %q: %s and %s are two of them", len(list), id, list[0].ID, list[1].ID)
}

// Stop asks a job to end in order; what it has captured so far is kept. Asked twice,
// it ends what it started at once. An ended job is a Conflict. Stop does not wait.
func (m *Manager) Stop(id string) error {
	j, err := m.Get(id)
	if err != nil {
		return err
	}
	if j.State.Ended() {
		return fault.Errorf(fault.Conflict, "job %s has ended already: it is %s", id, j.State)
	}
	word := "stop"
	if _, err := os.Stat(m.folder(id).path(stopFile)); err == nil {
		word = "kill"
	}
	return m.folder(id).replace(stopFile, []byte(word))
}

// Remove forgets an ended job; its output folder stays. One that runs is a Conflict.
func (m *Manager) Remove(id string) error {
	j, err := m.Get(id)
	if err != nil {
		return err
	}
	if !j.State.Ended() {
		return fault.WithRemedy(fault.Errorf(fault.Conflict, "job %s is %s", id, j.State), "stop it first")
	}
	if err := os.RemoveAll(string(m.folder(id))); err != nil {
		return fault.Errorf(fault.Denied, "removing job %s: %w", id, err)
	}
	return nil
}
