package arrays

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"

	"profilemate/workbench/fault"
)

const (
	mostEntries = 4096
	// mostUnpacked is the most memory for arrays that numpy.savez_compressed packed;
	// those cannot be read in parts.
	mostUnpacked = 1 << 30
)

// ReadNpz reads the headers of the arrays of a .npz file, in the order of the file.
// Arrays that are stored plain, as numpy.savez does, are read in place; compressed ones
// are unpacked into memory, up to 1 GB in all. Entries that are no arrays are passed
// over.
func ReadNpz(r io.ReaderAt, fileSize int64) ([]*Array, error) {
	archive, err := zip.NewReader(r, fileSize)
	if err != nil {
		return nil, fault.WithRemedy(fault.Errorf(fault.Corrupt, "reading a .npz file: %w", err), "write it again, and let the writer finish")
	}
	if len(archive.File) > mostEntries {
		return nil, fault.Errorf(fault.Corrupt, "reading a .npz file: it has %d entries", len(archive.File))
	}
	var list []*Array
	room := int64(mostUnpacked)
	for _, f := range archive.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue
		}
		a, err := readEntry(r, f, fileSize, &room)
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", clip(name), err)
		}
		a.Name = name
		list = append(list, a)
	}
	return list, nil
}

func readEntry(r io.ReaderAt, f *zip.File, fileSize int64, room *int64) (*Array, error) {
	if f.Method == zip.Store {
		at, err := f.DataOffset()
		size := int64(f.CompressedSize64)
		if err != nil || size < 0 || at < 0 || at > fileSize-size {
			return nil, fault.Errorf(fault.Corrupt, "it lies outside the file")
		}
		a, err := ReadNpy(io.NewSectionReader(r, at, size), size)
		if err == nil {
			a.data, a.base = r, a.base+at
		}
		return a, err
	}
	if f.UncompressedSize64 > uint64(*room) {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "compressed arrays of more than %d MB in all", mostUnpacked>>20),
			"save them with numpy.savez instead of numpy.savez_compressed")
	}
	data, err := unpack(f)
	if err != nil {
		return nil, err
	}
	*room -= int64(len(data))
	a, err := ReadNpy(bytes.NewReader(data), int64(len(data)))
	if err == nil {
		a.held = true
	}
	return a, err
}

// mostRatio is the most that deflate, the packing of .npz files, makes of one byte.
const mostRatio = 1032

// unpack reads an entry whole, once its header has shown that it is an array of the size
// that is announced: neither a lie nor what is no array may cost a gigabyte.
func unpack(f *zip.File) ([]byte, error) {
	size := int64(f.UncompressedSize64)
	if f.UncompressedSize64/mostRatio > f.CompressedSize64+1 {
		return nil, fault.Errorf(fault.Corrupt, "it announces %d bytes packed in %d", f.UncompressedSize64, f.CompressedSize64)
	}
	in, err := f.Open()
	if err != nil {
		return nil, fault.Errorf(fault.Corrupt, "unpacking: %w", err)
	}
	defer in.Close()
	head := make([]byte, min(size, mostHeader+12))
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, fault.Errorf(fault.Corrupt, "unpacking: %w", err)
	}
	if _, err := ReadNpy(bytes.NewReader(head), size); err != nil {
		return nil, err
	}
	data := make([]byte, size)
	rest := data[copy(data, head):]
	if _, err := io.ReadFull(in, rest); err != nil {
		return nil, fault.Errorf(fault.Corrupt, "unpacking: %w", err)
	}
	if _, err := in.Read(make([]byte, 1)); err != io.EOF { // the end brings the checksum
		return nil, fault.Errorf(fault.Corrupt, "unpacking: it is longer than announced, or damaged: %v", err)
	}
	return data, nil
}
