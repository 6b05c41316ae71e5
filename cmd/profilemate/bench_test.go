package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// benchCapture returns the capture that the benchmarks of whole commands read: the
// file that PROFILEMATE_BENCH_CAPTURE names, else the larger of the demo's.
func benchCapture() string {
	if path := os.Getenv("PROFILEMATE_BENCH_CAPTURE"); path != "" {
		return path
	}
	return filepath.Join(captures, "demo_cudagraph.sqlite")
}

// BenchmarkKernelSummary times whole commands on one capture: ours cold, ours from
// the store, and nsys stats where an nsys is on the path.
func BenchmarkKernelSummary(b *testing.B) {
	file := benchCapture()
	summary := func(cache string) *exec.Cmd {
		return exec.Command(binary, "run", "kernel-summary", file, "--format", "csv", "--cache", cache)
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			timeCommand(b, summary(b.TempDir()))
		}
	})
	b.Run("stored", func(b *testing.B) {
		cache := b.TempDir()
		timeCommand(b, summary(cache))
		for b.Loop() {
			timeCommand(b, summary(cache))
		}
	})
	nsys, err := exec.LookPath("nsys")
	if err != nil {
		b.Log("no nsys on the path: nothing to compare with")
		return
	}
	b.Run("nsys-stats", func(b *testing.B) {
		for b.Loop() {
			timeCommand(b, exec.Command(nsys, "stats", "--report", "cuda_gpu_kern_sum", "--format", "csv", file))
		}
	})
}

// BenchmarkStats times whole commands that make one report or several: ours reads the
// file once for all, nsys stats once for each.
func BenchmarkStats(b *testing.B) {
	file := benchCapture()
	nsys, err := exec.LookPath("nsys")
	if err != nil {
		b.Log("no nsys on the path: nothing to compare with")
	}
	for _, reports := range []string{"cuda_gpu_kern_sum", "nvtx_kern_sum", "cuda_gpu_kern_sum,cuda_api_sum,cuda_gpu_mem_time_sum,nvtx_sum,cuda_kern_exec_sum,nvtx_gpu_proj_sum"} {
		args := []string{"stats", "--report", reports, "--format", "csv", file}
		b.Run(reports+"/ours", func(b *testing.B) {
			for b.Loop() {
				timeCommand(b, exec.Command(binary, args...))
			}
		})
		if nsys == "" {
			continue
		}
		b.Run(reports+"/nsys", func(b *testing.B) {
			for b.Loop() {
				timeCommand(b, exec.Command(nsys, args...))
			}
		})
	}
}

func timeCommand(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}
