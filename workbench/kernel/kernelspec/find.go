package kernelspec

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// Found is a kernel that is installed on this machine.
type Found struct {
	Name string
	Dir  string // with kernel.json and the logos
	Spec Spec
}

// Dirs are the folders of Jupyter data on this machine, in the order in which Jupyter
// looks through them: JUPYTER_PATH, the user's, those of the active Python
// environments, the system's.
func Dirs() []string {
	dirs := filepath.SplitList(os.Getenv("JUPYTER_PATH"))
	if user, err := UserDir(); err == nil {
		dirs = append(dirs, user)
	}
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if prefix := os.Getenv(name); prefix != "" {
			dirs = append(dirs, PrefixDir(prefix))
		}
	}
	if runtime.GOOS == "windows" {
		return append(dirs, filepath.Join(os.Getenv("PROGRAMDATA"), "jupyter"))
	}
	return append(dirs, PrefixDir("/usr/local"), PrefixDir("/usr"))
}

// Find lists the kernels below folders of Jupyter data by name. Of two of a name the
// first one counts. What is no sound spec is left out, as Jupyter does.
func Find(dirs []string) []Found {
	var list []Found
	for _, data := range dirs {
		entries, err := os.ReadDir(filepath.Join(data, "kernels"))
		if err != nil {
			continue // most of the folders are not there
		}
		for _, e := range entries {
			folder, err := Folder(data, e.Name())
			if err != nil || slices.ContainsFunc(list, func(f Found) bool { return f.Name == e.Name() }) {
				continue
			}
			if spec, ok := read(folder); ok {
				list = append(list, Found{Name: e.Name(), Dir: folder, Spec: spec})
			}
		}
	}
	slices.SortFunc(list, func(a, b Found) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func read(folder string) (Spec, bool) {
	var s Spec
	raw, err := os.ReadFile(filepath.Join(folder, "kernel.json"))
	if err != nil || json.Unmarshal(raw, &s) != nil {
		return Spec{}, false
	}
	return s, len(s.Argv) > 0 && s.DisplayName != "" && s.Language != ""
}

// Logos are the pictures of this program's kernel.
func Logos() fs.FS { return logos }
