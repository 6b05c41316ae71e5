package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"profilemate/workbench/analysis"
	"profilemate/workbench/capture"
	"profilemate/workbench/engine"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
)

// captureResults reads what a capture has made: the files of parse, what the checks
// say of it, and a first report. One that cannot be made is a finding: the capture
// itself is there.
func (a *app) captureResults(ctx context.Context, folder string, report bool, r *job.Run) error {
	words := &logLines{run: r}
	quiet := *a
	quiet.streams = streams{in: strings.NewReader(""), out: io.Discard, err: words}
	defer words.flush()
	request := reportCmd{Output: filepath.Join(folder, capture.ReportFile)}
	for _, made := range r.Job().Artifacts {
		var err error
		switch made.Kind {
		case "nsys":
			request.NsysResults = made.Path
			err = quiet.nsysResults(ctx, folder, made.Path, r)
		case "ncu":
			request.NCUResults = made.Path
			err = quiet.ncuResults(ctx, folder, made.Path, r)
		case "moe":
			request.MoEResults = made.Path
			err = quiet.moeResults(ctx, folder, made.Path, r)
		}
		if err := unread(ctx, r, made.Name, err); err != nil {
			return err
		}
	}
	if !report || request.NsysResults+request.NCUResults+request.MoEResults == "" {
		return nil
	}
	if err := unread(ctx, r, capture.ReportFile, request.Run(ctx, &quiet)); err != nil {
		return err
	}
	if _, err := os.Stat(request.Output); err == nil {
		r.Artifact(job.Artifact{Name: capture.ReportFile, Path: request.Output, Kind: "report", Doc: "a first report from the analyses"})
	}
	return nil
}

// unread turns an error of one result into a finding; what ends the job is returned.
func unread(ctx context.Context, r *job.Run, what string, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	r.Finding(result.Finding{Severity: result.Problem, Text: fmt.Sprintf("%s could not be read or written: %s.", what, strings.TrimSuffix(err.Error(), "."))})
	return nil
}

// nsysResults writes parsed/ and asks health.
func (a *app) nsysResults(ctx context.Context, folder, path string, r *job.Run) error {
	out, err := a.engine().Run(ctx, engine.Request{Analysis: "health", Inputs: []analysis.CallInput{{Path: path}}}, nil)
	if err != nil {
		return err
	}
	for _, f := range withoutEchoes(out.Result.Findings) {
		r.Finding(advised(r.Job().Plan, f))
	}
	dir := filepath.Join(folder, "parsed")
	if err := (&parseNsysCmd{File: path, OutputDir: dir}).Run(ctx, a); err != nil {
		return err
	}
	r.Artifact(job.Artifact{Name: "parsed/", Path: dir, Kind: "folder-parsed", Doc: "the files of profilemate parse nsys"})
	return nil
}

// noKernel begins what the reader says of a trace without kernels.
const noKernel = "There is no kernel "

// withoutEchoes leaves out what the reader says of a trace without kernels where a check
// has said why there are none.
func withoutEchoes(findings []result.Finding) []result.Finding {
	checked := slices.ContainsFunc(findings, func(f result.Finding) bool {
		return f.Severity != result.Info && f.Column == "check" && slices.Equal(f.Values, []string{"GPU work"})
	})
	return slices.DeleteFunc(slices.Clone(findings), func(f result.Finding) bool { return checked && strings.HasPrefix(f.Text, noKernel) })
}

// advised adds to a finding of health the flags of the capture that help. What it says
// of the table of checks goes: that is not shown here.
func advised(p job.Plan, f result.Finding) result.Finding {
	check := ""
	switch {
	case f.Column == "check" && len(f.Values) == 1:
		check = f.Values[0]
	case strings.HasPrefix(f.Text, "The file is "): // what the reader says of an export that is cut off
		check = "file"
	case strings.HasPrefix(f.Text, noKernel):
		check = "GPU work"
	}
	f.Remedy = strings.TrimSpace(f.Remedy + " " + capture.Advice(p, check))
	f.Table, f.Column, f.Values = "", "", nil
	return f
}

// ncuResults writes ncu_parsed/.
func (a *app) ncuResults(ctx context.Context, folder, path string, r *job.Run) error {
	dir := filepath.Join(folder, "ncu_parsed")
	if err := (&parseNCUCmd{File: path, OutputDir: dir}).Run(ctx, a); err != nil {
		return err
	}
	r.Artifact(job.Artifact{Name: "ncu_parsed/", Path: dir, Kind: "folder-parsed", Doc: "the files of profilemate parse ncu"})
	return nil
}

// moeResults writes the figures of the routing, all ranks together.
func (a *app) moeResults(ctx context.Context, folder, path string, r *job.Run) error {
	dir := filepath.Join(folder, capture.MoEFolder)
	if err := (&parseMoECmd{Dir: path, OutputDir: dir}).Run(ctx, a); err != nil {
		return err
	}
	r.Artifact(job.Artifact{Name: capture.MoEFolder + "/", Path: dir, Kind: "folder-parsed", Doc: "the routing of experts in figures"})
	return nil
}

// logLines is a writer whose lines go to a job's log.
type logLines struct {
	run  *job.Run
	rest []byte
}

// Write logs the lines that are whole; it never fails.
func (l *logLines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.run.Log("results", string(line))
		l.rest = append([]byte(nil), rest...)
	}
}

func (l *logLines) flush() {
	if len(l.rest) > 0 {
		l.run.Log("results", string(l.rest))
	}
}
