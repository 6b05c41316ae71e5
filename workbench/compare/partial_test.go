package compare_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/analysis/change"
	"profilemate/workbench/compare"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/fault"
)

// partialOf opens a whole capture and one of which a part is missing.
func partialOf(t *testing.T, whole, part string) (baseline, current []*compare.Run) {
	t.Helper()
	runs, err := compare.Open(t.Context(), testEngine(t), []string{whole, part}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return runs[:1], runs[1:]
}

// cutOff is a copy of a file's first part.
func cutOff(t *testing.T, path string, parts int) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "cut.sqlite")
	if err := os.WriteFile(copied, data[:len(data)/parts], 0o644); err != nil {
		t.Fatal(err)
	}
	return copied
}

// A capture that is damaged, and one that lacks its kernels or ranges beside one that has
// them, pass no gate, on whichever side they are.
func TestPartialRunsAreRefused(t *testing.T) {
	t.Parallel()
	path := enginetest.Capture(t, "demo_eager")
	for _, c := range []struct{ name, path, want string }{
		{"cut off", cutOff(t, path, 4), "cannot compare: cut.sqlite is damaged: The file is cut off"},
		{"no table of kernels", planted(t, path, `DROP TABLE CUPTI_ACTIVITY_KIND_KERNEL`), "cannot compare: There are no kernels in planted.sqlite, but in capture."},
		{"no row of kernels", planted(t, path, `DELETE FROM CUPTI_ACTIVITY_KIND_KERNEL`), "cannot compare: There are no kernels in planted.sqlite, but in capture."},
		{"no ranges", planted(t, path, `DROP TABLE NVTX_EVENTS`), "cannot compare: There are no NVTX ranges in planted.sqlite"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			whole, part := partialOf(t, path, c.path)
			for _, sides := range [][2][]*compare.Run{{whole, part}, {part, whole}} {
				_, err := compare.Compare(sides[0], sides[1], compare.Options{AllowUnlike: true})
				if fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
			}
		})
	}
}

// Where it is asked for all the same, what a side lacks is no improvement.
func TestPartialRunsAreNoImprovement(t *testing.T) {
	t.Parallel()
	path := enginetest.Capture(t, "demo_eager")
	whole, part := partialOf(t, path, planted(t, path, `DROP TABLE CUPTI_ACTIVITY_KIND_KERNEL`))
	r, err := compare.Compare(whole, part, compare.Options{AllowUnlike: true, AllowPartial: true})
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Counts; n.Improved+n.New+n.Vanished > 0 || n.Unrecorded == 0 {
		t.Errorf("%+v: %q improved, %q vanished", n, found(r, change.Improved), found(r, change.Vanished))
	}
	var text strings.Builder
	if err := compare.Write(&text, r, compare.Text); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(text.String(), "\n"); !strings.HasPrefix(lines[3], "There are no kernels in planted.sqlite") {
		t.Errorf("the first line after the names is %q", lines[3])
	}
}

// What one side did not record is neither new nor gone.
func TestUnrecorded(t *testing.T) {
	t.Parallel()
	path := enginetest.Capture(t, "demo_eager")
	whole, part := partialOf(t, path, planted(t, path, `DROP TABLE CUDA_GPU_MEMORY_USAGE_EVENTS`))
	r := judge(t, part, whole, 10)
	if got := found(r, change.Unrecorded); !slices.Equal(got, []string{"memory/pinned_peak"}) {
		t.Errorf("not recorded: %q", got)
	}
	if got := append(found(r, change.New), found(r, change.Vanished)...); len(got) > 0 {
		t.Errorf("new or gone: %q", got)
	}
}
