package main

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"profilemate/workbench/fault"
)

// replaceFile writes a file whole, through a temporary one beside it. A link to a file is
// followed; what is there and is no file, such as /dev/null or a pipe, is written to.
func replaceFile(path string, write func(io.Writer) error) error {
	target, temp := path, ""
	if real, err := filepath.EvalSymlinks(path); err == nil {
		target = real
	}
	name, flags := target, os.O_WRONLY
	if info, err := os.Stat(target); err != nil || info.Mode().IsRegular() {
		temp = filepath.Join(filepath.Dir(target), ".profilemate-"+rand.Text())
		name, flags = temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL
	}
	file, err := os.OpenFile(name, flags, 0o666)
	if err != nil {
		return outputFault(path, err)
	}
	err = write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if temp != "" {
		defer os.Remove(temp)
		if err == nil {
			err = os.Rename(temp, target)
		}
	}
	if err != nil {
		return outputFault(path, err)
	}
	return nil
}

// outputFault says why a file could not be written. The paths in errors of the file
// system are left out: they name a temporary file that the user never asked for.
func outputFault(path string, err error) error {
	var onPath *fs.PathError
	var onLink *os.LinkError
	switch {
	case errors.As(err, &onPath):
		err = onPath.Err
	case errors.As(err, &onLink):
		err = onLink.Err
	}
	denied := fault.Errorf(fault.Denied, "writing %s: %w", path, err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.WithRemedy(denied, "make the folder %s first", filepath.Dir(path))
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.WithRemedy(denied, "choose a file that you may write")
	}
	return denied
}
