package kernel_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"profilemate/workbench/kernel/kernelspec"
)

// BenchmarkBesideIPykernel measures this kernel and ipykernel with the same client:
// from start to ready, a cell that does nothing, and 100,000 lines of text.
func BenchmarkBesideIPykernel(b *testing.B) {
	data := b.TempDir()
	folder, err := kernelspec.Folder(data, "say")
	if err != nil {
		b.Fatal(err)
	}
	spec := kernelspec.New(os.Args[0])
	spec.Env = map[string]string{childRole: "say"}
	if err := kernelspec.Install(folder, spec); err != nil {
		b.Fatal(err)
	}
	table := []struct{ kernel, empty, lines string }{
		{"say", "\n", "lines 100000"},
		{"python3", "pass", "for i in range(100000): print('line', i)"},
	}
	for _, row := range table {
		b.Run(row.kernel, func(b *testing.B) {
			var start, empty, lines, runs float64
			for b.Loop() {
				cmd := exec.Command(jupyterPython(b), filepath.Join("testdata", "measure.py"), row.kernel, row.empty, row.lines)
				cmd.Env = append(os.Environ(), "JUPYTER_PATH="+data, "PYTHONWARNINGS=ignore")
				out, err := cmd.Output()
				var s, e, l float64
				if _, scanErr := fmt.Sscanf(string(out), "start %g\nempty %g\nlines %g", &s, &e, &l); err != nil || scanErr != nil {
					b.Fatalf("measure.py: %v %v\n%s", err, scanErr, out)
				}
				start, empty, lines, runs = start+s, empty+e, lines+l, runs+1
			}
			b.ReportMetric(1e3*start/runs, "start-ms")
			b.ReportMetric(1e6*empty/runs, "empty-µs")
			b.ReportMetric(1e3*lines/runs, "lines-ms")
		})
	}
}
