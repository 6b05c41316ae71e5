package nsys

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// FolderFormatName is the name of the format of folders.
const FolderFormatName = "nsys-folder"

// FolderFormat returns the format of the folders that nsys export --type arrowdir
// and --type parquetdir write: one file a table. Their tables, columns and values
// are those of the SQLite export; the folder lacks the facts about the capture.
func FolderFormat(options ...Option) artifacts.Format { return folderFormat{choose(options)} }

type folderFormat struct{ choices }

// Name returns FolderFormatName.
func (folderFormat) Name() string { return FolderFormatName }

// Detect claims a folder with an Arrow or Parquet file named as a table that only
// nsys writes.
func (folderFormat) Detect(c artifacts.Candidate) (claim bool, saw string) {
	files := 0
	for _, name := range c.Names {
		table, ext := tableFile(name)
		if ext == "" {
			continue
		}
		if isMark(table) || strings.HasPrefix(table, "CUPTI_ACTIVITY_KIND_") {
			return true, ""
		}
		files++
	}
	if files > 0 {
		return false, fmt.Sprintf("a folder of %d Arrow or Parquet files without nsys tables", files)
	}
	return false, ""
}

// tableFile takes the name of a file apart; ext is empty for what is no table.
func tableFile(name string) (table, ext string) {
	ext = filepath.Ext(name)
	if ext != ".arrow" && ext != ".parquet" {
		return "", ""
	}
	return strings.TrimSuffix(name, ext), ext
}

// Open opens a folder.
func (f folderFormat) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fault.Errorf(fault.NotFound, "%w", err)
	}
	s, err := openFolder(abs)
	if err != nil {
		return nil, err
	}
	return newExport(ctx, &export{path: abs, format: FolderFormatName, source: s}, f.showPrivate)
}

// folder is an export as one file a table.
type folder struct {
	path   string
	files  map[string]columnFile // those that can be read
	tables schema
	broken map[string]error // why a table cannot be read at all
}

// columnFile is a file with a table in columns. It is opened for each use.
type columnFile interface {
	columns() []want
	rows() int64
	cut() bool // the file ends too early
	// chunks reads the wanted columns, which stand at the given places, and hands
	// the rows to visit, whose error ends it. It keeps no file open.
	chunks(ctx context.Context, wants []want, places []int, visit func(*chunk) error) error
}

func openFolder(path string) (*folder, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fault.Errorf(openFault(err), "%w", err)
	}
	f := &folder{path: path, files: map[string]columnFile{}, tables: schema{}, broken: map[string]error{}}
	for _, entry := range entries {
		table, ext := tableFile(entry.Name())
		if ext == "" || f.files[table] != nil {
			continue
		}
		open := openArrowTable
		if ext == ".parquet" {
			open = openParquetTable
		}
		file, err := open(filepath.Join(path, entry.Name()))
		if err != nil {
			f.tables[table], f.broken[table] = []want{}, err
			continue
		}
		f.files[table], f.tables[table] = file, file.columns()
	}
	if len(f.files) == 0 {
		return nil, fault.Errorf(fault.Corrupt, "none of the %d tables of the folder can be read: %w", len(f.broken), firstOf(f.broken))
	}
	return f, nil
}

func firstOf(errs map[string]error) error {
	names := []string{}
	for name := range errs {
		names = append(names, name)
	}
	if len(names) == 0 {
		return errors.New("it has none")
	}
	return errs[slices.Min(names)]
}

func (f *folder) schema() schema { return f.tables }
func (f *folder) close() error   { return nil }

func (f *folder) extent(table string) (int64, error) {
	if err := f.broken[table]; err != nil {
		return 0, err
	}
	rows := f.files[table].rows()
	if rows == 0 && f.files[table].cut() {
		return 0, fault.Errorf(fault.Corrupt, "the file ends before the first rows of %s", table)
	}
	return rows, nil
}

// scan reads one file with one worker.
func (f *folder) scan(ctx context.Context, table string, wants []want, _ int, deliver deliver) (loss, error) {
	file := f.files[table]
	if file == nil {
		return loss{hurt: true}, nil
	}
	places := make([]int, len(wants))
	for i, w := range wants {
		places[i] = slices.IndexFunc(file.columns(), func(c want) bool { return c.column == w.column })
	}
	rows := int64(0)
	var stopped error
	err := file.chunks(ctx, wants, places, func(c *chunk) error {
		rows += int64(c.rows)
		stopped = deliver(0, c)
		return stopped
	})
	switch {
	case stopped != nil:
		return loss{}, stopped
	case ctx.Err() != nil:
		return loss{}, ctx.Err()
	case err != nil: // damage: what came before it was delivered
		return loss{hurt: true, rows: max(file.rows()-rows, 0)}, nil
	}
	return loss{}, nil
}
