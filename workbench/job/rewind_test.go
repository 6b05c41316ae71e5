package job_test

import (
	"encoding/json"
	"os"
	"testing"

	"profilemate/workbench/job"
)

// rewind makes a snapshot say that the job still runs, as one does whose supervisor
// was killed.
func rewind(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	var j job.Job
	if err == nil {
		err = json.Unmarshal(text, &j)
	}
	j.State = job.Running
	if err == nil {
		text, err = json.Marshal(j)
	}
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
