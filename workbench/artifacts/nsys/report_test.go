package nsys_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/fault"
)

// exporter stands for nsys: it writes the bytes it holds.
type exporter struct {
	data []byte
	err  error
	runs int
}

func (e *exporter) Export(_ context.Context, _, output string) error {
	e.runs++
	if e.err != nil {
		return errors.Join(os.WriteFile(output, e.data[:100], 0o644), e.err)
	}
	return os.WriteFile(output, e.data, 0o644)
}

const reportHead = "NVIDIA Tegra Profiler Report 2023@4@4@54-234433681190v0.\n"

func tryReport(path string, e nsys.Exporter, folder string) (artifacts.Artifact, error) {
	return artifacts.Formats{nsys.Format(), nsys.FolderFormat(), nsys.ReportFormat(e, folder)}.Open(context.Background(), path)
}

// A report is exported once, again when it has changed, and again when its export
// is damaged.
func TestReport(t *testing.T) {
	t.Parallel()
	path, folder := write(t, "a.nsys-rep", []byte(reportHead)), t.TempDir()
	e := &exporter{data: unzip(t, miniNodes)}
	check := func(what string, runs int) {
		t.Helper()
		a, err := tryReport(path, e, folder)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer a.Close()
		if n := load(t, a, "kernels").Len(); n != 84 || e.runs != runs || a.Info().Format != "nsys-rep" {
			t.Errorf("%s: %d kernels of a %s after %d exports, want %d", what, n, a.Info().Format, e.runs, runs)
		}
	}
	check("new", 1)
	check("again", 1)
	if err := os.WriteFile(path, []byte(reportHead+"changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	check("changed", 2)
	exports, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(exports) != 2 {
		t.Fatalf("%v, %v", exports, err)
	}
	for _, export := range exports {
		if err := os.Truncate(export, 50); err != nil {
			t.Fatal(err)
		}
	}
	check("damaged export", 3)
}

// What keeps a report from being exported is told with the command that would.
func TestReportFailures(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "it's here")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.nsys-rep")
	if err := os.WriteFile(path, []byte(reportHead), 0o644); err != nil {
		t.Fatal(err)
	}
	command := "nsys export --type sqlite --output '" + strings.ReplaceAll(dir, "'", `'\''`) + "/a.sqlite' '"
	for _, c := range []struct {
		name string
		by   nsys.Exporter
		kind fault.Kind
		want string
	}{
		{"no nsys", nil, fault.Missing, "no nsys"},
		{"not on the PATH", &exporter{data: make([]byte, 100), err: fault.Errorf(fault.Missing, "there is no nsys on the PATH")}, fault.Missing, "on the PATH"},
		{"nsys fails", &exporter{data: make([]byte, 100), err: fault.Errorf(fault.Unsupported, "nsys export: exit status 1: too new")}, fault.Unsupported, "too new"},
	} {
		folder := filepath.Join(t.TempDir(), "exports")
		_, err := tryReport(path, c.by, folder)
		if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), command) {
			t.Errorf("%s: %v", c.name, err)
		}
		if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left behind, %v", c.name, left, err)
		}
	}
}

// The command that is printed is one that a shell takes apart as it is meant.
func TestExportCommandIsQuoted(t *testing.T) {
	t.Parallel()
	path := write(t, "a b$(x)'\".nsys-rep", []byte(reportHead))
	_, err := tryReport(path, nil, t.TempDir())
	_, command, found := strings.Cut(err.Error(), "newer one: nsys export ")
	if !found {
		t.Fatal(err)
	}
	out, err := exec.Command("sh", "-c", "printf '%s\\n' "+strings.TrimSuffix(command, ")")).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "--type\nsqlite\n--output\n" + strings.TrimSuffix(path, ".nsys-rep") + ".sqlite\n" + path + "\n"
	if string(out) != want {
		t.Errorf("a shell makes of %q\n%swant\n%s", command, out, want)
	}
}
