// Package report reads the report file of Nsight Compute, .ncu-rep: its results
// with all metrics, rules and sections, its session and its devices, without any
// software of NVIDIA. The values are those that were measured; a print-out is
// rounded.
//
// A report is the bytes "NVR\0", a header, and blocks. A block has a header (counts,
// names, the session, the process) and a payload of sources and results, each behind
// its length. Everything is a message in the wire format of protocol buffers.
package report

import (
	"context"
	"errors"
	"io"

	"profilemate/workbench/fault"
)

// Magic is what every report begins with.
const Magic = "NVR\x00"

// Report is an open report. After Open nothing in it changes, so it may be read
// from several goroutines, each with a Cursor of its own.
type Report struct {
	Names   []string // what Metric.Name refers to: the tables of all blocks, one after the other
	Session Session
	Entries []Entry // the results, in the order of the file
	Damage  []Damage

	in      io.ReaderAt
	size    int64
	sources []span // where the modules of code lie
}

// Kind is what a result is about.
type Kind uint8

// The kinds of result.
const (
	Kernel      Kind = iota // one launch of a kernel
	Range                   // a range of the program, profiled as one
	CommandList             // a list of commands, profiled as one
	Graph                   // a whole CUDA graph, profiled as one
)

// Entry says where a result lies and which process it came from.
type Entry struct {
	Kind    Kind
	Process *Process
	Offset  int64 // in the file
	Size    int64 // bytes
}

// Process is a profiled process.
type Process struct {
	ID         int64
	Host, Name string // Name is the path of the program
}

// Damage is a part of the report that cannot be read.
type Damage struct {
	Offset int64 // in the file
	Lost   string
	Cut    bool // the file ends there: nothing after it can be read
}

// Open reads the headers of all blocks and where the results lie. What a damaged
// file lacks is noted in Damage, and what came before it is kept. Reading fails
// with Unsupported for a file that is no report, and Corrupt for one without a
// whole header.
func Open(ctx context.Context, in io.ReaderAt, size int64) (*Report, error) {
	r := &Report{in: in, size: size}
	s := &scanner{report: r}
	if err := s.begin(); err != nil {
		return nil, err
	}
	for s.at < size && !s.cut {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.block(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// maxDamage bounds how many damaged places are remembered.
const maxDamage = 20

func (r *Report) note(offset int64, cut bool, lost string) {
	if len(r.Damage) < maxDamage {
		r.Damage = append(r.Damage, Damage{Offset: offset, Lost: lost, Cut: cut})
	}
}

// read fills buf from the offset. It is a Corrupt fault when the file has become
// shorter, and Denied when it cannot be read.
func (r *Report) read(buf []byte, offset int64) error {
	_, err := r.in.ReadAt(buf, offset)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return fault.Errorf(fault.Corrupt, "reading %d bytes at byte %d: the file has changed since it was opened", len(buf), offset)
	}
	return fault.Errorf(fault.Denied, "reading %d bytes at byte %d: %w", len(buf), offset, err)
}
