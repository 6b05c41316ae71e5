package live

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"profilemate/notebooks"
	"profilemate/notebooks/graph"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// Kernel is a kernel that was started for a document.
type Kernel struct {
	Conn jupyter.Conn
	Kill func()        // ends it at once; more than one call does no harm
	Exit func() string // waits for its end and says in words how it ended; nil for nothing to say

	// Replaced tells of a kernel that has ended whether another process takes its place
	// without being asked for; nil for never.
	Replaced func() bool

	Interrupt func() // stops its running cell by a signal; nil for a kernel that wants a message
}

// Options say what documents work with.
type Options struct {
	Root string // the served folder

	// StartKernel connects to the kernel of the document at a path, starting it where it
	// does not run, and returns when it answers. kernel is the name that the document
	// gives its kernel; empty for none.
	StartKernel func(ctx context.Context, path, kernel string) (Kernel, error)
	Lookup      func(name string) (analysis.Analysis, error)
	Pin         func(key string) (unpin func()) // keeps a stored result while clients see it; nil for a store that drops none
	Markdown    func(source string) string      // to safe HTML
	Log         *slog.Logger                    // nil for none

	Facts     graph.Analyzer                // of cells of every language; nil: nothing is known of dependencies
	Stamp     func(path string) graph.Stamp // of the file at an absolute path; must be quick. Nil: files are not looked at
	Build     string                        // of the program, for the reproduced mark
	Dir       string                        // what cells mean their paths from; empty: the folder of each notebook
	KeepGoing bool                          // a cell that fails does not empty the queue
}

// Documents are the notebooks below one folder, each opened at most once and kept
// until Close. It is safe for concurrent use.
type Documents struct {
	root *os.Root
	opts Options

	mu     sync.Mutex
	open   map[string]*opening // by path
	closed bool
}

// opening is a document that is being read, or has been.
type opening struct {
	done     chan struct{} // closed when document or err is set
	document *Document
	err      error
}

// New serves the notebooks below opts.Root. A folder that is not there is
// NotFound.
func New(opts Options) (*Documents, error) {
	root, err := os.OpenRoot(opts.Root)
	if err != nil {
		return nil, fault.Errorf(fault.NotFound, "serving %s: %w", opts.Root, err)
	}
	return &Documents{root: root, opts: opts, open: map[string]*opening{}}, nil
}

// Root is the served folder, from which no path leads out.
func (ds *Documents) Root() *os.Root { return ds.root }

// CleanPath checks a notebook's path as a client gives it and returns the one form
// of it: relative, with forward slashes, ending in ".ipynb". Others are Denied
// where they lead out of the folder and Misuse where they name no notebook.
func CleanPath(name string) (string, error) {
	local := filepath.FromSlash(name)
	if strings.ContainsRune(name, 0) || strings.Contains(name, `\`) || !filepath.IsLocal(local) || path.IsAbs(name) {
		return "", fault.Errorf(fault.Denied, "the path %q leads out of the served folder", name)
	}
	name = path.Clean(name)
	if path.Ext(name) != ".ipynb" || strings.HasPrefix(path.Base(name), ".") {
		return "", fault.Errorf(fault.Misuse, "%q is no notebook: its name must end in .ipynb", name)
	}
	return name, nil
}

// Open returns the document at a path, reading it when it is not open yet. Who asks
// for one that is being read waits for it, and for no other.
func (ds *Documents) Open(name string) (*Document, error) {
	name, err := CleanPath(name)
	if err != nil {
		return nil, err
	}
	ds.mu.Lock()
	if ds.closed {
		ds.mu.Unlock()
		return nil, serverEnding()
	}
	o, known := ds.open[name]
	if !known {
		o = &opening{done: make(chan struct{})}
		ds.open[name] = o
	}
	ds.mu.Unlock()
	if !known {
		ds.read(name, o)
	}
	<-o.done
	return o.document, o.err
}

func serverEnding() error { return fault.Errorf(fault.Canceled, "the server is ending") }

// read fills o from disk. A document that cannot be read is forgotten, so that it
// can be asked for again; one that came while the server closed has no one to save it.
func (ds *Documents) read(name string, o *opening) {
	document, err := ds.load(name)
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.closed && err == nil {
		document, err = nil, serverEnding()
	}
	o.document, o.err = document, err
	if err != nil {
		delete(ds.open, name)
	}
	close(o.done)
}

func (ds *Documents) load(name string) (*Document, error) {
	disk := statDisk(ds.root, name)
	book, err := notebooks.Load(ds.root, name)
	if err != nil {
		return nil, err
	}
	return &Document{path: name, root: ds.root, opts: ds.opts, run: rand.Text(), book: book, disk: disk, state: KernelIdle,
		clients: map[*Subscription]bool{}, displays: map[string][]display{}, pins: map[string]func(){}, touched: map[string]bool{},
		fresh: newFreshness(book)}, nil
}

// Close stops every kernel, saves every document that has changes and drops every
// client. It does not wait for documents that are still being read. It returns what
// could not be saved.
func (ds *Documents) Close(ctx context.Context) error {
	ds.mu.Lock()
	ds.closed = true
	var read []*Document
	for _, o := range ds.open {
		if o.document != nil {
			read = append(read, o.document)
		}
	}
	ds.open = map[string]*opening{}
	ds.mu.Unlock()
	var faults []error
	for _, d := range read {
		faults = append(faults, d.close(ctx))
	}
	return errors.Join(append(faults, ds.root.Close())...)
}
