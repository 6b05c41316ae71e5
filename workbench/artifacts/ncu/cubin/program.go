package cubin

import "path"

// program is a program of line numbers: run, it lists which code comes from which
// line.
type program struct {
	cursor
	targets map[int]*Function

	least      uint64 // length of an instruction, in bytes of address
	lineBase   int64
	lineRange  uint64
	opcodeBase uint64
	arguments  []uint64 // of each standard operation
	files      []string

	into    *Function // where the address is relative to
	address uint64
	file    uint64
	line    int64
}

// header reads what comes before the operations. ok is false for a version that is
// not known, or damage.
func (p *program) header() (ok bool) {
	version := p.number(2)
	if version < 2 || version > 4 {
		return false
	}
	size := p.number(4)
	end := uint64(p.at) + size
	p.least = p.number(1)
	if version >= 4 {
		p.number(1) // operations of an instruction, 1 where instructions are single
	}
	p.number(1) // whether a line begins as a statement
	p.lineBase = int64(int8(p.number(1)))
	p.lineRange = p.number(1)
	p.opcodeBase = p.number(1)
	for range max(p.opcodeBase, 1) - 1 {
		p.arguments = append(p.arguments, p.number(1))
	}
	var folders []string
	for !p.bad {
		folder := p.text()
		if folder == "" {
			break
		}
		folders = append(folders, folder)
	}
	for !p.bad {
		name := p.text()
		if name == "" {
			break
		}
		p.addFile(name, p.unsigned(), folders)
		p.unsigned() // time of the file
		p.unsigned() // size of the file
	}
	if p.bad || p.lineRange == 0 || end > uint64(len(p.data)) {
		return false
	}
	p.at = int(end)
	p.reset()
	return true
}

func (p *program) addFile(name string, folder uint64, folders []string) {
	if !path.IsAbs(name) && folder > 0 && folder <= uint64(len(folders)) {
		name = path.Join(folders[folder-1], name)
	}
	p.files = append(p.files, name)
}

func (p *program) reset() { p.into, p.address, p.file, p.line = nil, 0, 1, 1 }

// emit notes that the code from the address on comes from the line.
func (p *program) emit(line int64) {
	if p.into == nil {
		return
	}
	at := place{offset: p.address}
	if line > 0 && line < 1<<31 && p.file > 0 && p.file <= uint64(len(p.files)) {
		at.file, at.line = p.files[p.file-1], int(line)
	}
	if n := len(p.into.lines); n > 0 && p.into.lines[n-1].offset == at.offset {
		p.into.lines[n-1] = at
		return
	}
	p.into.lines = append(p.into.lines, at)
}

func (p *program) run() {
	for !p.bad && p.at < len(p.data) {
		switch op := p.number(1); {
		case op >= p.opcodeBase:
			op -= p.opcodeBase
			p.address += op / p.lineRange * p.least
			p.line += p.lineBase + int64(op%p.lineRange)
			p.emit(p.line)
		case op == 0:
			p.extended()
		default:
			p.standard(op)
		}
	}
}

// The operations of DWARF, section 6.2.5.
const (
	opCopy         = 1
	opAdvance      = 2
	opAdvanceLine  = 3
	opSetFile      = 4
	opAdvanceMost  = 8
	opAdvanceFixed = 9
	opEnd          = 1
	opSetAddress   = 2
)

func (p *program) standard(op uint64) {
	switch op {
	case opCopy:
		p.emit(p.line)
	case opAdvance:
		p.address += p.unsigned() * p.least
	case opAdvanceLine:
		p.line += p.signed()
	case opSetFile:
		p.file = p.unsigned()
	case opAdvanceMost:
		p.address += (255 - p.opcodeBase) / p.lineRange * p.least
	case opAdvanceFixed:
		p.address += p.number(2)
	default:
		for range p.arguments[op-1] {
			p.unsigned()
		}
	}
}

// extended does an operation of a given length, whatever it is: ours have some of
// their own for inlined calls.
func (p *program) extended() {
	size := p.unsigned()
	if p.bad || size == 0 || size > uint64(len(p.data)-p.at) {
		p.bad = true
		return
	}
	end := p.at + int(size)
	switch p.number(1) {
	case opEnd:
		p.emit(0)
		p.reset()
	case opSetAddress:
		p.into = p.targets[p.at]
		p.address = p.number(min(int(size)-1, 8))
	}
	p.at = end
}
