package nsys

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// export is an open export. It is safe for concurrent scans.
type export struct {
	file   file
	schema schema
	clean  cleaner
	info   artifacts.Info
	tables []table                  // those that have rows
	static map[string]*frames.Frame // small tables made when the export was opened
	list   []artifacts.TableInfo
	unread []string // tables that the file has, but damaged beyond reading
	pool   pool

	naming sync.Mutex
	names  *names // loaded by the first scan that needs them

	lossMutex sync.Mutex
	losses    map[string]loss // by table
}

// loss is what the latest scan of a table could not deliver.
type loss struct {
	untimed int64 // rows without a time
	rows    int64 // rowids stepped over
	hurt    bool  // damage was met, also where rows is unknown
	read    int64 // rows delivered
}

func open(ctx context.Context, path string) (*export, error) {
	f, err := readHeader(path)
	if err != nil {
		return nil, err
	}
	e := &export{file: f, clean: newCleaner(), static: map[string]*frames.Frame{}, losses: map[string]loss{}}
	e.pool.file = f
	conn, err := e.pool.get()
	if err != nil {
		e.Close()
		return nil, err
	}
	conn.SetInterrupt(ctx.Done())
	err = e.describe(conn)
	e.pool.put(conn)
	if ctx.Err() != nil { // what describe could not read for that is not damage
		err = ctx.Err()
	}
	if err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// describe finds out what the export holds. A damaged file is described as far as
// it can be read; it fails where no table has a readable row.
func (e *export) describe(conn *sqlite.Conn) error {
	s, err := probe(conn)
	if err != nil {
		return e.unreadable(fmt.Errorf("reading the list of tables: %w", err))
	}
	e.schema = s
	for _, t := range allTables() {
		rows, err := e.count(conn, &t)
		switch {
		case err != nil: // damage, or a table of another making under the name
			e.unread = append(e.unread, t.name)
			continue
		case rows == 0:
			continue
		}
		e.tables = append(e.tables, t)
		e.list = append(e.list, artifacts.TableInfo{Name: t.name, Doc: t.doc, Schema: t.schema(), Rows: rows})
	}
	if len(e.tables) == 0 && e.file.truncated() {
		return e.unreadable(fmt.Errorf("no table has a row that can be read"))
	}
	e.addStatic(gpuTable(conn, s, e.clean), "GPUs of the machine")
	e.addStatic(metadataTable(conn, s, e.clean), "facts about the capture and the export; names of people, machines and paths are left out")
	e.info = e.describeAll(conn)
	return nil
}

func (e *export) unreadable(err error) error {
	if e.file.truncated() {
		err = fmt.Errorf("the file is cut off at %d of %d bytes: %w", e.file.size, e.file.pages*e.file.page, err)
	}
	return fault.WithRemedy(fault.Errorf(fault.Corrupt, "%w", err), "copy it again, or export it again from the .nsys-rep file: nsys export --type sqlite")
}

func (e *export) addStatic(f *frames.Frame, doc string) {
	if f.Len() == 0 {
		return
	}
	e.static[f.Name()] = f
	e.list = append(e.list, artifacts.TableInfo{Name: f.Name(), Doc: doc, Schema: f.Schema(), Rows: int64(f.Len())})
}

// exactBytes is the size of file up to which rows are counted exactly when it is
// opened; beyond, counting would cost more than many an analysis.
const exactBytes = 64 << 20

// count returns the number of rows of a table, 0 when the file does not have it or
// it is empty, -1 when it is not known. In big files it comes from the rowids,
// which run without gaps from 1 in what nsys writes.
func (e *export) count(conn *sqlite.Conn, t *table) (int64, error) {
	clause, ok := t.where(e.schema)
	if !ok || !e.schema.has(t.source) {
		return 0, nil
	}
	s, known, ok, err := tableSpan(conn, t.source)
	switch {
	case err != nil || !ok:
		return 0, err
	case !known:
		return e.anyRow(conn, t, s)
	case e.file.size <= exactBytes && !e.file.truncated():
		text := "SELECT count(*) FROM " + quote(t.source)
		if clause != "" { // without a condition SQLite counts pages, not rows
			text += " WHERE true" + clause
		}
		rows, err := integer(conn, text)
		if isDamage(err) {
			return -1, nil
		}
		return rows, err
	case clause != "":
		return e.exists(conn, t)
	}
	return s.high - s.low + 1, nil
}

// anyRow returns -1 when a table whose ends are damaged has a row that can be read.
// Otherwise it returns 0 and notes the table as unreadable.
func (e *export) anyRow(conn *sqlite.Conn, t *table, s span) (int64, error) {
	stmt, _, err := conn.PrepareTransient("SELECT rowid FROM " + quote(t.source) + " WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid")
	if err != nil {
		return 0, err
	}
	defer stmt.Finalize()
	reader := rowReader{stmt: stmt}
	if _, ok, err := reader.skip(context.Background(), s); err != nil || ok {
		return -1, err
	}
	e.unread = append(e.unread, t.name)
	return 0, nil
}

// exists returns -1 when a filtered table may have rows and 0 when it cannot.
func (e *export) exists(conn *sqlite.Conn, t *table) (int64, error) {
	if t.name != "graph_launches" {
		return -1, nil
	}
	launches, err := e.launchesGraphs(conn)
	if launches {
		return -1, err
	}
	return 0, err
}

// launchesGraphs reports whether any function that launches a CUDA graph was
// called: nsys writes down only names that occur.
func (e *export) launchesGraphs(conn *sqlite.Conn) (bool, error) {
	if !e.schema.has(stringSource, "id", "value") {
		return false, nil
	}
	n, err := integer(conn, "SELECT count(*) FROM ("+graphLaunchNames+")")
	return n > 0, err
}

// integer runs a statement that returns one number.
func integer(conn *sqlite.Conn, text string) (n int64, err error) {
	err = query(conn, text, func(stmt *sqlite.Stmt) error {
		n = stmt.ColumnInt64(0)
		return nil
	})
	return n, err
}

// Info describes the export.
func (e *export) Info() artifacts.Info { return e.info }

// Tables lists the tables that have rows.
func (e *export) Tables() []artifacts.TableInfo { return slices.Clone(e.list) }

// Close closes the connections that no scan holds; a scan closes its own.
func (e *export) Close() error { return e.pool.close() }

// loadNames returns the export's strings, reading them the first time.
func (e *export) loadNames(ctx context.Context) (*names, error) {
	e.naming.Lock()
	defer e.naming.Unlock()
	if e.names != nil {
		return e.names, nil
	}
	conn, err := e.pool.get()
	if err != nil {
		return nil, err
	}
	defer e.pool.put(conn)
	conn.SetInterrupt(ctx.Done())
	n, err := loadNames(ctx, conn, e.schema, e.clean)
	if err != nil {
		return nil, fmt.Errorf("%s: reading table %s: %w", filepath.Base(e.file.path), stringSource, err)
	}
	e.names = n
	return n, nil
}

func (e *export) setLoss(table string, l loss) {
	e.lossMutex.Lock()
	defer e.lossMutex.Unlock()
	e.losses[table] = l
}
