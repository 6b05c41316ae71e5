package nsys

import (
	"context"
	"strings"

	"profilemate/frames"
)

// names are the strings of an export, loaded once and then read-only.
type names struct {
	dict  *frames.Dictionary
	exact *index // codes of the strings as they are
	plain *index // codes without the version suffixes of API functions
	hurt  bool   // some could not be read
}

// index finds the dictionary code of a string by its number.
type index struct {
	dense []int32         // code of number i; -1 where there is none
	rest  map[int64]int32 // codes of numbers beyond dense
}

// maxDense bounds the dense index, so that one strange number does not cost memory.
const maxDense = 1 << 22

// code returns the dictionary code of a string's number, or -1.
func (x *index) code(id int64) int32 {
	if uint64(id) < uint64(len(x.dense)) {
		return x.dense[id]
	}
	if code, ok := x.rest[id]; ok {
		return code
	}
	return -1
}

func (x *index) set(id int64, code int32) {
	if id < 0 || id >= maxDense {
		x.rest[id] = code
		return
	}
	for int64(len(x.dense)) <= id {
		x.dense = append(x.dense, -1)
	}
	x.dense[id] = code
}

func newNames() *names {
	return &names{dict: frames.NewDictionary(), exact: &index{rest: map[int64]int32{}}, plain: &index{rest: map[int64]int32{}}}
}

// loadNames reads StringIds. A missing table gives no names.
func loadNames(ctx context.Context, s source, c cleaner) (*names, error) {
	n := newNames()
	if !s.schema().has(stringSource, "id", "value") {
		return n, nil
	}
	secret, err := privateStrings(ctx, s, c)
	if err != nil {
		return nil, err
	}
	lost, err := each(ctx, s, stringSource, append(wholes("id"), texts("value")...), func(r record) error {
		text := r.text(1)
		if secret[r.int(0)] {
			text = masked
		}
		n.add(r.int(0), text, c)
		return nil
	})
	n.hurt = lost.hurt
	return n, err
}

func (n *names) add(id int64, text string, c cleaner) {
	code := n.dict.Code(c.text(text))
	n.exact.set(id, code)
	if bare := withoutVersion(text); bare != text {
		code = n.dict.Code(c.text(bare))
	}
	n.plain.set(id, code)
}

// index returns the index of the names, for bare that of API functions: the
// versions of one function are one name.
func (n *names) index(bare bool) *index {
	if bare {
		return n.plain
	}
	return n.exact
}

// withoutVersion cuts the suffix _vNNNN of a CUDA function. nsys stats cuts four
// digits only and so keeps _v11060; all are cut here.
func withoutVersion(name string) string {
	at := strings.LastIndex(name, "_v")
	if at <= 0 || at+2 == len(name) || !strings.HasPrefix(name, "cu") {
		return name
	}
	for _, r := range name[at+2:] {
		if r < '0' || r > '9' {
			return name
		}
	}
	return name[:at]
}

// ownTexts is the dictionary of a serial table: texts that stand in the rows
// themselves. It grows while the table is read, by one worker.
type ownTexts struct {
	dict  *frames.Dictionary
	clean cleaner
	known map[string]int32 // by text as stored
	moved []int32          // code here, plus 1, of a code of the names
}

func newOwnTexts(c cleaner) *ownTexts {
	return &ownTexts{dict: frames.NewDictionary(), clean: c, known: map[string]int32{}}
}

func (o *ownTexts) code(text []byte) int32 {
	if code, ok := o.known[string(text)]; ok {
		return code
	}
	stored := string(text)
	code := o.dict.Code(o.clean.text(stored))
	o.known[stored] = code
	return code
}

// shared returns the code of a name, which is clean already.
func (o *ownTexts) shared(code int32, names *frames.Dictionary) int32 {
	if int(code) >= len(o.moved) {
		o.moved = append(o.moved, make([]int32, int(code)+1-len(o.moved))...)
	}
	if o.moved[code] == 0 {
		o.moved[code] = o.dict.Code(names.String(code)) + 1
	}
	return o.moved[code] - 1
}
