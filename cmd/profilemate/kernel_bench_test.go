package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkKernelReady is the kernel alone on standard input and output, from its start
// to its first answer.
func BenchmarkKernelReady(b *testing.B) {
	for b.Loop() {
		k := startKernel(b)
		if _, err := k.KernelInfo(b.Context()); err != nil {
			b.Fatal(err)
		}
		k.Close()
	}
}

// BenchmarkBesideIPykernel measures this kernel, as it is installed, and ipykernel with
// the same client over ZeroMQ: from start to ready, a cell that does nothing, and
// 100,000 lines of text.
func BenchmarkBesideIPykernel(b *testing.B) {
	data := b.TempDir()
	if out, err := exec.Command(binary, "kernel", "install", "--prefix", data).CombinedOutput(); err != nil {
		b.Fatalf("installing the kernel: %v\n%s", err, out)
	}
	for _, c := range []cellsOf{goCells(), pythonCells()} {
		b.Run(c.kernel, func(b *testing.B) {
			var start, empty, lines, runs float64
			for b.Loop() {
				cmd := exec.Command(jupyterPython(b), "testdata/clients/measure.py", c.kernel, c.empty, c.lines)
				cmd.Env = append(os.Environ(), "JUPYTER_PATH="+filepath.Join(data, "share", "jupyter"), "PYTHONWARNINGS=ignore")
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
