package cubin

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"slices"
)

// addLines reads the tables of lines, DWARF versions 2 to 4, and stops at damage.
func addLines(file *elf.File, symbols []elf.Symbol, bySection map[elf.SectionIndex]*Function) {
	data := sectionData(file, ".debug_line")
	if data == nil {
		return
	}
	targets := relocations(sectionData(file, ".rela.debug_line"), symbols, bySection)
	for start := 0; start < len(data); {
		r := cursor{data: data, at: start}
		size := r.number(4)
		if r.bad || size == 0xffffffff || size > uint64(len(data)-r.at) {
			break
		}
		start = r.at + int(size)
		r.data = data[:start]
		p := program{cursor: r, targets: targets}
		if p.header() {
			p.run()
		}
	}
	for _, f := range bySection {
		slices.SortStableFunc(f.lines, func(a, b place) int { return int(min(max(int64(a.offset)-int64(b.offset), -1), 1)) })
	}
}

func sectionData(file *elf.File, name string) []byte {
	s := file.Section(name)
	if s == nil || s.Type == elf.SHT_NOBITS {
		return nil
	}
	data, err := s.Data()
	if err != nil {
		return nil
	}
	return data
}

// relocationSize is the size of an entry of a table of relocations.
const relocationSize = 24

// relocations tells which function's address stands at which place of a table of
// lines.
func relocations(data []byte, symbols []elf.Symbol, bySection map[elf.SectionIndex]*Function) map[int]*Function {
	out := map[int]*Function{}
	for ; len(data) >= relocationSize; data = data[relocationSize:] {
		at, symbol := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])>>32
		if symbol == 0 || symbol > uint64(len(symbols)) || at > 1<<40 {
			continue
		}
		if f := bySection[symbols[symbol-1].Section]; f != nil {
			out[int(at)] = f
		}
	}
	return out
}

// cursor reads numbers; bad is set at the first that the data does not hold.
type cursor struct {
	data []byte
	at   int
	bad  bool
}

func (c *cursor) number(size int) uint64 {
	if c.bad || len(c.data)-c.at < size {
		c.bad = true
		return 0
	}
	var v uint64
	for i := range size {
		v |= uint64(c.data[c.at+i]) << (8 * i)
	}
	c.at += size
	return v
}

func (c *cursor) unsigned() uint64 {
	if c.bad {
		return 0
	}
	v, n := binary.Uvarint(c.data[c.at:])
	if n <= 0 {
		c.bad = true
		return 0
	}
	c.at += n
	return v
}

// signed reads a number in LEB128, whose last byte holds the sign.
func (c *cursor) signed() int64 {
	var v int64
	for shift := 0; ; shift += 7 {
		b := c.number(1)
		if c.bad || shift > 63 {
			c.bad = true
			return 0
		}
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 && shift+7 < 64 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
}

func (c *cursor) text() string {
	if !c.bad {
		if i := bytes.IndexByte(c.data[c.at:], 0); i >= 0 {
			s := string(c.data[c.at : c.at+i])
			c.at += i + 1
			return s
		}
	}
	c.bad = true
	return ""
}
