package nsys

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// export is an open export. It is safe for concurrent scans.
type export struct {
	path   string
	format string
	source source
	cut    *cutOff // nil for a whole file, and for a folder
	clean  cleaner
	info   artifacts.Info
	tables []table                  // those that have rows
	static map[string]*frames.Frame // small tables made when the export was opened
	list   []artifacts.TableInfo
	unread []string // tables that the file has, but damaged beyond reading

	naming sync.Mutex
	names  *names // loaded by the first scan that needs them

	lossMutex sync.Mutex
	losses    map[string]loss // of the latest scan, by table
}

// cutOff says how much of a file there is, in bytes.
type cutOff struct{ have, promised int64 }

// newExport describes what a source holds. It closes the source when it fails.
func newExport(ctx context.Context, e *export, showPrivate bool) (*export, error) {
	e.clean, e.static, e.losses = newCleaner(showPrivate), map[string]*frames.Frame{}, map[string]loss{}
	err := e.describe(ctx)
	if ctx.Err() != nil { // what describe could not read for that is not damage
		err = ctx.Err()
	}
	if err != nil {
		e.source.close()
		return nil, err
	}
	return e, nil
}

// describe finds out what the export holds. A damaged file is described as far as
// it can be read; it fails where no table has a readable row.
func (e *export) describe(ctx context.Context) error {
	people, err := namesOfPeople(ctx, e.source)
	if err != nil && !isDamage(err) {
		return e.unreadable(err)
	}
	e.clean = e.clean.knowing(people)
	for _, t := range allTables(e.source.schema()) {
		rows, err := e.count(ctx, &t)
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
	if len(e.tables) == 0 && e.cut != nil {
		return e.unreadable(fmt.Errorf("no table has a row that can be read"))
	}
	e.addStatic(e.gpuTable(ctx), "GPUs of the machine")
	e.addStatic(e.deviceTable(ctx), "which GPU a CUDA ordinal means, by process where the export says")
	e.addStatic(e.metadataTable(ctx), "facts about the capture and the export; names of people, machines and paths are left out")
	e.placeStored()
	e.info = e.describeAll(ctx)
	return nil
}

func (e *export) unreadable(err error) error {
	if e.cut != nil {
		err = fmt.Errorf("the file is cut off at %d of %d bytes: %w", e.cut.have, e.cut.promised, err)
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

// placeStored puts the stored tables behind all others.
func (e *export) placeStored() {
	slices.SortStableFunc(e.list, func(a, b artifacts.TableInfo) int { return rank(a.Name) - rank(b.Name) })
}

func rank(name string) int {
	if IsStored(name) {
		return 1
	}
	return 0
}

// count returns the number of rows of a table, 0 when the export does not have it
// or it is empty, -1 when it is not known without reading more than is worth it.
func (e *export) count(ctx context.Context, t *table) (int64, error) {
	total := int64(0)
	for ; t != nil; t = t.then {
		rows, err := e.countOne(ctx, t)
		if err != nil {
			return 0, err
		}
		if rows < 0 || total < 0 {
			total = -1
		} else {
			total += rows
		}
	}
	return total, nil
}

func (e *export) countOne(ctx context.Context, t *table) (int64, error) {
	if e.source.schema()[t.source] == nil || !t.possible(e.source.schema()) {
		return 0, nil
	}
	rows, err := e.source.extent(t.source)
	if err != nil || rows == 0 || len(t.filter) == 0 {
		return rows, err
	}
	if t.name == "graph_launches" {
		// nsys writes down only names that occur.
		if launches, err := e.launchesGraphs(ctx); err != nil || !launches {
			return 0, err
		}
	}
	const most = 1 << 18
	if rows < 0 || rows > most || e.cut != nil {
		return -1, nil
	}
	return e.countKept(ctx, t)
}

// countKept counts the rows that meet the conditions of a table.
func (e *export) countKept(ctx context.Context, t *table) (int64, error) {
	rows := int64(0)
	s := &scan{export: e, scope: e.scope(), emit: func(_ int, b *frames.Batch) error { return nil }}
	p, err := s.plan(ctx, t, []string{})
	if err != nil {
		return 0, err
	}
	r := p.reader(0)
	lost, err := e.source.scan(ctx, t.source, p.wants, 1, func(_ int, c *chunk) error {
		r.pick(c)
		rows += int64(c.len())
		return nil
	})
	if lost.hurt {
		return -1, nil
	}
	return rows, err
}

// launchesGraphs reports whether any function that launches a CUDA graph was
// called.
func (e *export) launchesGraphs(ctx context.Context) (bool, error) {
	return e.any(ctx, stringSource, texts("value"), func(r record) bool { return launchesGraph(r.text(0)) })
}

// Info describes the export.
func (e *export) Info() artifacts.Info { return e.info }

// Tables lists the tables that have rows.
func (e *export) Tables() []artifacts.TableInfo { return slices.Clone(e.list) }

// Close closes the files that no scan reads; a scan closes its own.
func (e *export) Close() error { return e.source.close() }

// loadNames returns the export's strings, reading them the first time.
func (e *export) loadNames(ctx context.Context) (*names, error) {
	e.naming.Lock()
	defer e.naming.Unlock()
	if e.names != nil {
		return e.names, nil
	}
	n, err := loadNames(ctx, e.source, e.clean)
	if err != nil {
		return nil, fmt.Errorf("%s: reading table %s: %w", filepath.Base(e.path), stringSource, err)
	}
	e.names = n
	return n, nil
}

func (e *export) setLoss(table string, l loss) {
	e.lossMutex.Lock()
	defer e.lossMutex.Unlock()
	e.losses[table] = l
}
