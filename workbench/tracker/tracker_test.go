package tracker_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/tracker"
)

func TestInstall(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "with space")
	at, err := tracker.Install(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"profilemate_moe_tracker.py", "sitecustomize.py"}; !slices.Equal(at.Files, want) {
		t.Errorf("files %v, want %v", at.Files, want)
	}
	for _, name := range at.Files {
		got, err := os.ReadFile(filepath.Join(at.Path, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("python", name))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not the one of the project (%v)", name, err)
		}
	}
	if _, err := tracker.Install(dir); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

// The lines are read by a real shell: they keep what was on PYTHONPATH and survive
// names that a shell would split or expand.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, after string }{{"", ""}, {"/a:/b", ":/a:/b"}} {
		at, err := tracker.Install(filepath.Join(t.TempDir(), "it's $HOME"))
		if err != nil {
			t.Fatal(err)
		}
		script := strings.Join(at.Environment(), "\n") + "\nprintf '%s\\n' \"$PYTHONPATH\" \"$" + tracker.Switch + "\"\n"
		cmd := exec.Command("sh", "-c", script)
		cmd.Env = []string{"PYTHONPATH=" + c.before, "HOME=/wrong"}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := at.Path + c.after + "\n" + at.Output + "\n"; string(out) != want {
			t.Errorf("the shell has %q, want %q", out, want)
		}
	}
}

func TestInstallRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "code"), 0o700); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "code", "sitecustomize.py")
	if err := os.WriteFile(foreign, []byte("import mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir  string
		kind fault.Kind
	}{{filepath.Join(dir, "file", "below"), fault.Denied}, {filepath.Join(dir, "a:b"), fault.Misuse}, {dir, fault.Misuse}} {
		if _, err := tracker.Install(c.dir); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v is %s, want %s", c.dir, err, fault.KindOf(err), c.kind)
		}
	}
	if text, err := os.ReadFile(foreign); err != nil || string(text) != "import mine\n" {
		t.Errorf("the file of somebody else's now holds %q (%v)", text, err)
	}
}
