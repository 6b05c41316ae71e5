// Package kernelspec tells Jupyter clients of a kernel: it writes the folder with
// kernel.json and logos that JupyterLab, VS Code and nbclient look for.
package kernelspec

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"

	"profilemate/workbench/fault"
)

// Spec is the content of kernel.json.
type Spec struct {
	Argv          []string          `json:"argv"` // "{connection_file}" stands for the path of that file
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode,omitempty"` // "message" or "signal"; empty is "signal"
	Env           map[string]string `json:"env,omitempty"`
	Metadata      map[string]any    `json:"metadata,omitempty"`
}

// owner is the entry of Metadata that says that this program wrote a spec.
const owner = "profilemate"

// New returns the spec of this program's kernel. program is an absolute path; args
// stand between it and the verb.
func New(program string, args ...string) Spec {
	argv := append(append([]string{program}, args...), "kernel", "--connection-file", "{connection_file}")
	return Spec{Argv: argv, DisplayName: "ProfileMate", Language: "go", InterruptMode: "message",
		Metadata: map[string]any{owner: true, "debugger": false}}
}

//go:embed logo-32x32.png logo-64x64.png logo-svg.svg
var logos embed.FS

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// UserDir is the user's folder of Jupyter data: JUPYTER_DATA_DIR where it is set,
// else what Jupyter takes on this system.
func UserDir() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fault.WithRemedy(fault.Errorf(fault.Missing, "no home folder: %w", err), "say where with --prefix DIR")
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Jupyter"), nil
	case "windows":
		if dir := os.Getenv("APPDATA"); dir != "" {
			return filepath.Join(dir, "jupyter"), nil
		}
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// PrefixDir is the folder of Jupyter data below a prefix, such as /usr/local or a
// Python environment.
func PrefixDir(prefix string) string { return filepath.Join(prefix, "share", "jupyter") }

// Folder is where a kernel's spec stands in a folder of Jupyter data. A name that
// Jupyter would not take is Misuse.
func Folder(data, name string) (string, error) {
	if !namePattern.MatchString(name) {
		return "", fault.Errorf(fault.Misuse, "kernel name %q: a name has letters, digits, periods, hyphens and underscores only", name)
	}
	return filepath.Join(data, "kernels", name), nil
}

// Install writes a spec and the logos into a folder, in place of an older one of
// this program. A spec of another program there is a Conflict.
func Install(folder string, s Spec) error {
	if err := ours(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	raw, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return fmt.Errorf("writing the kernel's spec: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return unwritable(folder, err)
	}
	files := map[string][]byte{}
	names, err := fs.Glob(logos, "logo-*")
	if err != nil {
		return err
	}
	for _, name := range names {
		if files[name], err = logos.ReadFile(name); err != nil {
			return err
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return unwritable(folder, err)
		}
	}
	return replace(filepath.Join(folder, "kernel.json"), append(raw, '\n'))
}

// replace writes a file that a client may read at any moment.
func replace(path string, content []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, content, 0o644); err != nil {
		return unwritable(filepath.Dir(path), err)
	}
	if err := os.Rename(next, path); err != nil {
		_ = os.Remove(next) // the failure of the rename is the one to tell
		return unwritable(filepath.Dir(path), err)
	}
	return nil
}

func unwritable(folder string, err error) error {
	return fault.WithRemedy(fault.Errorf(fault.Denied, "installing the kernel into %s: %w", folder, err),
		"name another place with --prefix DIR")
}

// Remove takes a folder away that Install wrote. One that is not there is NotFound,
// one of another program a Conflict.
func Remove(folder string) error {
	err := ours(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Errorf(fault.NotFound, "no kernel is installed in %s", folder)
	}
	if err == nil {
		err = os.RemoveAll(folder)
	}
	if err != nil {
		return fmt.Errorf("removing the kernel: %w", err)
	}
	return nil
}

// ours returns nil if this program wrote a folder's spec, and an error that is
// fs.ErrNotExist where there is none.
func ours(folder string) error {
	raw, err := os.ReadFile(filepath.Join(folder, "kernel.json"))
	if err != nil {
		return err
	}
	var s Spec
	if err := json.Unmarshal(raw, &s); err != nil || s.Metadata[owner] != true {
		return fault.WithRemedy(fault.Errorf(fault.Conflict, "%s holds a kernel of another program", folder), "pick another name with --name")
	}
	return nil
}
