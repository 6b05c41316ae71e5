package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"profilemate/workbench/job"
	"profilemate/workbench/result"
)

// jobsCmd is about captures under way and past.
type jobsCmd struct {
	List      jobsListCmd      `cmd:"" help:"List captures, the newest first."`
	Show      jobsShowCmd      `cmd:"" help:"Say how far a capture is, or how it ended."`
	Logs      jobsLogsCmd      `cmd:"" help:"Print what the programs of a capture wrote."`
	Stop      jobsStopCmd      `cmd:"" help:"Stop a capture in order; what it has recorded is kept."`
	Remove    jobsRemoveCmd    `cmd:"" help:"Forget a capture that has ended; its output folder stays."`
	Supervise jobsSuperviseCmd `cmd:"" hidden:"" help:"Run the capture of a job's folder."`
}

// Help is the long help.
func (jobsCmd) Help() string {
	return "Captures that want the same GPU follow each other, those of other users too: each GPU has a lock by its UUID in /dev/shm, or in /tmp where there is none. " +
		locksVariable + " names another folder for the locks, or none."
}

// findJob returns the job that a name on the command line means, and its manager.
func (a *app) findJob(name string) (*job.Manager, job.Job, error) {
	m, err := a.jobs()
	if err != nil {
		return nil, job.Job{}, err
	}
	j, err := m.Find(name)
	return m, j, err
}

type jobsListCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run prints one line a job.
func (c *jobsListCmd) Run(a *app) error {
	m, err := a.jobs()
	if err != nil {
		return err
	}
	list, err := m.List()
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.out).Encode(list)
	}
	table := tabwriter.NewWriter(a.out, 2, 0, 2, ' ', 0)
	fmt.Fprint(table, "job\tstate\tphase\tstarted\ttook\twhat\n")
	for _, j := range list {
		end := j.Ended
		if end.IsZero() {
			end = time.Now()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%v\t%s\n", j.ID, j.State, j.Phase(), j.Created.Local().Format(time.DateTime), end.Sub(j.Created).Round(time.Second), j.Plan.Title)
	}
	return table.Flush()
}

type jobsShowCmd struct {
	Job  string `arg:"" optional:"" help:"Name of the job, or its begin or end; the newest unless given."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run prints a job.
func (c *jobsShowCmd) Run(a *app) error {
	_, j, err := a.findJob(c.Job)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.out).Encode(j)
	}
	fmt.Fprintf(a.out, "job %s: %s\n%s\ninto %s\n", j.ID, j.State, j.Plan.Title, j.Plan.Folder)
	if j.Waits != "" {
		fmt.Fprintln(a.out, j.Waits)
	}
	titles := map[string]string{}
	for _, p := range j.Plan.Phases {
		titles[p.Name] = p.Title
	}
	for _, p := range j.Phases {
		took := "under way"
		if !p.Ended.IsZero() {
			took = result.Duration(int64(p.Ended.Sub(p.Started)))
		}
		fmt.Fprintf(a.out, "  %-52s %s\n", titles[p.Name], took)
	}
	if left, ok := j.Left(time.Now()); ok {
		fmt.Fprintf(a.out, "about %v left\n", left.Round(time.Second))
	}
	if j.Error != "" {
		fmt.Fprintln(a.out, j.Error, j.Remedy)
	}
	writeFindings(a.out, j.Findings)
	for _, made := range j.Artifacts {
		fmt.Fprintln(a.out, made.Path)
	}
	return nil
}

type jobsLogsCmd struct {
	Job    string `arg:"" optional:"" help:"Name of the job, or its begin or end; the newest unless given."`
	Follow bool   `short:"f" help:"Go on until the job has ended."`
	JSON   bool   `name:"json" help:"Print every event as JSON, not the log alone."`
}

// Run prints the log.
func (c *jobsLogsCmd) Run(ctx context.Context, a *app) error {
	m, j, err := a.findJob(c.Job)
	if err != nil {
		return err
	}
	f := &follower{app: a, jobs: m, json: c.JSON, bare: !c.JSON}
	if c.Follow {
		_ = f.follow(ctx, j) // how the job ended is not how the printing did
		return ctx.Err()
	}
	for e, err := range m.Recorded(j.ID, 1) {
		if err != nil {
			return err
		}
		if err := f.show(j.ID, e); err != nil {
			return err
		}
	}
	return nil
}

type jobsStopCmd struct {
	Job  string        `arg:"" optional:"" help:"Name of the job, or its begin or end; the newest unless given."`
	Now  bool          `help:"Wait for nothing: end everything at once."`
	Wait time.Duration `help:"How long to wait for the end." default:"10m"`
}

// Run stops a job and waits for its end.
func (c *jobsStopCmd) Run(ctx context.Context, a *app) error {
	m, j, err := a.findJob(c.Job)
	if err != nil {
		return err
	}
	if err := m.Stop(j.ID); err != nil {
		return err
	}
	if c.Now {
		if err := m.Stop(j.ID); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	for _, err := range m.Events(ctx, j.ID, j.Seq) {
		if err != nil {
			return fmt.Errorf("waiting for the end of job %s: %w", j.ID, err)
		}
	}
	if j, err = m.Get(j.ID); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "job %s: %s\n", j.ID, j.State)
	return nil
}

type jobsRemoveCmd struct {
	Job string `arg:"" help:"Name of the job, or its begin or end."`
}

// Run forgets a job.
func (c *jobsRemoveCmd) Run(a *app) error {
	m, j, err := a.findJob(c.Job)
	if err != nil {
		return err
	}
	return m.Remove(j.ID)
}

type jobsSuperviseCmd struct {
	Folder string `arg:""`
}

// Run is the supervisor.
func (c *jobsSuperviseCmd) Run(ctx context.Context, a *app) error { return a.supervise(ctx, c.Folder) }
