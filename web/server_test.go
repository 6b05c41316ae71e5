package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"profilemate/notebooks"
	"profilemate/web"
	"profilemate/web/live"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/kernel"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

const token = "s3cret"

// backend is a Backend without artifacts or store, with a real kernel over a pipe.
type backend struct {
	analyses []analysis.Analysis
	steps    chan string // each text ends or advances a cell that waits

	mu      sync.Mutex
	kernels []jupyter.Conn // the kernel's ends, to cut one off
	started int
	refuse  error // of the next kernel start
	pinned  map[string]int
}

type doing struct {
	Do  string `param:"do" doc:"what happens" enum:"work,fail,wait,step"`
	Top int    `param:"top" doc:"rows" min:"1" max:"9"`
}

func newBackend() *backend {
	act := analysis.Define(analysis.Spec[doing]{
		Name: "act", Doc: "do what a test wants\n\nIt has no input.", Version: 1,
		Roles: []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "a profile", Tables: []analysis.Need{
			{Table: "kernels", Doc: "kernels"}, {Table: "ranges", Optional: true, Doc: "ranges"}}}},
		Outputs:  []analysis.Output{{Name: "rows", Kind: analysis.TableOutput, Doc: "rows"}},
		Defaults: doing{Do: "work", Top: 3},
		Whole: func(context.Context, analysis.Inputs, doing) (*result.Result, error) {
			return &result.Result{}, nil
		},
	})
	return &backend{analyses: []analysis.Analysis{act}, steps: make(chan string), pinned: map[string]int{}}
}

func (b *backend) Analyses() []analysis.Analysis { return b.analyses }
func (b *backend) Lookup(name string) (analysis.Analysis, error) {
	r, err := analysis.NewRegistry(b.analyses...)
	if err != nil {
		return analysis.Analysis{}, err
	}
	return r.Get(name)
}

func (b *backend) Inspect(_ context.Context, path string) (web.ArtifactView, error) {
	if _, err := os.Stat(path); err != nil {
		return web.ArtifactView{}, fault.Errorf(fault.NotFound, "%s: no such file or folder", path)
	}
	return web.ArtifactView{Identity: "id:1", Analyses: []string{"act"}, Info: web.ArtifactInfo{Kind: "nsys", Format: "nsys-sqlite", Summary: "3 kernels"},
		Tables: []web.TableView{{Name: "kernels", Doc: "kernels", Rows: 3, Schema: []web.Column{{Name: "start", Kind: "int64", Unit: "ns"}}}}}, nil
}

func (b *backend) Page(_ context.Context, key, table string, v result.View) (result.Page, error) {
	if key != "k1" || table != "rows" {
		return result.Page{}, fault.Errorf(fault.NotFound, "no table %q of result %q", table, key)
	}
	return result.Page{Total: 500, Matched: 7, Offset: v.Offset, Rows: [][]any{{fmt.Sprintf("%+v", v)}}}, nil
}

func (b *backend) TableArrow(_ context.Context, key, table string, w io.Writer) error {
	_, err := io.WriteString(w, "ARROW1 of "+key+" "+table)
	return err
}

func (b *backend) TableCSV(_ context.Context, key, table string, w io.Writer) error {
	if key == "cut" {
		_, _ = io.WriteString(w, strings.Repeat("name,total\n", 10_000))
		return fault.Errorf(fault.Corrupt, "the stored table is damaged")
	}
	if key != "k1" {
		return fault.Errorf(fault.NotFound, "no result %q", key)
	}
	_, err := io.WriteString(w, table+"\n")
	return err
}

func (b *backend) ChartImage(_ context.Context, key, chart, format string) ([]byte, error) {
	if key == "panic" {
		panic("no such chart")
	}
	return []byte(key + chart + format), nil
}

func (b *backend) Pin(key string) func() {
	pin := func(by int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.pinned[key] += by
	}
	pin(1)
	return func() { pin(-1) }
}

// pins is how often a result is pinned now.
func (b *backend) pins(key string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pinned[key]
}

func (b *backend) ExportHTML(_ context.Context, n *notebooks.Notebook) ([]byte, error) {
	return fmt.Appendf(nil, "<html>%d cells</html>", len(n.Cells)), nil
}

func (b *backend) KernelSpecs() []web.KernelSpec {
	spec := map[string]any{"argv": []string{"x"}, "display_name": "ProfileMate", "language": "go"}
	return []web.KernelSpec{{Name: "profilemate", Spec: spec, Files: fstest.MapFS{"logo-svg.svg": {Data: []byte("<svg/>")}, "kernel.json": {Data: []byte("{}")}}},
		{Name: "other", Spec: spec}}
}

