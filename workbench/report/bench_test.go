package report_test

import (
	"io"
	"os"
	"testing"

	"profilemate/workbench/report"
)

// BenchmarkReport gathers and writes a report with nothing kept from before, of the
// capture that PROFILEMATE_BENCH_CAPTURE names, or of the demo's run with CUDA graphs.
func BenchmarkReport(b *testing.B) {
	path := os.Getenv("PROFILEMATE_BENCH_CAPTURE")
	if path == "" {
		path = capture(b, "demo_cudagraph")
	}
	for b.Loop() {
		r, err := report.Gather(b.Context(), newEngine(b), report.Request{Nsys: path}, nil)
		if err == nil {
			err = report.Write(io.Discard, r, report.HTML, report.Options{})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
