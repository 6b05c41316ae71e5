package nsys

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// ReportFormatName is the name of the format of .nsys-rep files.
const ReportFormatName = "nsys-rep"

// reportMagic is how a report begins, whatever the version of nsys that wrote it.
const reportMagic = "NVIDIA Tegra Profiler Report"

// Exporter runs the program that turns a report into a SQLite export.
type Exporter interface {
	// Export writes the SQLite export of the report at path to the file output,
	// which is not there yet. Where the program is not installed, the error is a
	// Missing fault.
	Export(ctx context.Context, path, output string) error
}

// ReportFormat returns the format of .nsys-rep files. Only nsys itself reads them,
// so they are exported first: into the folder, where an export stays as long as the
// report does not change. Without an exporter a report is refused with the command
// that would export it.
func ReportFormat(exporter Exporter, folder string, options ...Option) artifacts.Format {
	return reportFormat{exporter, folder, choose(options)}
}

type reportFormat struct {
	exporter Exporter
	folder   string
	choices
}

// Name returns ReportFormatName.
func (reportFormat) Name() string { return ReportFormatName }

// Detect claims a report by its first bytes.
func (reportFormat) Detect(c artifacts.Candidate) (claim bool, saw string) {
	return bytes.HasPrefix(c.Head, []byte(reportMagic)), ""
}

// Open exports the report, unless that was done before, and opens the export.
func (f reportFormat) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	exported, fresh, err := f.export(ctx, path)
	if err != nil {
		return nil, err
	}
	e, err := openSQLite(ctx, exported, f.choices)
	if err != nil && !fresh && fault.KindOf(err) == fault.Corrupt { // a disk that was full, say
		if err := os.Remove(exported); err != nil {
			return nil, fault.Errorf(fault.Denied, "removing a damaged export: %w", err)
		}
		if exported, _, err = f.export(ctx, path); err == nil {
			e, err = openSQLite(ctx, exported, f.choices)
		}
	}
	if err != nil {
		return nil, err
	}
	e.info.Format = ReportFormatName
	e.info.Findings = append(e.info.Findings, result.Finding{Severity: result.Info,
		Text: "nsys export made a SQLite file of the report; it is kept in the cache and read again until the report changes."})
	result.SortFindings(e.info.Findings)
	return e, nil
}

// export returns the path of the report's export, and whether it was made now. It
// appears under its name when it is complete.
func (f reportFormat) export(ctx context.Context, path string) (exported string, fresh bool, err error) {
	id, err := artifacts.Identify(path)
	if err != nil {
		return "", false, err
	}
	exported = filepath.Join(f.folder, strings.TrimPrefix(string(id), "id:")+".sqlite")
	if _, err := os.Stat(exported); err == nil {
		now := time.Now()
		_ = os.Chtimes(exported, now, now) // the order in which old ones go; nothing depends on it
		return exported, false, nil
	}
	if f.exporter == nil {
		return "", false, byHand(path, fault.Errorf(fault.Missing, "there is no nsys to export it with"))
	}
	if err := os.MkdirAll(f.folder, 0o700); err != nil {
		return "", false, fault.Errorf(fault.Denied, "making the folder for exports: %w", err)
	}
	f.sweep()
	work, err := os.MkdirTemp(f.folder, "export-")
	if err != nil {
		return "", false, fault.Errorf(fault.Denied, "making the folder for an export: %w", err)
	}
	defer os.RemoveAll(work)
	output := filepath.Join(work, "export.sqlite")
	if err := f.exporter.Export(ctx, path, output); err != nil {
		if ctx.Err() != nil {
			return "", false, ctx.Err()
		}
		return "", false, byHand(path, err)
	}
	if err := os.Rename(output, exported); err != nil {
		return "", false, byHand(path, fault.Errorf(fault.Corrupt, "nsys export wrote no file: %w", err))
	}
	return exported, true, nil
}

// byHand says how to export a report, which is the way out of every failure to do
// it here.
func byHand(path string, err error) error {
	return fault.WithRemedy(fault.Errorf(fault.KindOf(err), "an Nsight Systems report: %w", err),
		"export it with the nsys that wrote it, or a newer one: %s", exportCommand(path))
}

// exportCommand is what a person types, quoted for a shell.
func exportCommand(path string) string {
	output := strings.TrimSuffix(path, filepath.Ext(path)) + ".sqlite"
	return "nsys export --type sqlite --output " + shellQuote(output) + " " + shellQuote(path)
}

func shellQuote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:@%,", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// maxExports is the most bytes that exports take before another is made.
const maxExports = 16 << 30

// sweep removes the exports that were not used for longest, and what was left of
// ones that never ended, until the others take no more than maxExports. What cannot
// be removed stays.
func (f reportFormat) sweep() {
	type kept struct {
		path string
		info fs.FileInfo
	}
	entries, err := os.ReadDir(f.folder)
	if err != nil {
		return
	}
	var list []kept
	total := int64(0)
	for _, entry := range entries {
		info, err := entry.Info()
		path := filepath.Join(f.folder, entry.Name())
		switch {
		case err != nil:
		case info.IsDir() && time.Since(info.ModTime()) > 24*time.Hour:
			_ = os.RemoveAll(path)
		case info.Mode().IsRegular():
			list, total = append(list, kept{path, info}), total+info.Size()
		}
	}
	slices.SortFunc(list, func(a, b kept) int { return a.info.ModTime().Compare(b.info.ModTime()) })
	for _, k := range list {
		if total <= maxExports {
			return
		}
		if err := os.Remove(k.path); err == nil || errors.Is(err, fs.ErrNotExist) {
			total -= k.info.Size()
		}
	}
}
