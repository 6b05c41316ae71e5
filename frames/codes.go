package frames

import "math"

// table maps small numbers, mostly dictionary codes, to small numbers above 0;
// absent ones are 0. It is an array where that is not far larger than the number
// of rows at hand, and a map otherwise.
type table struct {
	dense  []int32
	sparse map[int64]int32
}

// newTable returns a table for keys that mostly lie in [0, size), asked for about
// rows times.
func newTable(size int64, rows int) *table {
	if size <= 4*int64(rows)+1024 {
		return &table{dense: make([]int32, size)}
	}
	return &table{}
}

func (t *table) get(key int64) int32 {
	if uint64(key) < uint64(len(t.dense)) {
		return t.dense[key]
	}
	return t.sparse[key]
}

func (t *table) set(key int64, value int32) {
	if uint64(key) < uint64(len(t.dense)) {
		t.dense[key] = value
		return
	}
	if t.sparse == nil {
		t.sparse = map[int64]int32{}
	}
	t.sparse[key] = value
}

// coding numbers the distinct values of a column: equal values, and only those,
// have equal numbers, in [0, count). Missing is a value here. Numbers may go unused.
type coding struct {
	numbers []int64
	count   int64
}

// encode numbers a column's values. Floats compare as numbers do, but NaN equals
// NaN.
func encode(c *Column) coding {
	switch c.Field.Kind {
	case String:
		return encodeCodes(c)
	case Bool:
		return c.number(3, func(i int) int64 { return 1 + c.Int(i) })
	case Float64:
		seen := map[uint64]int64{}
		return c.number(0, func(i int) int64 { return numberOf(seen, floatKey(c.floats[i])) })
	}
	low, high := c.bounds()
	if span := uint64(high) - uint64(low); span < 4*uint64(c.Len())+1024 {
		return c.number(int64(span)+2, func(i int) int64 { return c.ints[i] - low + 1 })
	}
	seen := make(map[uint64]int64)
	return c.number(0, func(i int) int64 { return numberOf(seen, uint64(c.ints[i])) })
}

// number applies value, which gives numbers from 1, to all rows with a value.
// count 0 means one more than the largest.
func (c *Column) number(count int64, value func(i int) int64) coding {
	out := coding{numbers: make([]int64, c.Len()), count: count}
	largest := int64(0)
	for i := range out.numbers {
		if c.IsNull(i) {
			continue
		}
		v := value(i)
		out.numbers[i], largest = v, max(largest, v)
	}
	if count == 0 {
		out.count = largest + 1
	}
	return out
}

func numberOf[K comparable](seen map[K]int64, key K) int64 {
	n, ok := seen[key]
	if !ok {
		n = int64(len(seen)) + 1
		seen[key] = n
	}
	return n
}

// encodeCodes uses the dictionary's codes, which are equal where the texts are. A
// code outside the dictionary reads as "" and is numbered as that.
func encodeCodes(c *Column) coding {
	n := int64(c.dict.Len())
	outside := n + 1
	if code, ok := c.dict.Lookup(""); ok {
		outside = int64(code) + 1
	}
	return c.number(n+2, func(i int) int64 {
		if code := int64(c.codes[i]); code >= 0 && code < n {
			return code + 1
		}
		return outside
	})
}

// bounds returns the least and the largest integer that is not missing, 0 and 0
// when there is none.
func (c *Column) bounds() (low, high int64) {
	low, high = math.MaxInt64, math.MinInt64
	for i, v := range c.ints {
		if !c.IsNull(i) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return 0, 0
	}
	return low, high
}

// combine numbers the pairs of two codings of equally many rows.
func combine(a, b coding) coding {
	rows := int64(len(a.numbers))
	out := coding{numbers: make([]int64, rows)}
	if a.count <= math.MaxInt64/max(b.count, 1) && a.count*b.count <= 4*rows+1024 {
		out.count = a.count * b.count
		for i, n := range a.numbers {
			out.numbers[i] = n*b.count + b.numbers[i]
		}
		return out
	}
	seen := map[[2]int64]int64{}
	for i, n := range a.numbers {
		out.numbers[i] = numberOf(seen, [2]int64{n, b.numbers[i]})
	}
	out.count = int64(len(seen)) + 1
	return out
}

// groups renumbers a coding from 0 in the order of first appearance, and returns
// the first row of each number.
func (c coding) groups() (ids []int32, first []int) {
	ids = make([]int32, len(c.numbers))
	known := newTable(c.count, len(c.numbers)) // id + 1
	for i, n := range c.numbers {
		id := known.get(n)
		if id == 0 {
			first = append(first, i)
			id = int32(len(first))
			known.set(n, id)
		}
		ids[i] = id - 1
	}
	return ids, first
}

// groupRows numbers the rows of a frame by the values of all its columns, in the
// order of first appearance. Without columns all rows are one group.
func groupRows(f *Frame) (ids []int32, first []int) {
	all := coding{numbers: make([]int64, f.rows), count: 1}
	for i := range f.columns {
		next := encode(&f.columns[i])
		if i > 0 {
			next = combine(all, next)
		}
		all = next
	}
	return all.groups()
}
