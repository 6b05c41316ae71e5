package tracker_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// pythons returns one interpreter of each version from 3.8 that is on the PATH or
// among pyenv's, as a map from version to program.
func pythons(t *testing.T) map[string]string {
	t.Helper()
	var candidates []string
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), filepath.Join(home, ".pyenv", "versions", "*", "bin")) {
		found, err := filepath.Glob(filepath.Join(folder, "python3*"))
		if err != nil {
			t.Fatal(err)
		}
		candidates = append(candidates, found...)
	}
	slices.Sort(candidates)
	name := regexp.MustCompile(`^python3(\.\d+)?$`)
	byVersion := map[string]string{}
	for _, path := range candidates {
		if !name.MatchString(filepath.Base(path)) {
			continue
		}
		out, err := exec.Command(path, "-c", "import sys; print('%d.%d' % sys.version_info[:2], end='' if sys.version_info >= (3, 8) else 'old')").Output()
		if version := string(out); err == nil && regexp.MustCompile(`^3\.\d+$`).MatchString(version) {
			byVersion[version] = path
		}
	}
	return byVersion
}

// The tracker's own tests pass on every Python that is here.
func TestPython(t *testing.T) {
	t.Parallel()
	found := pythons(t)
	if len(found) == 0 {
		t.Fatal("no Python 3.8 or later is installed: scripts/setup.sh installs one")
	}
	for version, path := range found {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(path, "-B", "-m", "unittest", "-q", "test_tracker")
			cmd.Dir = "testdata"
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", path, err, out)
			}
		})
	}
}
