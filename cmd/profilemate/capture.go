package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"profilemate/workbench/capture"
	"profilemate/workbench/doctor"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/process"
	"profilemate/workbench/result"
)

// jobs returns the manager of captures. Each job is run by a process of its own,
// this program with the verb jobs supervise.
func (a *app) jobs() (*job.Manager, error) { return a.jobsIn("") }

// jobsIn is jobs whose programs are started in a folder; empty: in that of this process.
func (a *app) jobsIn(dir string) (*job.Manager, error) {
	cache, err := a.cacheDir()
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs(filepath.Join(cache, "jobs"))
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "finding the folder of jobs: %w", err)
	}
	return job.NewManager(job.Config{Root: root, Book: capture.NewBook(),
		Launch: func(folder string) error { return launch(filepath.Dir(root), folder, dir) },
		Reap:   reap, Close: capture.CloseRecord}), nil
}

// locksVariable names a folder for the locks on GPUs that all users share, in place of
// the usual ones; "none" for no such locks.
const locksVariable = "PROFILEMATE_GPU_LOCKS"

// sharedLocks is the folder of locks that every user of the machine sees: one that a
// restart empties, or the one for temporary files. TMPDIR does not count, since it is
// often each user's own.
func sharedLocks() string {
	switch dir := os.Getenv(locksVariable); dir {
	case "none":
		return ""
	case "":
	default:
		return dir
	}
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return "/tmp"
}

// launch starts a supervisor that works in dir. Its own words go to a file beside the
// job's state.
func launch(cache, folder, dir string) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("starting a supervisor: %w", err)
	}
	out, err := os.Create(filepath.Join(folder, "supervisor.log"))
	if err != nil {
		return fault.Errorf(fault.Denied, "starting a supervisor: %w", err)
	}
	defer out.Close()
	return process.Detach(process.Command{Path: exe, Args: []string{"--cache", cache, "jobs", "supervise", folder}, Dir: dir, Output: out})
}

// reap ends what a job left behind whose supervisor is gone.
func reap(id string) error {
	if left := (process.Family{Mark: capture.Mark(id), Orphaned: true}).End(0, nil); len(left) > 0 {
		return fault.Errorf(fault.Denied, "%s of job %s cannot be ended: the first is %s (%d)", result.Count(int64(len(left)), "process"), id, left[0].Name, left[0].PID)
	}
	return nil
}

// supervise does the work of one job, in this process.
func (a *app) supervise(ctx context.Context, folder string) error {
	work := capture.NewBook().Work(capture.Config{Version: version(), Preflight: preflight, Results: a.captureResults})
	return job.Supervise(ctx, job.Supervision{Folder: folder, Shared: sharedLocks(), Devices: capture.Devices}, work)
}

// preflight has the doctor look at what a capture needs.
func preflight(ctx context.Context, needs []string, port int, folder string) []result.Finding {
	var out []result.Finding
	for _, c := range doctor.Check(ctx, doctor.Needs{For: doctorNeeds(needs), Port: port, Output: folder}).Checks {
		if c.Status == doctor.Failed || c.Status == doctor.Warning {
			out = append(out, result.Finding{Severity: result.Warning, Text: "Before the capture: " + c.Said, Remedy: c.Remedy})
		}
	}
	return out
}

// doctorNeeds are the needs of a plan that the doctor knows.
func doctorNeeds(needs []string) []doctor.Need {
	var list []doctor.Need
	for _, n := range needs {
		if known := map[string]doctor.Need{"nsys": doctor.Nsys, "ncu": doctor.Ncu, "moe": doctor.MoE}[n]; known != "" {
			list = append(list, known)
		}
	}
	return list
}
