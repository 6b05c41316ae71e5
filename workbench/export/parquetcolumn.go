package export

import (
	"encoding/binary"
	"math"
	"math/bits"

	"profilemate/frames"
)

// parquetColumn holds a column of the current row group: of the values that are there,
// their plain encoding, or their codes.
type parquetColumn struct {
	present []bool // by row
	missing bool   // any value
	plain   []byte
	bools   []bool
	codes   []int32
	words   *lexicon
}

func (c *parquetColumn) add(from *frames.Column) {
	for i := range from.Len() {
		there := !from.IsNull(i)
		c.present = append(c.present, there)
		if !there {
			c.missing = true
			continue
		}
		switch from.Field.Kind {
		case frames.Bool:
			c.bools = append(c.bools, from.Bools()[i])
		case frames.Int64:
			c.plain = binary.LittleEndian.AppendUint64(c.plain, uint64(from.Ints()[i]))
		case frames.Float64:
			c.plain = binary.LittleEndian.AppendUint64(c.plain, math.Float64bits(from.Floats()[i]))
		case frames.String:
			c.codes = append(c.codes, c.words.code(from, i))
		}
	}
}

// held is about how much memory the column takes.
func (c *parquetColumn) held() int {
	return len(c.present) + len(c.plain) + 4*len(c.codes) + c.words.size
}

func (c *parquetColumn) clear() {
	c.present, c.plain, c.bools, c.codes = c.present[:0], c.plain[:0], c.bools[:0], c.codes[:0]
	c.missing = false
	c.words.clear()
}

// dictionary is the page of the texts.
func (c *parquetColumn) dictionary() []byte {
	var page []byte
	for _, text := range c.words.texts {
		page = binary.LittleEndian.AppendUint32(page, uint32(len(text)))
		page = append(page, text...)
	}
	return page
}

// page is the page of the values: which are there, and those that are.
func (c *parquetColumn) page(kind frames.Kind) []byte {
	levels := c.levels()
	page := binary.LittleEndian.AppendUint32(nil, uint32(len(levels)))
	page = append(page, levels...)
	switch kind {
	case frames.Bool:
		return packed(page, len(c.bools), 1, func(i int) uint64 { return bit(c.bools[i]) })
	case frames.String:
		width := max(1, bits.Len(uint(max(0, len(c.words.texts)-1))))
		page = append(page, byte(width))
		return run(page, len(c.codes), width, func(i int) uint64 { return uint64(c.codes[i]) })
	}
	return append(page, c.plain...)
}

// levels tell which rows have a value.
func (c *parquetColumn) levels() []byte {
	if !c.missing {
		return append(binary.AppendUvarint(nil, uint64(len(c.present))<<1), 1)
	}
	return run(nil, len(c.present), 1, func(i int) uint64 { return bit(c.present[i]) })
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// run appends n values as one bit-packed run of Parquet's hybrid encoding, which
// counts in eights.
func run(page []byte, n, width int, value func(int) uint64) []byte {
	groups := (n + 7) / 8
	page = binary.AppendUvarint(page, uint64(groups)<<1|1)
	end := len(page) + groups*width
	page = packed(page, n, width, value)
	return append(page, make([]byte, end-len(page))...)
}

// packed appends n values of width bits, the lowest bit first.
func packed(page []byte, n, width int, value func(int) uint64) []byte {
	acc, filled := uint64(0), 0
	for i := range n {
		acc |= value(i) << filled
		for filled += width; filled >= 8; filled -= 8 {
			page = append(page, byte(acc))
			acc >>= 8
		}
	}
	if filled > 0 {
		page = append(page, byte(acc))
	}
	return page
}
