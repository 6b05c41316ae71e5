package moe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// FormatName is what the format of this package is called.
const FormatName = "moe-folder"

// Format returns the format of MoE routing: a tracker's folder, or one of its files.
func Format() artifacts.Format { return format{} }

type format struct{}

// Name implements artifacts.Format.
func (format) Name() string { return FormatName }

// Detect implements artifacts.Format. Of a folder it reads the beginnings of the CSV
// and JSON files.
func (format) Detect(c artifacts.Candidate) (claim bool, saw string) {
	if c.Info.IsDir() {
		f, err := search(c.Path)
		return err == nil && len(f.sources) > 0, ""
	}
	form, l := sniff(c.Head)
	if form == weightBinsForm && !l.has(layerCol) {
		return false, "a histogram in CSV that does not say of what"
	}
	if own := ownName(filepath.Base(c.Path)); form == "" && own != "" {
		return false, fmt.Sprintf("named like a tracker's %s, but %s", own.table(), beginning(c.Head))
	}
	return form != "", ""
}

// Open implements artifacts.Format. It reads every file of counts, and opens those with
// the choices of each token; what cannot be read is a finding, and only an artifact
// without a readable row is Corrupt.
func (format) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	f, err := gather(path)
	if err != nil {
		return nil, err
	}
	if len(f.sources) == 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "reading MoE routing: no file with a tracker's header"),
			"pick the folder with moe_*.csv, moe_summary.json or expert_counts_by_step.json")
	}
	beside, err := f.openTokens(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("reading the tokens of %s: %w", path, err)
	}
	r := recording{findings: f.findings}
	for _, s := range f.sources {
		if err := r.read(ctx, s); err != nil {
			return nil, fmt.Errorf("reading %s: %w", s.path, err)
		}
	}
	return r.artifact(beside)
}

// gather finds the files at path, a folder or one file.
func gather(path string) (found, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return found{}, fault.Errorf(fault.NotFound, "%s: no such file or folder", path)
	}
	if err != nil {
		return found{}, fault.Errorf(fault.Denied, "%w", err)
	}
	if info.IsDir() {
		return search(path)
	}
	var f found
	err = f.addFile(path)
	return f, err
}
