package kernelspec_test

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/fault"
	"profilemate/workbench/kernel/kernelspec"
)

func TestInstallAndRemove(t *testing.T) {
	t.Parallel()
	folder, err := kernelspec.Folder(kernelspec.PrefixDir(t.TempDir()), "profilemate")
	if err != nil || !strings.HasSuffix(folder, filepath.FromSlash("share/jupyter/kernels/profilemate")) {
		t.Fatalf("folder %s (%v)", folder, err)
	}
	for _, spec := range []kernelspec.Spec{kernelspec.New("/old/profilemate"), kernelspec.New("/opt/profilemate", "--cache", "/c")} {
		if err := kernelspec.Install(folder, spec); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(filepath.Join(folder, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got kernelspec.Spec
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"/opt/profilemate", "--cache", "/c", "kernel", "--connection-file", "{connection_file}"}
	if diff := cmp.Diff(want, got.Argv); diff != "" || got.InterruptMode != "message" || got.Language != "go" {
		t.Errorf("spec %s\n%s", raw, diff)
	}
	for name, size := range map[string]int{"logo-32x32.png": 32, "logo-64x64.png": 64} {
		file, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		logo, err := png.DecodeConfig(file)
		file.Close()
		if err != nil || logo.Width != size || logo.Height != size {
			t.Errorf("%s is %d by %d (%v)", name, logo.Width, logo.Height, err)
		}
	}
	if err := kernelspec.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
	if err := kernelspec.Remove(folder); fault.KindOf(err) != fault.NotFound {
		t.Errorf("removed again: %v, want NotFound", err)
	}
}

// The kernel of another program is neither replaced nor removed.
func TestForeignKernelStays(t *testing.T) {
	t.Parallel()
	for _, content := range []string{`{"argv":["python3"],"display_name":"Python","language":"python"}`, "not JSON"} {
		folder := filepath.Join(t.TempDir(), "python3")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, "kernel.json")
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{kernelspec.Install(folder, kernelspec.New("/p")), kernelspec.Remove(folder)} {
			if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "--name") {
				t.Errorf("error %v, want a Conflict with the way out", err)
			}
		}
		if raw, err := os.ReadFile(file); err != nil || string(raw) != content {
			t.Errorf("it became %s (%v)", raw, err)
		}
	}
}

func TestNamesAreThoseThatJupyterTakes(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{"profilemate": true, "a-b_c.1": true, "": false, "..": false, "a/b": false, "a b": false} {
		if _, err := kernelspec.Folder("/data", name); (err == nil) != good {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

func TestUserDirFollowsTheEnvironment(t *testing.T) {
	t.Setenv("JUPYTER_DATA_DIR", "/data")
	if dir, err := kernelspec.UserDir(); err != nil || dir != "/data" {
		t.Errorf("with JUPYTER_DATA_DIR: %s (%v)", dir, err)
	}
	t.Setenv("JUPYTER_DATA_DIR", "")
	t.Setenv("XDG_DATA_HOME", "/xdg")
	if dir, err := kernelspec.UserDir(); err != nil || dir != filepath.FromSlash("/xdg/jupyter") {
		t.Errorf("with XDG_DATA_HOME: %s (%v)", dir, err)
	}
}
