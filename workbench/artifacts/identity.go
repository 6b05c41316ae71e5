package artifacts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"profilemate/workbench/fault"
)

// Identity tells a file or folder apart at once, without reading it: its absolute
// path with device, inode, size and times of each file. An edit in place changes
// it; a copy has another one.
type Identity string

// Identify returns the provisional identity of the file or folder at path.
func Identify(path string) (Identity, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fault.Errorf(fault.NotFound, "%w", err)
	}
	h := sha256.New()
	err = walkFiles(abs, func(name string, info fs.FileInfo) error {
		fmt.Fprintf(h, "%q %s\n", name, stamp(info))
		return nil
	})
	if err != nil {
		return "", err
	}
	return Identity("id:" + hex.EncodeToString(h.Sum(nil))), nil
}

// Size returns the bytes of the file or of the folder's files, 0 when it cannot be
// read.
func Size(path string) int64 {
	var total int64
	err := walkFiles(path, func(_ string, info fs.FileInfo) error {
		total += info.Size()
		return nil
	})
	if err != nil {
		return 0
	}
	return total
}

// Digest returns "sha256:…" over the content of the file, or over the names and
// contents of a folder's files. It reads everything; callers run it beside the
// first scan and remember it under the Identity.
func Digest(ctx context.Context, path string) (string, error) {
	h := sha256.New()
	info, err := os.Stat(path)
	if err != nil {
		return "", fileFault(path, err)
	}
	err = walkFiles(path, func(name string, _ fs.FileInfo) error {
		if info.IsDir() {
			rel, err := filepath.Rel(path, name)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "\x00%s\x00", filepath.ToSlash(rel))
		}
		return hashFile(ctx, h, name)
	})
	if err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

func hashFile(ctx context.Context, w io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fileFault(path, err)
	}
	defer file.Close()
	_, err = io.Copy(w, contextReader{ctx, file})
	return err
}

// contextReader stops a long read when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// fileFault gives an error of the file system its kind and a sentence.
func fileFault(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Errorf(fault.NotFound, "%s: no such file or folder", path)
	}
	return fault.Errorf(fault.Denied, "%w", err)
}

// walkFiles calls fn for a file, or for every regular file below a folder in
// lexical order. A link below the folder that leads nowhere, or in a circle, holds
// nothing to read and is passed over.
func walkFiles(root string, fn func(path string, info fs.FileInfo) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fileFault(path, err)
		}
		if d.IsDir() {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil && d.Type()&fs.ModeSymlink != 0 && path != root {
			return nil
		}
		if err != nil {
			return fileFault(path, err)
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		return fn(path, info)
	})
}
