package report

import (
	"profilemate/workbench/artifacts/ncu/wire"
	"profilemate/workbench/fault"
)

// Source is a module of code that kernels of the report came from.
type Source struct {
	ID        uint64     // what Result.Sources names
	Code      []byte     // the module as an ELF file (a cubin); nil where the report holds none
	Functions []Function // of the module, that were loaded
	Files     []File     // of source text that were imported, none without --import-source
}

// File is a file of source text.
type File struct {
	Path, Text string
}

// Function is where a function of a module was loaded.
type Function struct {
	Name    string // mangled
	Address uint64 // of its first instruction, as IDs of instances name instructions
}

// Fields of a source, of which a module may have several: the code comes with the
// first, functions that were profiled later with the next.
const (
	sourceID         = 1
	sourceCode       = 4
	sourceFiles      = 8
	sourceFunctions  = 9
	filesItem        = 1
	filePath         = 1
	fileText         = 2
	functionsItem    = 1
	functionName     = 1
	functionAddress  = 2
	resultSources    = 15
	resultSourceID   = 1
	mostLoadedInCode = 1 << 16
)

// span is where a message lies in the file.
type span struct{ offset, size int64 }

// Sources reads the modules in the order of the file and calls fn with each; the code
// is good until the next one. Those that cannot be decoded are left out and counted.
func (r *Report) Sources(fn func(Source) error) (undecoded int, err error) {
	var buf []byte
	for _, at := range r.sources {
		if int64(cap(buf)) < at.size {
			buf = make([]byte, at.size)
		}
		data := buf[:at.size]
		if err := r.read(data, at.offset); err != nil {
			return undecoded, err
		}
		s, err := readSource(data)
		if err != nil {
			undecoded++
			continue
		}
		if err := fn(s); err != nil {
			return undecoded, err
		}
	}
	return undecoded, nil
}

func readSource(data []byte) (Source, error) {
	var s Source
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case sourceID:
			s.ID = r.Uint()
		case sourceCode:
			s.Code = r.Data()
		case sourceFiles:
			if err := s.addFiles(r.Data()); err != nil {
				return s, err
			}
		case sourceFunctions:
			if err := s.addFunctions(r.Data()); err != nil {
				return s, err
			}
		}
	}
	return s, r.Err()
}

func (s *Source) addFunctions(data []byte) error {
	items := wire.Read(data)
	for items.Next() {
		if items.Number != functionsItem {
			continue
		}
		if len(s.Functions) >= mostLoadedInCode {
			return fault.Errorf(fault.Corrupt, "a module of more than %d functions", mostLoadedInCode)
		}
		var f Function
		r := wire.Read(items.Data())
		for r.Next() {
			switch r.Number {
			case functionName:
				f.Name = r.String()
			case functionAddress:
				f.Address = r.Uint()
			}
		}
		if r.Err() != nil {
			return r.Err()
		}
		s.Functions = append(s.Functions, f)
	}
	return items.Err()
}

func (s *Source) addFiles(data []byte) error {
	items := wire.Read(data)
	for items.Next() {
		if items.Number != filesItem {
			continue
		}
		var f File
		r := wire.Read(items.Data())
		for r.Next() {
			switch r.Number {
			case filePath:
				f.Path = r.String()
			case fileText:
				f.Text = r.String()
			}
		}
		if r.Err() != nil {
			return r.Err()
		}
		s.Files = append(s.Files, f)
	}
	return items.Err()
}

// Sources returns the IDs of the modules that a kernel's code came from; none for what
// is no kernel. Damage is a Corrupt fault.
func (x *Result) Sources() ([]uint64, error) {
	var ids []uint64
	for _, data := range x.sources {
		r := wire.Read(data)
		for r.Next() {
			if r.Number == resultSourceID {
				ids = append(ids, r.Uint())
			}
		}
		if r.Err() != nil {
			return ids, r.Err()
		}
	}
	return ids, nil
}
