package contents

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/google/uuid"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

// checkpointFolder is where Jupyter keeps checkpoints, beside the file; ours are the
// same files.
const checkpointFolder = ".ipynb_checkpoints"

// checkpointID is the name of the one checkpoint that a file has.
const checkpointID = "checkpoint"

// Checkpoint is a kept state of a file.
type Checkpoint struct {
	ID           string `json:"id"`
	LastModified string `json:"last_modified"` // RFC 3339
}

// checkpointOf is where the checkpoint of a file is.
func checkpointOf(name string) string {
	ext := path.Ext(name)
	return path.Join(path.Dir(name), checkpointFolder, strings.TrimSuffix(path.Base(name), ext)+"-"+checkpointID+ext)
}

// Checkpoint keeps the state of a file, in place of an earlier one.
func (s *Store) Checkpoint(name string) (Checkpoint, error) {
	name, err := s.file(name)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := s.root.MkdirAll(path.Join(path.Dir(name), checkpointFolder), 0o755); err != nil {
		return Checkpoint{}, fileFault(name, err)
	}
	if err := s.duplicate(name, checkpointOf(name)); err != nil {
		return Checkpoint{}, err
	}
	list, err := s.Checkpoints(name)
	if err == nil && len(list) == 0 {
		err = notThere(checkpointOf(name))
	}
	if err != nil {
		return Checkpoint{}, err
	}
	return list[0], nil
}

// file is the clean path of a file that is there, with an open document saved.
func (s *Store) file(name string) (string, error) {
	name, err := clean(name)
	if err != nil {
		return "", err
	}
	if err := s.documents.Settle(name); err != nil {
		return "", err
	}
	info, err := s.stat(name)
	if err == nil && info.IsDir() {
		err = fault.Errorf(fault.Misuse, "%s is a directory and has no checkpoints", name)
	}
	return name, err
}

// Checkpoints lists the checkpoints of a file: one, or none.
func (s *Store) Checkpoints(name string) ([]Checkpoint, error) {
	name, err := clean(name)
	if err != nil {
		return nil, err
	}
	info, err := s.root.Stat(checkpointOf(name))
	if errors.Is(err, fs.ErrNotExist) {
		return []Checkpoint{}, nil
	} else if err != nil {
		return nil, fileFault(name, err)
	}
	return []Checkpoint{{ID: checkpointID, LastModified: info.ModTime().UTC().Format(timeLayout)}}, nil
}

// Restore brings a checkpoint back. An open document with changes of its own is a
// Conflict.
func (s *Store) Restore(name, id string) error {
	from, err := s.checkpoint(name, id)
	if err != nil {
		return err
	}
	name, _ = clean(name) // checkpoint has checked it
	if path.Ext(name) == ".ipynb" {
		if err := s.documents.Settle(name); err != nil {
			return err
		}
		if book, err := notebooks.Load(s.root, from); err == nil {
			return s.documents.Put(name, book)
		}
	}
	return s.duplicate(from, name)
}

// DropCheckpoint removes a checkpoint.
func (s *Store) DropCheckpoint(name, id string) error {
	file, err := s.checkpoint(name, id)
	if err != nil {
		return err
	}
	if err := s.root.Remove(file); err != nil {
		return fileFault(name, err)
	}
	return nil
}

// checkpoint is where a checkpoint is; one that is not there is NotFound.
func (s *Store) checkpoint(name, id string) (string, error) {
	name, err := clean(name)
	if err != nil {
		return "", err
	}
	file := checkpointOf(name)
	if _, err := s.root.Stat(file); err != nil || id != checkpointID {
		return "", fault.Errorf(fault.NotFound, "Checkpoint does not exist: %s@%s", name, id)
	}
	return file, nil
}

// dropCheckpoints removes what is kept of a file that is deleted. What is left behind
// does no harm.
func (s *Store) dropCheckpoints(name string) { _ = s.root.Remove(checkpointOf(name)) }

// moveCheckpoints lets what is kept of a file follow it. What is left behind does no
// harm.
func (s *Store) moveCheckpoints(from, to string) {
	if _, err := s.root.Stat(checkpointOf(from)); err == nil {
		_ = s.root.MkdirAll(path.Dir(checkpointOf(to)), 0o755)
		_ = s.root.Rename(checkpointOf(from), checkpointOf(to))
	}
}

// duplicate copies a file in one step, whatever its size.
func (s *Store) duplicate(from, to string) error {
	in, err := s.root.Open(from)
	if err != nil {
		return fileFault(from, err)
	}
	defer in.Close()
	temp := path.Join(path.Dir(to), "."+path.Base(to)+"."+uuid.NewString()[:8]+".tmp")
	out, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fileFault(to, err)
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err == nil {
		err = s.root.Rename(temp, to)
	}
	if err != nil {
		_ = s.root.Remove(temp) // the failure of the copy is the one to tell
		return fileFault(to, err)
	}
	return nil
}
