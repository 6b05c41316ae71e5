package cpusamples_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/plugins/cpusamples"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
)

// cpu_spin is a C program that adds up sines 400 times and sleeps for 3 ms after each,
// sampled by nsys 2023.4.4; tables that tell of the machine are left out. The counts
// are those of SQL: rows of SAMPLING_CALLCHAINS at depth 0 by symbol and module. One
// sample has an address for a symbol.
func TestCapture(t *testing.T) {
	t.Parallel()
	r := enginetest.Run(t, cpusamples.Analysis, nsys.Format(), enginetest.Unpack(t, "testdata/cpu_spin.sqlite.zst"), 2, nil)
	f := r.Table("symbols").Frame
	var got []string
	for i := range f.Len() {
		got = append(got, fmt.Sprintf("%s %s %d", f.Strings("function")[i], f.Strings("module")[i], f.Ints("samples")[i]))
	}
	want := []string{"__sin_fma libm.so.6 163", "hot spin 6", "clock_nanosleep@@GLIBC_2 libc.so.6 5", "usleep libc.so.6 5", "__nanosleep libc.so.6 2",
		"(in libToolsInjectionMemoryAllocator.so) libToolsInjectionMemoryAllocator.so 1", "__default_morecore@GLIBC_2 libc.so.6 1",
		"_dl_relocate_object ld-linux-x86-64.so.2 1", "handle_amd ld-linux-x86-64.so.2 1", "init_cpu_features ld-linux-x86-64.so.2 1", "main spin 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-SQL +ours)\n%s", diff)
	}
	threads := r.Table("threads").Frame
	if threads.Len() != 1 || threads.Strings("name")[0] != "spin" || threads.Ints("samples")[0] != 187 {
		t.Errorf("threads: %v", threads.Row(0))
	}
}

// A capture without samples is refused with the flag that takes them.
func TestMissingTable(t *testing.T) {
	t.Parallel()
	registry, err := analysis.NewRegistry(cpusamples.Analysis)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{nsys.Format()}, Workers: 1})
	defer e.Wait()
	path := enginetest.Unpack(t, "../../workbench/artifacts/nsys/testdata/h100_mini_nodes.sqlite.zst")
	_, err = e.Run(t.Context(), engine.Request{Analysis: "cpu-samples", Inputs: []analysis.CallInput{{Path: path}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "--sample=process-tree (-s process-tree)") {
		t.Errorf("error %v", err)
	}
}
