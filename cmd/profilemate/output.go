package main

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"

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
		return fault.Errorf(fault.Denied, "writing %s: %w", path, err)
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
		return fault.Errorf(fault.Denied, "writing %s: %w", path, err)
	}
	return nil
}
