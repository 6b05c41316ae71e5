package nsys

import (
	"context"
	"strings"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
)

// names are the strings of an export, loaded once and then read-only.
type names struct {
	dict  *frames.Dictionary
	dense []int32         // code of string id i; -1 where there is none
	rest  map[int64]int32 // codes of ids beyond dense
	plain map[int32]int32 // code of an API name with a version suffix -> code without
	hurt  bool            // some could not be read
	clean cleaner
}

// maxDense bounds the dense index, so that one strange id does not cost memory.
const maxDense = 1 << 22

func newNames(c cleaner) *names {
	return &names{dict: frames.NewDictionary(), rest: map[int64]int32{}, plain: map[int32]int32{}, clean: c}
}

// loadNames reads StringIds. A missing table gives no names.
func loadNames(ctx context.Context, conn *sqlite.Conn, s schema, c cleaner) (*names, error) {
	n := newNames(c)
	if !s.has(stringSource, "id", "value") {
		return n, nil
	}
	run, _, ok, err := tableSpan(conn, stringSource)
	if err != nil || !ok {
		return n, err
	}
	stmt, _, err := conn.PrepareTransient("SELECT rowid, id, value FROM StringIds WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid")
	if err != nil {
		return n, err
	}
	defer stmt.Finalize()
	reader := rowReader{stmt: stmt}
	err = reader.read(ctx, run, func(stmt *sqlite.Stmt) error {
		n.add(stmt.ColumnInt64(1), stmt.ColumnText(2))
		return nil
	})
	n.hurt = reader.hurt
	return n, err
}

func (n *names) add(id int64, text string) {
	code := n.dict.Code(n.clean.text(text))
	if bare := withoutVersion(text); bare != text {
		n.plain[code] = n.dict.Code(n.clean.text(bare))
	}
	if id < 0 || id >= maxDense {
		n.rest[id] = code
		return
	}
	for int64(len(n.dense)) <= id {
		n.dense = append(n.dense, -1)
	}
	n.dense[id] = code
}

// code returns the dictionary code of a string id, or -1.
func (n *names) code(id int64) int32 {
	if id >= 0 && id < int64(len(n.dense)) {
		return n.dense[id]
	}
	if code, ok := n.rest[id]; ok {
		return code
	}
	return -1
}

// apiCode is code for the name of a CUDA function: the versions of one function
// are one name.
func (n *names) apiCode(id int64) int32 {
	code := n.code(id)
	if bare, ok := n.plain[code]; ok {
		return bare
	}
	return code
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
