package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"profilemate/workbench/fault"
)

// applicationID marks the files: "PMHI" in the header of SQLite.
const applicationID = 0x504d4849

// version is that of the tables.
const version = 1

const tables = `
CREATE TABLE runs(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, content TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL, model TEXT NOT NULL, "commit" TEXT NOT NULL, flags TEXT NOT NULL, host TEXT NOT NULL, gpu TEXT NOT NULL, profiler TEXT NOT NULL) STRICT;
CREATE TABLE figures(run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, name TEXT NOT NULL, unit TEXT NOT NULL, better TEXT NOT NULL,
  value REAL NOT NULL, error REAL, PRIMARY KEY(run, name)) STRICT, WITHOUT ROWID;
CREATE TABLE kernels(run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, name TEXT NOT NULL, grid TEXT NOT NULL, block TEXT NOT NULL, family TEXT NOT NULL,
  count INTEGER NOT NULL, total INTEGER NOT NULL, mean REAL NOT NULL, share REAL NOT NULL) STRICT;
CREATE INDEX kernels_run ON kernels(run);
`

// Book is an open file of runs. It is used by one goroutine; several processes may have
// it open.
type Book struct {
	conn *sqlite.Conn
	path string
}

// busyFor is how long a write waits for another process.
const busyFor = 10 * time.Second

// Open opens a file of runs to read and write, and makes it where it is missing. Faults:
// Denied where that is not possible, Unsupported for a file of something else or of a
// later version, Corrupt for a damaged one.
func Open(path string) (*Book, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fault.Errorf(fault.Denied, "making the folder of %s: %w", path, err)
	}
	return open(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
}

// OpenExisting is Open for reading only; a missing file is NotFound.
func OpenExisting(path string) (*Book, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fault.WithRemedy(fault.Errorf(fault.NotFound, "there is no history %s", path), "add a run with: profilemate history add FILE")
	}
	return open(path, sqlite.OpenReadOnly)
}

func open(path string, flags ...sqlite.OpenFlags) (*Book, error) {
	all := sqlite.OpenFlags(0)
	for _, f := range flags {
		all |= f
	}
	conn, err := sqlite.OpenConn(path, all)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "opening the history %s: %w", path, err)
	}
	conn.SetBusyTimeout(busyFor)
	b := &Book{conn, path}
	if err := b.prepare(all&sqlite.OpenReadOnly == 0); err != nil {
		conn.Close()
		return nil, err
	}
	return b, nil
}

// Close closes the file.
func (b *Book) Close() error { return b.conn.Close() }

