package apisummary_test

import (
	"testing"

	"profilemate/frames"
	"profilemate/plugins/apisummary"
)

// Functions of the CUDA 13 runtime and driver, with what they are for.
func TestClasses(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"cudaLaunchKernel": "launch", "cuLaunchKernelEx": "launch", "cudaLaunchKernelExC": "launch", "cudaLaunchCooperativeKernel": "launch",
		"cudaGraphLaunch": "graph launch", "cuGraphLaunch": "graph launch",
		"cudaGraphInstantiate": "other", "cudaGraphAddMemcpyNode": "other", "cudaStreamBeginCapture": "other", "cudaLaunchHostFunc": "other",
		"cudaStreamIsCapturing": "other", "cudaStreamWaitEvent": "other", "cudaEventRecord": "other", "cudaFuncSetAttribute": "other",
		"cudaDeviceSynchronize": "synchronize", "cuCtxSynchronize": "synchronize", "cudaEventSynchronize": "synchronize",
		"cudaEventQuery": "query", "cuStreamQuery": "query",
		"cudaMemcpy": "copy", "cudaMemcpyAsync": "copy", "cuMemcpyHtoDAsync": "copy", "cudaMemcpyPeerAsync": "copy",
		"cudaMemset": "set", "cuMemsetD8Async": "set",
		"cudaMalloc": "allocate", "cudaMallocAsync": "allocate", "cudaMallocHost": "allocate", "cudaHostAlloc": "allocate", "cuMemAlloc": "allocate",
		"cuMemCreate": "allocate", "cuMemMap": "allocate", "cudaHostRegister": "allocate",
		"cudaFree": "free", "cudaFreeHost": "free", "cuMemFree": "free", "cuMemUnmap": "free", "cuMemRelease": "free", "cudaHostUnregister": "free",
		"cuLibraryLoadData": "load code", "cuModuleLoadDataEx": "load code", "cuModuleUnload": "load code", "cuLibraryGetKernel": "other",
	} {
		b := frames.NewBuilder("api_calls", frames.Schema{{Name: "name", Kind: frames.String}, {Name: "start", Kind: frames.Int64}, {Name: "end", Kind: frames.Int64}})
		b.Row(name, 0, 10)
		if got := classOf(t, b.Frame()); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func classOf(t *testing.T, calls *frames.Frame) string {
	t.Helper()
	begin, err := apisummary.Analysis.Begin(nil)
	if err != nil {
		t.Fatal(err)
	}
	fold := begin()
	if err := fold.Scan("profile", "api_calls", calls); err != nil {
		t.Fatal(err)
	}
	r, err := fold.Finish(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Table("calls").Frame.Column("class").Str(0)
}
