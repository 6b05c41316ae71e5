package tokens

import (
	"context"

	"profilemate/workbench/artifacts"
)

// Recording is token-level routing that lies beside a tracker's counts.
type Recording struct {
	artifacts.Artifact
	Files  []string // that it was read from
	Layers []int64  // number of each layer of the ids, of dense ones too
	Steps  string   // text of the finding that says what a step is; "" where the recording has steps
}

// OpenFolders opens the token-level routing of the files in folders, one recording in
// the order of the folders. Files that skip reports are somebody else's, and what
// torch.save wrote is passed over. It is nil where no file holds any routing by token; the
// fault is that of the first file where none can be read.
func OpenFolders(ctx context.Context, folders []string, skip func(path string) bool) (*Recording, error) {
	l := loader{ctx: ctx, skip: skip}
	for _, dir := range folders {
		entries, err := readFolder(dir)
		if err != nil {
			return nil, err
		}
		if err := l.addFolder(dir, entries); err != nil {
			return nil, err
		}
	}
	if len(l.arrays) == 0 && len(l.answers) == 0 && l.why == nil {
		return nil, nil
	}
	r, err := l.recording()
	if err != nil {
		return nil, err
	}
	files := l.arrays
	if len(files) == 0 {
		files = l.answers
	}
	steps, _ := r.stepFinding()
	return &Recording{newArtifact(r), files, r.layers, steps.Text}, nil
}
