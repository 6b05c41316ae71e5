// Package tracker installs the recorder of MoE routing that runs inside a serving
// engine. The recorder itself is Python, in the folder python; docs/moe-tracker.md
// says what it records and what it costs.
package tracker

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"profilemate/workbench/fault"
)

//go:embed python/*.py
var files embed.FS

// Switch is the environment variable that turns the tracker on. Its value is the
// folder that recordings go to.
const Switch = "PROFILEMATE_MOE_TRACKER"

// Installed says where the tracker lies and how a server is started with it.
type Installed struct {
	Path   string   // folder for PYTHONPATH, absolute
	Output string   // folder that recordings go to, absolute
	Files  []string // names of the files in Path, sorted
}

// Install writes the tracker into the folder code below dir, and makes dir. Files of
// an earlier installation are replaced, each at once, so that a server that starts
// meanwhile reads the old or the new one. A file of somebody else's in that place is
// Misuse; a folder that cannot be written is Denied.
func Install(dir string) (Installed, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return Installed{}, fault.Errorf(fault.Denied, "installing the MoE tracker: %w", err)
	}
	at := Installed{Path: filepath.Join(root, "code"), Output: filepath.Join(root, "recordings")}
	if strings.ContainsRune(root, os.PathListSeparator) {
		return Installed{}, fault.WithRemedy(fault.Errorf(fault.Misuse, "installing the MoE tracker: %s holds %q, which separates the folders of PYTHONPATH", root, os.PathListSeparator),
			"choose a folder without it")
	}
	if err := os.MkdirAll(at.Path, 0o755); err != nil {
		return Installed{}, fault.Errorf(fault.Denied, "installing the MoE tracker: %w", err)
	}
	entries, err := files.ReadDir("python")
	if err != nil {
		return Installed{}, fmt.Errorf("installing the MoE tracker: %w", err)
	}
	for _, e := range entries {
		if err := place(at.Path, e.Name()); err != nil {
			return Installed{}, err
		}
		at.Files = append(at.Files, e.Name())
	}
	return at, nil
}

// place writes one of the embedded files into folder.
func place(folder, name string) error {
	text, err := fs.ReadFile(files, "python/"+name)
	if err != nil {
		return fmt.Errorf("installing the MoE tracker: %w", err)
	}
	path := filepath.Join(folder, name)
	if old, err := os.ReadFile(path); err == nil && !strings.Contains(string(old), Switch) {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "installing the MoE tracker: %s is a file of somebody else's", path), "choose another folder")
	}
	if err := replace(path, text); err != nil {
		return fault.Errorf(fault.Denied, "installing the MoE tracker: %w", err)
	}
	return nil
}

// replace writes a file beside the one at path and puts it in its place.
func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Environment returns the lines that a shell reads before it starts the server. The
// PYTHONPATH that is there stays behind the tracker's folder.
func (i Installed) Environment() []string {
	return []string{
		"export PYTHONPATH=" + quote(i.Path) + "${PYTHONPATH:+:$PYTHONPATH}",
		"export " + Switch + "=" + quote(i.Output),
	}
}

// quote writes text as one word of a shell.
func quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+", r)
	}
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
