package web

import (
	"cmp"
	"context"
	"html"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"profilemate/notebooks/graph"
	"profilemate/web/contents"
	"profilemate/web/hub"
	"profilemate/web/live"
	"profilemate/web/ui"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
)

// Config says what a server serves.
type Config struct {
	Backend Backend
	// Captures makes captures; nil: this server makes none.
	Captures Captures
	Token    string // the secret that every request must prove to know; must not be empty
	// CookieKey makes the cookie of logged-in pages. A server that gets the key of an
	// earlier one of the same folder lets its pages go on; empty: the token is the key.
	CookieKey string
	Root      string // the served folder: notebooks live below it
	Opened    string // the notebook to show first, relative to Root; empty for none
	Version   string // of this program
	Page      fs.FS  // the page's files, with index.html; nil for the embedded page

	// Markdown turns the source of a Markdown cell into HTML that is safe to show; nil
	// shows the source.
	Markdown func(source string) string

	Facts graph.Analyzer                // what cells depend on; see live.Options
	Stamp func(path string) graph.Stamp // tells contents of files apart; see live.Options
	Build string                        // of the program, for the reproduced mark
	Log   *slog.Logger                  // nil for none
}

// Server is the workbench's web server. The caller owns the listener, which should
// be on the loopback address.
type Server struct {
	config    Config
	root      string // absolute
	cookie    string
	log       *slog.Logger
	documents *live.Documents
	hub       *hub.Hub
	contents  *contents.Store
	started   time.Time
	ending    context.Context // ends when the server does; for sockets, whose requests have no end of their own
	end       context.CancelFunc
	assets    *assets
	titles    titles
	registry  func() (*analysis.Registry, error) // of the backend's analyses, made at the first lookup
}

// New makes a server. A missing folder is NotFound, an empty token Misuse.
func New(c Config) (*Server, error) {
	if c.Token == "" {
		return nil, fault.Errorf(fault.Misuse, "serving without a token would let every program of this machine in")
	}
	root, err := filepath.Abs(c.Root)
	if err != nil {
		return nil, fault.Errorf(fault.NotFound, "serving %s: %w", c.Root, err)
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fault.Errorf(fault.NotFound, "serving %s: %w", c.Root, err)
	}
	if c.Markdown == nil {
		c.Markdown = func(source string) string { return "<pre>" + html.EscapeString(source) + "</pre>" }
	}
	s := &Server{config: c, root: root, cookie: cookieValue(cmp.Or(c.CookieKey, c.Token), root), log: c.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ending, s.end = context.WithCancel(context.Background())
	s.registry = sync.OnceValues(func() (*analysis.Registry, error) { return analysis.NewRegistry(c.Backend.Analyses()...) })
	page := c.Page
	if page == nil {
		page = ui.Files()
	}
	if s.assets, err = newAssets(page); err != nil {
		return nil, err
	}
	s.hub = s.newHub()
	s.documents, err = live.New(live.Options{Root: root, StartKernel: s.hub.ForDocument, Lookup: s.lookup,
		Facts: c.Facts, Stamp: c.Stamp, Build: c.Build,
		Pin: c.Backend.Pin, Markdown: c.Markdown, Log: s.log})
	if err != nil {
		return nil, err
	}
	s.contents = contents.New(s.documents)
	s.contents.Moved = s.hub.Moved
	return s, nil
}

// Shutdown stops the kernels, saves what is not saved and closes every socket. It
// returns what could not be saved. The caller stops the listener.
func (s *Server) Shutdown(ctx context.Context) error {
	s.end()
	s.hub.Stop()
	err := s.documents.Close(ctx)
	s.hub.Close()
	return err
}

// Handler serves everything, behind the guard.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, r.handler)
	}
	return s.guard(mux)
}

// route is one line of the server's interface.
type route struct {
	pattern string
	handler http.Handler
}

// routes is the whole interface; docs/api.md and docs/jupyter.md describe it.
func (s *Server) routes() []route {
	e := func(pattern string, e endpoint) route { return route{pattern, s.adapt(e)} }
	return append(slices.Concat(s.jupyterRoutes(), s.captureRoutes()), []route{
		e("GET /api/workbench/info", s.info),
		e("GET /api/workbench/analyses", s.analyses),
		e("GET /api/workbench/files", s.files),
		e("GET /api/workbench/artifact", s.artifact),
		e("GET /api/workbench/notebooks", s.listNotebooks),
		e("POST /api/workbench/notebooks", s.createNotebook),
		e("GET /api/workbench/export/{path...}", s.export),
		e("GET /api/workbench/results", s.listResults),
		e("GET /api/workbench/results/{key}/tables/{name}", s.table),
		e("GET /api/workbench/variables/{path...}", s.variables),
		e("POST /api/workbench/run", s.runAnalysis),
		e("GET /api/workbench/results/{key}/charts/{name}", s.chart),
		{"GET /api/workbench/live/{path...}", http.HandlerFunc(s.live)},
		e("/api/", notThere),
		{"GET /login", http.HandlerFunc(s.showLogin)},
		{"POST /login", http.HandlerFunc(s.login)},
		{"GET /logout", http.HandlerFunc(s.logout)},
		{"/", http.HandlerFunc(s.page)},
	}...)
}

func notThere(r *http.Request) (any, error) {
	return nil, fault.Errorf(fault.NotFound, "there is no %s %s", r.Method, r.URL.Path)
}

func (s *Server) info(*http.Request) (any, error) {
	return map[string]string{"version": s.config.Version, "folder": s.root, "opened": s.config.Opened}, nil
}

func (s *Server) analyses(*http.Request) (any, error) {
	list := s.config.Backend.Analyses()
	if list == nil {
		list = []analysis.Analysis{}
	}
	return list, nil
}

// lookup finds an analysis by its name.
func (s *Server) lookup(name string) (analysis.Analysis, error) {
	registry, err := s.registry()
	if err != nil {
		return analysis.Analysis{}, err
	}
	return registry.Get(name)
}

// absolute returns where a path of a request is: as it is when it is absolute,
// else below the served folder.
func (s *Server) absolute(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(s.root, path)
}

// relative is the path of a file as clients know it: relative to the served folder
// where it is below it, with forward slashes.
func (s *Server) relative(path string) string {
	if rel, err := filepath.Rel(s.root, path); err == nil && filepath.IsLocal(rel) {
		path = rel
	}
	return filepath.ToSlash(path)
}

// fileFault gives an error of the file system its kind.
func fileFault(err error) error {
	if os.IsNotExist(err) {
		return fault.Errorf(fault.NotFound, "%w", err)
	}
	return fault.Errorf(fault.Denied, "%w", err)
}