func (b *backend) StartKernel(_ context.Context, _, dir string) (live.Kernel, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		return live.Kernel{}, b.refuse
	}
	b.started++
	conn, client := jupyter.Pipe()
	b.kernels = append(b.kernels, conn)
	go func() {
		_ = kernel.Serve(context.Background(), conn, kernel.Options{Languages: []kernel.Language{kernel.Analyses(b, dir)}, Version: "1"})
	}()
	return live.Kernel{Conn: client, Kill: func() { conn.Close() }, Exit: func() string { return "the kernel ended: exit status 2: boom" }}, nil
}

// Run is the runner of the backend's kernels.
func (b *backend) Run(ctx context.Context, call analysis.Call, dir string, progress func(string, int64, int64)) (kernel.Outcome, error) {
	switch call.Params["do"] {
	case "fail":
		return kernel.Outcome{}, fault.Errorf(fault.Missing, "a.sqlite has no kernels")
	case "wait":
		<-ctx.Done()
		return kernel.Outcome{}, ctx.Err()
	case "step":
		for begin := time.Now(); ; {
			select {
			case <-b.steps:
				return outcome(call, dir), nil
			case <-ctx.Done():
				return kernel.Outcome{}, ctx.Err()
			case <-time.After(20 * time.Millisecond):
				progress("reading kernels", int64(time.Since(begin)), 0)
			}
		}
	}
	return outcome(call, dir), nil
}

func outcome(call analysis.Call, dir string) kernel.Outcome {
	return kernel.Outcome{HTML: "<p>acted</p>", SVG: []byte("<svg/>"), Text: "acted in " + filepath.Base(dir), Bundle: result.Bundle{Version: 1, Key: "k1", Analysis: call.Analysis,
		Inputs: []result.BundleInput{{Role: "profile", Path: "a.sqlite", Digest: "sha256:12"}}}}
}

// site is a running server.
type site struct {
	t       *testing.T
	server  *web.Server
	http    *httptest.Server
	backend *backend
	root    string

	captures *captures
}

func newSite(t *testing.T) *site {
	t.Helper()
	root := t.TempDir()
	write(t, root, "a.ipynb", book("%%analysis act a.sqlite"))
	write(t, root, "runs/b.ipynb", book("%%analysis act a.sqlite"))
	write(t, root, "runs/a.sqlite", "SQLite")
	b, c := newBackend(), newCaptures()
	s, err := web.New(web.Config{Backend: b, Captures: c, Markdown: render.Markdown, Token: token, Root: root, Opened: "a.ipynb", Version: "1.2.3", Page: fstest.MapFS{
		"index.html": {Data: []byte("<html>the page</html>")},
		"page.js":    {Data: []byte(strings.Repeat("call();\n", 1000))},
	}})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		h.Close()
	})
	return &site{t: t, server: s, http: h, backend: b, root: root, captures: c}
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	full := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// book is a notebook with a heading and code cells c1, c2, ….
func book(codes ...string) string {
	n := notebooks.New("")
	n.Cells = append(n.Cells, &notebooks.Cell{ID: "m1", Type: notebooks.Markdown, Source: "# A run\n\n<script>x</script>"})
	for i, code := range codes {
		n.Cells = append(n.Cells, &notebooks.Cell{ID: fmt.Sprintf("c%d", i+1), Type: notebooks.Code, Source: code})
	}
	var b strings.Builder
	if err := n.Write(&b); err != nil {
		panic(err)
	}
	return b.String()
}

// do sends a request with the given headers ("Name: value") and returns status,
// headers and body.
func (s *site) do(method, path, body string, headers ...string) (int, http.Header, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(r) // follows no redirection
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return response.StatusCode, response.Header, "cut off: " + err.Error()
	}
	return response.StatusCode, response.Header, string(text)
}

const withToken = "Authorization: token " + token

// get asks with the token, wants 200 and decodes the JSON answer.
func get[T any](s *site, path string) T {
	s.t.Helper()
	status, _, body := s.do("GET", path, "", withToken)
	var value T
	if err := json.Unmarshal([]byte(body), &value); status != 200 || err != nil {
		s.t.Fatalf("GET %s: %d %s (%v)", path, status, body, err)
	}
	return value
}
