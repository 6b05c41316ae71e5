package job

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"profilemate/workbench/fault"
)

// AllGPUs in a plan's list stands for every GPU of the machine.
const AllGPUs = "all"

// queueEvery is how often a waiting job looks whether its turn has come.
const queueEvery = 200 * time.Millisecond

// holds are locks on GPUs. Closing the files gives them back.
type holds []*os.File

func (h holds) release() {
	for _, f := range h {
		f.Close()
	}
}

// acquire waits until the job's GPUs are free and no job that came first wants them,
// then until nobody else on the machine has them.
func (r *Run) acquire(ctx context.Context, s Supervision) (holds, error) {
	held, err := r.acquireOwn(ctx)
	if held == nil || err != nil || s.Shared == "" || s.Devices == nil {
		return held, err
	}
	others, err := r.acquireShared(ctx, s)
	if err != nil {
		held.release()
		return nil, err
	}
	return append(held, others...), nil
}

// acquireOwn waits for the other jobs in the same folder of jobs.
func (r *Run) acquireOwn(ctx context.Context) (holds, error) {
	j := r.Job()
	if len(j.Plan.GPUs) == 0 {
		return nil, nil
	}
	root := filepath.Dir(string(r.at))
	locks := filepath.Join(root, "gpus")
	if err := os.MkdirAll(locks, 0o700); err != nil {
		return nil, fault.Errorf(fault.Denied, "making the folder of GPU locks: %w", err)
	}
	for {
		before, runs := ahead(root, j)
		if before == "" {
			held, err := lockAll(locks, j.Plan.GPUs)
			if held != nil || err != nil {
				return held, err
			}
			before = runs
		}
		if err := r.queue(ctx, waitsFor(j.Plan.GPUs, before)); err != nil {
			return nil, err
		}
	}
}

// queue says why the job waits, and waits for a moment.
func (r *Run) queue(ctx context.Context, why string) error {
	if r.Job().Waits != why {
		r.wait(why)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(queueEvery):
		return nil
	}
}

// acquireShared waits for captures that other users, or other folders of jobs, make on
// the same GPUs. Who gets them first is left to chance. All are locked or none, so that
// two jobs never wait for each other.
func (r *Run) acquireShared(ctx context.Context, s Supervision) (holds, error) {
	devices := s.Devices(ctx, r.Job().Plan.GPUs)
	for {
		held, taken, err := lockShared(s.Shared, devices)
		if err != nil {
			r.Say("Captures of other users are not waited for: %v.", err)
			return nil, nil
		}
		if taken == "" {
			return held, nil
		}
		if err := r.queue(ctx, fmt.Sprintf("Waits for the GPU %s, on which another user, or one with another --cache, captures.", taken)); err != nil {
			return nil, err
		}
	}
}

// lockShared locks devices for everybody, or says which one is taken.
func lockShared(dir string, devices []string) (held holds, taken string, err error) {
	for _, d := range devices {
		file, err := tryShared(filepath.Join(dir, "profilemate-gpu-"+gpuName.ReplaceAllString(d, "_")+".lock"))
		if err != nil || file == nil {
			held.release()
			return nil, d, err
		}
		held = append(held, file)
	}
	return held, "", nil
}

func waitsFor(gpus []string, id string) string {
	which := "GPU " + strings.Join(gpus, " and GPU ")
	if slices.Contains(gpus, AllGPUs) {
		which = "the GPUs"
	}
	if id == "" {
		return fmt.Sprintf("Waits for %s.", which)
	}
	return fmt.Sprintf("Waits for %s, which job %s has or had asked for first.", which, id)
}

// ahead returns a job that waits for the same GPUs since earlier, and one that has
// them, "" for none.
func ahead(root string, j Job) (waiting, running string) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return "", ""
	}
	for _, e := range entries {
		at := folder(filepath.Join(root, e.Name()))
		other, err := at.read()
		if err != nil || other.ID == j.ID || other.State.Ended() || !overlap(other.Plan.GPUs, j.Plan.GPUs) || !alive(at, other) {
			continue
		}
		if other.State != Queued && other.State != Planned {
			running = other.ID
		} else if other.ID < j.ID && waiting == "" {
			waiting = other.ID
		}
	}
	return waiting, running
}

// alive reports whether a job has a supervisor, or will have one at once.
func alive(at folder, j Job) bool {
	if j.State == Planned && time.Since(j.Created) < startGrace {
		return true
	}
	lock, err := tryLock(at.path(lockFile), true)
	if lock != nil {
		lock.Close()
	}
	return lock == nil && err == nil
}

func overlap(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	return slices.Contains(a, AllGPUs) || slices.Contains(b, AllGPUs) || slices.ContainsFunc(a, func(g string) bool { return slices.Contains(b, g) })
}

var gpuName = regexp.MustCompile(`[^A-Za-z0-9._-]`)

// lockAll locks GPUs, or returns nil when one is taken. Who wants all of them locks
// the list of GPUs; who wants some shares it with others who do.
func lockAll(dir string, gpus []string) (holds, error) {
	all := slices.Contains(gpus, AllGPUs)
	names := []string{"all"}
	if !all {
		names = append(names, gpus...)
	}
	var held holds
	for i, name := range names {
		file, err := tryLock(filepath.Join(dir, gpuName.ReplaceAllString(name, "_")+".lock"), i == 0 && !all)
		if err != nil || file == nil {
			held.release()
			return nil, err
		}
		held = append(held, file)
	}
	return held, nil
}
