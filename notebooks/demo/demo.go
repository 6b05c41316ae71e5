// Package demo holds real captures of one H100 and a notebook that tells their
// story, for a first look without a GPU.
//
// A small mixture-of-experts language model (8 layers, 16 experts, top-2, 143 M
// parameters) served batches of 8 requests, once launching every kernel and once
// replaying decode steps as CUDA graphs; six small kernels of known cost were
// measured with ncu; and the model's routing was recorded during its training.
package demo

import (
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

//go:embed captures
var captures embed.FS

// Notebook is the name of the demo's document in its folder.
const Notebook = "demo.ipynb"

// Write unpacks the captures into dir and puts the notebook beside them. A notebook
// that is already there keeps what the user did to it: kept says that it is not one
// that Write made, but another document of that name.
func Write(dir string) (kept bool, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false, fault.Errorf(fault.Denied, "making the demo's folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false, fault.Errorf(fault.Denied, "opening the demo's folder: %w", err)
	}
	defer root.Close()
	err = fs.WalkDir(captures, "captures", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return unpack(root, name)
	})
	if err != nil {
		return false, fault.Errorf(fault.Denied, "unpacking the demo: %w", err)
	}
	if _, err := root.Stat(Notebook); err == nil {
		return isForeign(root), nil
	}
	n, err := document()
	if err != nil {
		return false, err
	}
	_, err = notebooks.Save(root, Notebook, n)
	return false, err
}

// isForeign reports whether the notebook in the demo's place was not made by
// document, or can no longer be read. Its title stays in the metadata through edits.
func isForeign(root *os.Root) bool {
	n, err := notebooks.Load(root, Notebook)
	return err != nil || n.Metadata["title"] != title
}

// unpack writes one compressed capture to root, unless it is there. A file is
// complete once it has its name.
func unpack(root *os.Root, name string) error {
	target := strings.TrimSuffix(strings.TrimPrefix(name, "captures/"), path.Ext(name))
	if _, err := root.Stat(target); err == nil {
		return nil
	}
	packed, err := captures.Open(name)
	if err != nil {
		return err
	}
	defer packed.Close()
	plain, err := decompress(packed, path.Ext(name))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := root.MkdirAll(path.Dir(target), 0o755); err != nil {
		return err
	}
	temp := target + ".part"
	file, err := root.Create(temp)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, plain)
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	return root.Rename(temp, target)
}

func decompress(r io.Reader, suffix string) (io.Reader, error) {
	switch suffix {
	case ".zst":
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	case ".gz":
		return gzip.NewReader(r)
	}
	return nil, fmt.Errorf("compressed as %q", suffix)
}
