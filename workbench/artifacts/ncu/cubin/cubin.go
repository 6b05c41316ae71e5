// Package cubin reads what a report needs of a module of GPU code, an ELF file: the
// instructions of its functions, the device functions inside of them, and the lines of
// source that they were compiled from.
package cubin

import (
	"bytes"
	"debug/elf"
	"slices"
	"strings"

	"profilemate/workbench/fault"
)

// Module is a module of GPU code. Nothing in it changes after Read.
type Module struct {
	functions map[string]*Function
}

// Function is a kernel or another function with a section of its own.
type Function struct {
	Name string // mangled
	Code []byte // its instructions

	parts []part // by offset
	lines []place
}

// part is a device function that was not inlined, inside of a kernel's code.
type part struct {
	name       string
	start, end uint64 // in Code
}

// place is where the code from an offset on comes from; line 0 is not known.
type place struct {
	offset uint64
	file   string
	line   int
}

const codePrefix = ".text."

// Read reads a module. It shares memory with data. What is no ELF file is a Corrupt
// fault; a module whose table of lines is damaged or of an unknown form has no lines.
func Read(data []byte) (*Module, error) {
	file, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Errorf(fault.Corrupt, "reading a module of GPU code: %w", err)
	}
	defer file.Close()
	m := &Module{functions: map[string]*Function{}}
	bySection := map[elf.SectionIndex]*Function{}
	for i, s := range file.Sections {
		name, ok := strings.CutPrefix(s.Name, codePrefix)
		if !ok || s.Type != elf.SHT_PROGBITS {
			continue
		}
		if s.Offset > uint64(len(data)) || s.FileSize > uint64(len(data))-s.Offset {
			return nil, fault.Errorf(fault.Corrupt, "reading a module of GPU code: the code of %s ends behind the file", name)
		}
		f := &Function{Name: name, Code: data[s.Offset : s.Offset+s.FileSize]}
		m.functions[name], bySection[elf.SectionIndex(i)] = f, f
	}
	symbols, err := file.Symbols()
	if err != nil {
		return m, nil // stripped: functions are known by their sections
	}
	addParts(symbols, bySection)
	addLines(file, symbols, bySection)
	return m, nil
}

// Function returns a function by its mangled name; nil when the module has none.
func (m *Module) Function(name string) *Function { return m.functions[name] }

// addParts names the device functions inside of kernels: their symbols are
// "$KERNEL$FUNCTION".
func addParts(symbols []elf.Symbol, bySection map[elf.SectionIndex]*Function) {
	for _, s := range symbols {
		f := bySection[s.Section]
		if f == nil || elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Name == f.Name {
			continue
		}
		name := s.Name
		if i := strings.LastIndexByte(name, '$'); i >= 0 && strings.HasPrefix(name, "$") {
			name = name[i+1:]
		}
		if end := s.Value + s.Size; s.Size > 0 && end > s.Value {
			f.parts = append(f.parts, part{name, s.Value, end})
		}
	}
	for _, f := range bySection {
		slices.SortFunc(f.parts, func(a, b part) int { return int(min(max(int64(a.start)-int64(b.start), -1), 1)) })
	}
}

// Part returns the mangled name of the device function that holds the instruction at an
// offset in bytes; "" when it is the function's own.
func (f *Function) Part(offset uint64) string {
	for _, p := range f.parts {
		if offset >= p.start && offset < p.end {
			return p.name
		}
	}
	return ""
}

// Line returns the path of the source file and the line that the instruction at an
// offset in bytes was compiled from; ok is false when the module does not tell, as one
// that was compiled without -lineinfo.
func (f *Function) Line(offset uint64) (file string, line int, ok bool) {
	i, exact := slices.BinarySearchFunc(f.lines, offset, func(p place, at uint64) int {
		switch {
		case p.offset < at:
			return -1
		case p.offset > at:
			return 1
		}
		return 0
	})
	if !exact {
		i--
	}
	if i < 0 || offset >= uint64(len(f.Code)) || f.lines[i].line <= 0 {
		return "", 0, false
	}
	return f.lines[i].file, f.lines[i].line, true
}
