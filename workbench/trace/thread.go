package trace

// threadKey says where a stack of ranges stands. The domain is -1 where all
// domains share one.
type threadKey struct {
	pid, tid int64
	domain   int32
}

// thread holds the rows of one thread in order: by start, of those that start
// together the longer first, and of equal ones the earlier row.
type thread struct {
	key     threadKey
	rows    []int32
	crosses bool // some ranges overlap without one holding the other
}

// numbering gives keys numbers from 0 in order of first use.
type numbering struct {
	numbers map[threadKey]int32
	keys    []threadKey
	last    int32 // of the key asked for before: rows of a thread stand together
}

func newNumbering() *numbering { return &numbering{numbers: map[threadKey]int32{}, last: -1} }

func (n *numbering) of(key threadKey) int32 {
	if n.last >= 0 && n.keys[n.last] == key {
		return n.last
	}
	number, ok := n.numbers[key]
	if !ok {
		number = int32(len(n.keys))
		n.numbers[key] = number
		n.keys = append(n.keys, key)
	}
	n.last = number
	return number
}

// buckets lists the rows of each group in ascending order. Rows of group -1 are in
// none.
func buckets(group []int32, groups int) [][]int32 {
	count := make([]int, groups+1)
	for _, g := range group {
		count[g+1]++
	}
	out := make([][]int32, groups)
	all := make([]int32, len(group)-count[0])
	for g := range out {
		out[g], all = all[:0:count[g+1]], all[count[g+1]:]
	}
	for row, g := range group {
		if g >= 0 {
			out[g] = append(out[g], int32(row))
		}
	}
	return out
}