// prepare makes the tables of a new file and checks those of an old one.
func (b *Book) prepare(write bool) (err error) {
	if write {
		if err := b.run("PRAGMA foreign_keys = ON"); err != nil {
			return err
		}
		var end func(*error)
		if end, err = sqlitex.ImmediateTransaction(b.conn); err != nil {
			return b.fail("opening", err)
		}
		defer end(&err)
	}
	id, err := b.number("PRAGMA application_id")
	if err != nil {
		return err
	}
	count, err := b.number("SELECT count(*) FROM sqlite_master")
	if err != nil {
		return err
	}
	have, err := b.number("PRAGMA user_version")
	switch {
	case err != nil:
		return err
	case id == 0 && count == 0 && write:
		return b.fail("making", sqlitex.ExecScript(b.conn, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; %s", applicationID, version, tables)))
	case id != applicationID:
		return fault.Errorf(fault.Unsupported, "%s is no history of runs", b.path)
	case have > version:
		return fault.WithRemedy(fault.Errorf(fault.Unsupported, "the history %s is of a later version of this program", b.path), "use that version")
	}
	return nil
}

// fail names what was being done; a damaged file is Corrupt, all else Denied.
func (b *Book) fail(doing string, err error) error {
	if err == nil {
		return nil
	}
	kind := fault.Denied
	if code := sqlite.ErrCode(err).ToPrimary(); code == sqlite.ResultCorrupt || code == sqlite.ResultNotADB {
		kind = fault.Corrupt
	}
	return fault.Errorf(kind, "%s the history %s: %w", doing, b.path, err)
}

func (b *Book) run(query string, args ...any) error {
	return b.fail("changing", sqlitex.ExecuteTransient(b.conn, query, &sqlitex.ExecOptions{Args: args}))
}

func (b *Book) rows(query string, row func(*sqlite.Stmt) error, args ...any) error {
	return b.fail("reading", sqlitex.ExecuteTransient(b.conn, query, &sqlitex.ExecOptions{Args: args, ResultFunc: row}))
}

func (b *Book) number(query string, args ...any) (n int64, err error) {
	err = b.rows(query, func(s *sqlite.Stmt) error {
		n = s.ColumnInt64(0)
		return nil
	}, args...)
	return n, err
}

// Add keeps a run and returns its number. One of the same content is not kept again:
// added is then false, and the number that of the one before.
func (b *Book) Add(e Entry) (id int64, added bool, err error) {
	end, err := sqlitex.ImmediateTransaction(b.conn)
	if err != nil {
		return 0, false, b.fail("changing", err)
	}
	defer end(&err)
	r := e.Run
	if id, err = b.number("SELECT id FROM runs WHERE content = ?", r.Content); err != nil || id != 0 {
		return id, false, err
	}
	if err = b.run(`INSERT INTO runs(time, name, path, content, kind, model, "commit", flags, host, gpu, profiler) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
		r.Time.UnixNano(), r.Name, r.Path, r.Content, r.Kind, r.Model, r.Commit, r.Flags, r.Host, r.GPU, r.Profiler); err != nil {
		return 0, false, err
	}
	id = b.conn.LastInsertRowID()
	for _, f := range e.Figures {
		var failure any
		if f.Error != nil {
			failure = *f.Error
		}
		if err = b.run("INSERT INTO figures VALUES (?,?,?,?,?,?)", id, f.Name, f.Unit, f.Better, f.Value, failure); err != nil {
			return 0, false, err
		}
	}
	for _, k := range e.Kernels {
		if err = b.run("INSERT INTO kernels VALUES (?,?,?,?,?,?,?,?,?)", id, k.Name, k.Grid, k.Block, k.Family, k.Count, k.Total, k.Mean, k.Share); err != nil {
			return 0, false, err
		}
	}
	return id, true, nil
}

// Amend changes what people say of a run: its model, commit and flags. An empty text
// leaves what is there. It returns the names of what is different now.
func (b *Book) Amend(id int64, model, commit, flags string) (changed []string, err error) {
	end, err := sqlitex.ImmediateTransaction(b.conn)
	if err != nil {
		return nil, b.fail("changing", err)
	}
	defer end(&err)
	for _, field := range []struct{ column, name, text string }{{"model", "model", model}, {`"commit"`, "commit", commit}, {"flags", "flags", flags}} {
		if field.text == "" {
			continue
		}
		if err = b.run("UPDATE runs SET "+field.column+" = ? WHERE id = ? AND "+field.column+" <> ?", field.text, id, field.text); err != nil {
			return nil, err
		}
		if b.conn.Changes() > 0 {
			changed = append(changed, field.name)
		}
	}
	return changed, nil
}

// Runs lists the runs, oldest first.
func (b *Book) Runs() ([]Run, error) {
	var list []Run
	err := b.rows(`SELECT id, time, name, path, content, kind, model, "commit", flags, host, gpu, profiler FROM runs ORDER BY time, id`, func(s *sqlite.Stmt) error {
		list = append(list, Run{ID: s.ColumnInt64(0), Time: time.Unix(0, s.ColumnInt64(1)).UTC(), Name: s.ColumnText(2), Path: s.ColumnText(3), Content: s.ColumnText(4),
			Kind: s.ColumnText(5), Model: s.ColumnText(6), Commit: s.ColumnText(7), Flags: s.ColumnText(8), Host: s.ColumnText(9), GPU: s.ColumnText(10), Profiler: s.ColumnText(11)})
		return nil
	})
	return list, err
}

// Entry returns a run with its figures by name and its kernels by time. An unknown
// number is NotFound.
func (b *Book) Entry(id int64) (Entry, error) {
	runs, err := b.Runs()
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Figures: []Figure{}}
	for _, r := range runs {
		if r.ID == id {
			e.Run = r
		}
	}
	if e.Run.ID == 0 {
		return e, fault.WithRemedy(fault.Errorf(fault.NotFound, "the history has no run %d", id), "list them with: profilemate history list")
	}
	if err := b.rows("SELECT name, unit, better, value, error FROM figures WHERE run = ? ORDER BY name", func(s *sqlite.Stmt) error {
		f := Figure{Name: s.ColumnText(0), Unit: s.ColumnText(1), Better: s.ColumnText(2), Value: s.ColumnFloat(3)}
		if !s.ColumnIsNull(4) {
			failure := s.ColumnFloat(4)
			f.Error = &failure
		}
		e.Figures = append(e.Figures, f)
		return nil
	}, id); err != nil {
		return e, err
	}
	err = b.rows("SELECT name, grid, block, family, count, total, mean, share FROM kernels WHERE run = ? ORDER BY total DESC, name, grid, block", func(s *sqlite.Stmt) error {
		e.Kernels = append(e.Kernels, Kernel{s.ColumnText(0), s.ColumnText(1), s.ColumnText(2), s.ColumnText(3), s.ColumnInt64(4), s.ColumnInt64(5), s.ColumnFloat(6), s.ColumnFloat(7)})
		return nil
	}, id)
	return e, err
}

// Prune removes the runs before a time, but for the newest keep of all, and returns how
// many went.
func (b *Book) Prune(before time.Time, keep int) (int64, error) {
	err := b.run("DELETE FROM runs WHERE time < ? AND id NOT IN (SELECT id FROM runs ORDER BY time DESC, id DESC LIMIT ?)", before.UnixNano(), keep)
	return int64(b.conn.Changes()), err
}
