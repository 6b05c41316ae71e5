package report

import (
	"encoding/binary"
	"fmt"

	"profilemate/workbench/artifacts/ncu/wire"
	"profilemate/workbench/fault"
)

// scanner goes through the blocks of a report.
type scanner struct {
	report  *Report
	at      int64
	blocks  int
	cut     bool
	process *Process // of the last block that named one
	buf     []byte
}

// lengthSize is the size of a length in the file, a little-endian uint32.
const lengthSize = 4

// begin checks the magic and skips the file's header, which holds a version that
// has been 7 since 2020.
func (s *scanner) begin() error {
	head := make([]byte, min(s.report.size, int64(len(Magic))))
	if err := s.report.read(head, 0); err != nil {
		return err
	}
	if string(head) != Magic {
		return fault.Errorf(fault.Unsupported, "this is no report of Nsight Compute")
	}
	s.at = int64(len(Magic))
	size, ok, err := s.length()
	if err != nil {
		return err
	}
	if !ok || size > s.report.size-s.at {
		return fault.WithRemedy(fault.Errorf(fault.Corrupt, "the report of %d bytes ends inside its header", s.report.size), "copy it again, or profile again")
	}
	s.at += size
	return nil
}

// length reads a length and moves behind it. ok is false when the file ends first.
func (s *scanner) length() (size int64, ok bool, err error) {
	if s.report.size-s.at < lengthSize {
		return 0, false, nil
	}
	var b [lengthSize]byte
	if err := s.report.read(b[:], s.at); err != nil {
		return 0, false, err
	}
	s.at += lengthSize
	return int64(binary.LittleEndian.Uint32(b[:])), true, nil
}

// message reads a message behind its length. The bytes are good until the next
// call. ok is false when the file ends first.
func (s *scanner) message() (data []byte, ok bool, err error) {
	size, ok, err := s.length()
	if err != nil || !ok || size > s.report.size-s.at {
		return nil, false, err
	}
	if int64(cap(s.buf)) < size {
		s.buf = make([]byte, size)
	}
	data = s.buf[:size]
	if err := s.report.read(data, s.at); err != nil {
		return nil, false, err
	}
	s.at += size
	return data, true, nil
}

// header is what a block says of its payload.
type header struct {
	counts  [5]uint64 // sources, then results in the order of the kinds
	payload int64
}

// block reads one block: its header, and where its results lie.
func (s *scanner) block() error {
	start := s.at
	s.blocks++
	data, ok, err := s.message()
	if err != nil {
		return err
	}
	if !ok {
		s.lost(start, fmt.Sprintf("the header of block %d", s.blocks))
		return nil
	}
	h, err := s.header(data)
	if err != nil {
		// Without the header it is not known where the next block begins.
		s.lost(start, fmt.Sprintf("block %d: %v", s.blocks, err))
		return nil
	}
	end := s.at + h.payload
	if err := s.payload(h, min(end, s.report.size)); err != nil {
		return err
	}
	if end > s.report.size {
		s.lost(s.report.size, fmt.Sprintf("%d of the %d bytes of block %d", end-s.report.size, h.payload, s.blocks))
	}
	s.at = end
	return nil
}

// lost notes that nothing from here on can be read.
func (s *scanner) lost(at int64, what string) {
	s.cut = true
	s.report.note(at, true, what)
}

// Fields of a block's header.
const (
	blockSources  = 1
	blockResults  = 2
	blockSession  = 3
	blockNames    = 4
	blockPayload  = 5
	blockProcess  = 6
	blockRanges   = 7
	blockCmdlists = 8
	blockGraphs   = 9
	namesString   = 1
	processID     = 1
	processHost   = 2
	processName   = 3
)

func (s *scanner) header(data []byte) (header, error) {
	var h header
	r := wire.Read(data)
	for r.Next() {
		var err error
		switch r.Number {
		case blockSources, blockResults:
			h.counts[r.Number-blockSources] = r.Uint()
		case blockRanges, blockCmdlists, blockGraphs:
			h.counts[r.Number-blockRanges+2] = r.Uint()
		case blockPayload:
			h.payload = int64(r.Uint() & 0xffffffff)
		case blockSession:
			err = s.report.Session.add(r.Data())
		case blockNames:
			err = s.report.addNames(r.Data())
		case blockProcess:
			err = s.setProcess(r.Data())
		}
		if err != nil {
			return h, err
		}
	}
	return h, r.Err()
}

func (r *Report) addNames(data []byte) error {
	m := wire.Read(data)
	for m.Next() {
		if m.Number == namesString {
			r.Names = append(r.Names, m.String())
		}
	}
	return m.Err()
}

func (s *scanner) setProcess(data []byte) error {
	var p Process
	m := wire.Read(data)
	for m.Next() {
		switch m.Number {
		case processID:
			p.ID = int64(m.Uint())
		case processHost:
			p.Host = m.String()
		case processName:
			p.Name = m.String()
		}
	}
	if s.process == nil || *s.process != p {
		s.process = &p
	}
	return m.Err()
}

// payload notes where the results and sources of a block lie.
func (s *scanner) payload(h header, end int64) error {
	for i, n := range h.counts {
		for range n {
			size, ok, err := s.lengthWithin(end)
			if err != nil {
				return err
			}
			if !ok || size > end-s.at {
				s.report.note(s.at, end == s.report.size, fmt.Sprintf("a %s of block %d that ends behind it", payloadNames[i], s.blocks))
				return nil
			}
			switch {
			case i == 0:
				s.report.sources = append(s.report.sources, span{s.at, size})
			default:
				s.report.Entries = append(s.report.Entries, Entry{Kind: Kind(i - 1), Process: s.process, Offset: s.at, Size: size})
			}
			s.at += size
		}
	}
	return nil
}

func (s *scanner) lengthWithin(end int64) (int64, bool, error) {
	if end-s.at < lengthSize {
		return 0, false, nil
	}
	return s.length()
}

// payloadNames are what a payload holds, in its order.
var payloadNames = [...]string{"source", "result of a kernel", "result of a range", "result of a command list", "result of a graph"}
