package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"profilemate/workbench/fault"
)

// assets are the files of the page, held in memory.
type assets struct {
	files map[string]*asset
}

// asset is one file of the page.
type asset struct {
	contentType string
	body        []byte
	tag         string
	zipped      func() []byte // compressed when it is first asked for; nil when that saves nothing
}

const indexPage = "index.html"

// newAssets reads the page's files.
func newAssets(files fs.FS) (*assets, error) {
	a := &assets{files: map[string]*asset{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		a.files[name] = newAsset(name, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the page: %w", err)
	}
	if a.files[indexPage] == nil {
		return nil, fault.Errorf(fault.Missing, "the page has no %s", indexPage)
	}
	return a, nil
}

func newAsset(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	return &asset{contentType: contentTypeOf(name), body: body, tag: `"` + hex.EncodeToString(sum[:8]) + `"`,
		zipped: sync.OnceValue(func() []byte { return zip(body) })}
}

// contentTypeOf knows the types of a page by itself: a machine's own table may be
// wrong, and a script of the wrong type is not run.
func contentTypeOf(name string) string {
	own := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
		".html": "text/html; charset=utf-8", ".svg": "image/svg+xml", ".json": "application/json", ".woff2": "font/woff2"}
	ext := path.Ext(name)
	if t := own[ext]; t != "" {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// zip compresses a file; nil where it gets no smaller.
func zip(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(body)
	if err != nil || w.Close() != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// page serves the page's files, and the page itself for every address that it
// gives a notebook.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" || isPage(r) {
		name = indexPage
	}
	a := s.assets.files[name]
	if a == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.fail(w, r, fault.Errorf(fault.NotFound, "there is no %s %s", r.Method, r.URL.Path))
		return
	}
	a.serve(w, r)
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache") // asked again each time, answered with 304
	h.Set("ETag", a.tag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if z := a.zipped(); z != nil {
			h.Set("Content-Encoding", "gzip")
			body = z
		}
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client has gone: nobody to tell
}
