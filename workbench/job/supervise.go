package job

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"profilemate/workbench/fault"
)

// stopEvery is how often it is looked whether somebody asked the job to stop.
const stopEvery = 100 * time.Millisecond

// Supervision is what a supervisor is given beside its job.
type Supervision struct {
	Folder string // of the job
	// Shared is a folder of locks on GPUs that all users of the machine see, "" for
	// none. One that cannot be used is left out, and the log says so.
	Shared string
	// Devices names what a plan's GPUs are to everybody, such as their UUIDs; empty where
	// that is not known. It may be nil: then Shared is not used.
	Devices func(ctx context.Context, gpus []string) []string
}

// Supervise runs the job in a folder and is what a supervisor process does. It waits
// for the GPUs of the plan, then calls work, whose context ends when the job is asked
// to stop or when ctx ends. Work ends what it started, also then; its error is why the
// job failed. Supervise returns that error, or Conflict when the job has a supervisor.
func Supervise(ctx context.Context, s Supervision, work func(context.Context, *Run) error) error {
	f := folder(s.Folder)
	lock, err := lockJob(f)
	if err != nil {
		return err
	}
	defer lock.Close()
	j, err := f.read()
	if err != nil {
		return err
	}
	if j.State != Planned {
		return fault.Errorf(fault.Conflict, "job %s cannot be started again: it is %s", j.ID, j.State)
	}
	r, err := newRun(f, j)
	if err != nil {
		return err
	}
	defer r.close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go r.watch(ctx, stop)
	err = r.work(ctx, s, work)
	return errors.Join(r.end(ctx, err), r.failed)
}

// lockJob makes this process the job's supervisor. It tries for a moment: who looks
// whether a job is alive has its lock for an instant.
func lockJob(f folder) (*os.File, error) {
	for range 20 {
		lock, err := tryLock(f.path(lockFile), false)
		if lock != nil || err != nil {
			return lock, err
		}
		time.Sleep(stopEvery)
	}
	return nil, fault.Errorf(fault.Conflict, "job %s is run by another process", filepath.Base(string(f)))
}

// work waits for the GPUs and does the work with them.
func (r *Run) work(ctx context.Context, s Supervision, work func(context.Context, *Run) error) error {
	held, err := r.acquire(ctx, s)
	if err != nil {
		return err
	}
	defer held.release()
	if err := ctx.Err(); err != nil { // it was asked to stop while it waited
		return err
	}
	r.advance(Preparing)
	return work(ctx, r)
}

// watch turns requests to stop into the end of the context, and a second one into
// Killed. It ends once the job was killed or its record closed.
func (r *Run) watch(ctx context.Context, stop func()) {
	for asked := false; !r.Job().State.Ended(); {
		word, err := os.ReadFile(r.at.path(stopFile))
		if (err == nil || ctx.Err() != nil) && !asked {
			asked = true
			r.advance(Stopping)
			stop()
		}
		if string(word) == "kill" {
			close(r.kill)
			return
		}
		time.Sleep(stopEvery)
	}
}

// end records how the work ended, and returns why it failed.
func (r *Run) end(ctx context.Context, err error) error {
	switch state := Outcome(ctx, err); state {
	case Cancelled:
		why := ""
		if !errors.Is(err, context.Canceled) {
			why = sentence(err.Error())
		}
		return r.enter(Cancelled, why, "")
	case Failed:
		why, remedy := explain(err)
		return errors.Join(err, r.enter(Failed, why, remedy))
	default:
		return r.enter(state, "", "")
	}
}

// Outcome is the state of a job whose work has returned err, with ctx as the work got
// it. Work that came to its end is Done, also where a stop was asked for meanwhile.
func Outcome(ctx context.Context, err error) State {
	switch {
	case err == nil:
		return Done
	case ctx.Err() != nil:
		return Cancelled
	}
	return Failed
}

// explain takes an error apart into a sentence and its remedy.
func explain(err error) (why, remedy string) {
	var e *fault.Error
	if errors.As(err, &e) && e.Remedy != "" && e.Error() == err.Error() {
		return sentence(e.Err.Error()), sentence(e.Remedy)
	}
	return sentence(err.Error()), ""
}
