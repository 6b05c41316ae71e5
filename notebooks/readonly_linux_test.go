package notebooks_test

import (
	"os"
	"testing"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

// A folder that cannot be written to is said in words: no temporary name, and a way
// out. No user may make files in /sys, so that the test needs no ordinary one.
func TestSaveIntoAReadOnlyFolder(t *testing.T) {
	t.Parallel()
	root, err := os.OpenRoot("/sys")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	_, err = notebooks.Save(root, "t.ipynb", notebooks.New("T"))
	const want = "t.ipynb cannot be saved: the folder is not writable; export it, or serve a folder that you may write"
	if err == nil || err.Error() != want || fault.KindOf(err) != fault.Denied {
		t.Errorf("%v (%v), want %q", err, fault.KindOf(err), want)
	}
}
