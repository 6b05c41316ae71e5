package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// inputs is what one run of an analysis sees. It implements analysis.Inputs.
type inputs struct {
	ctx       context.Context
	analysis  analysis.Analysis
	opened    []artifacts.Artifact // some nil after a failure
	artifacts map[string]artifacts.Artifact
	names     map[string]string // base names by role
	frames    map[string]*frames.Frame
	progress  Progress
}

// assign gives each artifact a role: by name where one is written, otherwise by
// kind, in order, to the first role that is free.
func (in *inputs) assign(paths []input) error {
	in.artifacts, in.names = map[string]artifacts.Artifact{}, map[string]string{}
	in.frames = map[string]*frames.Frame{}
	for _, named := range []bool{true, false} {
		for i, p := range paths {
			if (p.role != "") != named {
				continue
			}
			role, err := in.roleFor(p, in.opened[i].Info().Kind)
			if err != nil {
				return err
			}
			in.artifacts[role], in.names[role] = in.opened[i], filepath.Base(p.file)
		}
	}
	for _, r := range in.analysis.Roles {
		if in.artifacts[r.Name] == nil {
			return fault.Errorf(fault.Misuse, "%s needs an artifact for %s: %s", in.analysis.Name, describeRole(r), r.Doc)
		}
	}
	return nil
}

func (in *inputs) roleFor(p input, kind string) (string, error) {
	var roles, taken []string
	for _, r := range in.analysis.Roles {
		roles = append(roles, describeRole(r))
		switch {
		case p.role == "" && r.Kind == kind && in.artifacts[r.Name] == nil:
			return r.Name, nil
		case p.role == r.Name && r.Kind != kind:
			return "", fault.Errorf(fault.Misuse, "%s: %s wants an artifact of kind %s, %s is of kind %s", in.analysis.Name, r.Name, r.Kind, p.path, kind)
		case p.role == r.Name && in.artifacts[r.Name] != nil:
			return "", fault.Errorf(fault.Misuse, "%s: %s is given twice", in.analysis.Name, r.Name)
		case p.role == r.Name:
			return r.Name, nil
		case p.role == "" && r.Kind == kind:
			taken = append(taken, in.names[r.Name])
		}
	}
	if len(taken) > 0 {
		return "", fault.Errorf(fault.Misuse, "%s has no place for another artifact of kind %s, %s, beside %s: it takes %s",
			in.analysis.Name, kind, p.path, strings.Join(taken, ", "), strings.Join(roles, ", "))
	}
	return "", fault.Errorf(fault.Misuse, "%s has no place for %s, which is of kind %s: it takes %s", in.analysis.Name, p.path, kind, strings.Join(roles, ", "))
}

// Frame loads a declared table on its first use.
func (in *inputs) Frame(role, table string) (*frames.Frame, error) {
	need, ok := findNeed(in.analysis, role, table)
	if !ok {
		return nil, fault.Errorf(fault.Internal, "%s asks for the undeclared table %s of %s", in.analysis.Name, table, role)
	}
	id := role + "/" + table
	if f, ok := in.frames[id]; ok {
		return f, nil
	}
	columns, err := presentColumns(in.artifacts[role], need)
	if err != nil || columns == nil {
		return nil, err
	}
	in.progress("reading "+table, 0, 0)
	f, err := load(in.ctx, in.artifacts[role], artifacts.Request{Table: table, Columns: columns,
		Progress: func(done, total int64) { in.progress("reading "+table, done, total) }})
	if err != nil {
		return nil, fmt.Errorf("reading %s of %s: %w", table, in.names[role], err)
	}
	in.frames[id] = f
	return f, nil
}

func findNeed(a analysis.Analysis, role, table string) (analysis.Need, bool) {
	for _, r := range a.Roles {
		for _, n := range r.Tables {
			if r.Name == role && n.Table == table {
				return n, true
			}
		}
	}
	return analysis.Need{}, false
}

// Source describes the artifact of a role.
func (in *inputs) Source(role string) analysis.Source {
	a := in.artifacts[role]
	if a == nil {
		return analysis.Source{}
	}
	info := a.Info()
	s := analysis.Source{Name: in.names[role], Format: info.Format, Metadata: info.Metadata, Findings: readerFindings(a)}
	for _, r := range in.analysis.Roles {
		for _, n := range r.Tables {
			if _, err := artifacts.Lookup(a, n.Table); r.Name == role && n.Optional && err != nil {
				s.Missing = append(s.Missing, n.Table)
			}
		}
	}
	return s
}

// addFindings adds what the readers found, before and during the scan, leaves out what
// takes tables that damage hides for tables of which nothing was captured, and orders
// all findings.
func (in *inputs) addFindings(res *result.Result) {
	for _, r := range in.analysis.Roles {
		a := in.artifacts[r.Name]
		lost := unread(a, r)
		res.Findings = withoutLost(res.Findings, lost)
		res.Findings = append(res.Findings, readerFindings(a)...)
		if len(lost) > 0 {
			res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Damage: true,
				Text:   fmt.Sprintf("Damage hides %s: what follows from them is not known, and is left out here or counts as none.", strings.Join(lost, ", ")),
				Remedy: "Mend the file before you capture again: it was captured, and cannot be read."})
		}
	}
	result.SortFindings(res.Findings)
}

// withoutLost returns findings without those, or without that part of them, which take
// tables that are lost for empty ones.
func withoutLost(list []result.Finding, lost []string) []result.Finding {
	var out []result.Finding
	for _, f := range list {
		if slices.ContainsFunc(f.Absent, func(table string) bool { return slices.Contains(lost, table) }) {
			if f.Known == "" {
				continue
			}
			f.Severity, f.Text, f.Remedy = result.Info, f.Known, ""
		}
		out = append(out, f)
	}
	return out
}

// unread names the tables of a role that damage keeps an analysis from seeing, which
// to it look as if they had not been captured.
func unread(a artifacts.Artifact, role analysis.Role) []string {
	if a == nil {
		return nil
	}
	var lost []string
	for _, n := range role.Tables {
		if n.Optional && slices.Contains(a.Info().Unread, n.Table) {
			lost = append(lost, n.Table)
		}
	}
	return lost
}

// readerFindings is what a reader found when it opened the artifact, then in the
// tables that were read since.
func readerFindings(a artifacts.Artifact) []result.Finding {
	list := slices.Clone(a.Info().Findings)
	if f, ok := a.(artifacts.Finder); ok {
		list = append(list, f.ScanFindings()...)
	}
	return list
}

func (in *inputs) close() {
	for _, a := range in.opened {
		if a != nil {
			a.Close()
		}
	}
}
