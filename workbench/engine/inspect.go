package engine

import (
	"context"
	"path/filepath"
	"slices"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
)

// Inspection says what an artifact holds and what can be done with it.
type Inspection struct {
	Path     string                `json:"path"`
	Name     string                `json:"name"`
	Identity artifacts.Identity    `json:"identity"`
	Info     artifacts.Info        `json:"info"`
	Tables   []artifacts.TableInfo `json:"tables"`
	Analyses []string              `json:"analyses"` // that take an artifact of this kind and find the tables they must have
}

// Inspect opens the artifact at path and describes it. A panic of the reader is an
// Internal fault.
func (e *Engine) Inspect(ctx context.Context, path string) (seen *Inspection, err error) {
	defer recovered(&err, "inspecting "+path)
	a, err := e.Formats.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	id, err := artifacts.Identify(path)
	if err != nil {
		return nil, err
	}
	return &Inspection{Path: path, Name: filepath.Base(path), Identity: id, Info: a.Info(), Tables: a.Tables(), Analyses: e.fitting(a)}, nil
}

// fitting lists the analyses one of whose roles the artifact can fill.
func (e *Engine) fitting(a artifacts.Artifact) []string {
	names := []string{}
	for _, an := range e.Registry.All() {
		if slices.ContainsFunc(an.Roles, func(r analysis.Role) bool { return fills(a, r) }) {
			names = append(names, an.Name)
		}
	}
	return names
}

// fills reports whether the artifact has every table that a role cannot do without, and
// at least one of its tables: an analysis all of whose tables are optional has nothing to
// say of an artifact with none of them.
func fills(a artifacts.Artifact, role analysis.Role) bool {
	if role.Kind != a.Info().Kind {
		return false
	}
	have := len(role.Tables) == 0
	for _, need := range role.Tables {
		columns, err := presentColumns(a, need)
		if err != nil || need.Central && columns == nil {
			return false
		}
		have = have || columns != nil
	}
	return have
}
