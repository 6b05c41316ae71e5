package web_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// request is one step of a conversation and what must come of it.
type request struct {
	method, path, body string
	status             int
	has                string // in the answer
}

func (s *site) talk(steps []request) {
	s.t.Helper()
	for i, r := range steps {
		status, _, body := s.do(r.method, r.path, r.body, withToken)
		if status != r.status || !strings.Contains(body, r.has) {
			s.t.Errorf("step %d, %s %s: %d %s, want %d with %s", i+1, r.method, r.path, status, body, r.status, r.has)
		}
	}
}

const emptyBook = `{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}`

func saving(book string) string { return `{"type":"notebook","format":"json","content":` + book + `}` }

func TestContentsAreReadAndWritten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, ".hidden/x.txt", "x")
	write(t, s.root, "bin", "\x00\xff")
	s.talk([]request{
		{"GET", "/api/contents", "", 200, `"type":"directory"`},
		{"GET", "/api/contents?content=0", "", 200, `"content":null,"format":null`},
		{"GET", "/api/contents/runs", "", 200, `"path":"runs/b.ipynb","type":"notebook"`},
		{"GET", "/api/contents/a.ipynb", "", 200, `"source":"%%analysis act a.sqlite"`},
		{"GET", "/api/contents/a.ipynb?type=file", "", 200, `"format":"text"`},
		{"GET", "/api/contents/a.ipynb?type=directory", "", 400, "is not a directory"},
		{"GET", "/api/contents/runs?type=file", "", 400, "is a directory, not a file"},
		{"GET", "/api/contents/a.ipynb?type=odd", "", 400, "invalid"},
		{"GET", "/api/contents/a.ipynb?content=2", "", 400, "content"},
		{"GET", "/api/contents/none.ipynb", "", 404, `"reason"`},
		{"GET", "/api/contents/.hidden/x.txt", "", 404, "No such file"},
		{"GET", "/api/contents/..%2fx", "", 404, ""},
		{"GET", "/api/contents/bin", "", 200, `"mimetype":"application/octet-stream","content":"AP8=","format":"base64"`},
		{"GET", "/api/contents/bin?format=text", "", 400, "not UTF-8"},
		// sha256 of 00 ff, as sha256sum gives it.
		{"GET", "/api/contents/bin?content=0&hash=1", "", 200, `"hash":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","hash_algorithm":"sha256"`},
		{"PUT", "/api/contents/new.txt", `{"type":"file","format":"text","content":"ä"}`, 201, `"content":null`},
		{"PUT", "/api/contents/new.txt", `{"type":"file","format":"base64","content":"AP8="}`, 200, `"size":2`},
		{"PUT", "/api/contents/new.txt", `{"type":"file","content":"x"}`, 400, "format"},
		{"PUT", "/api/contents/new.txt", `{"type":"directory"}`, 400, "no directory"},
		{"PUT", "/api/contents/no/new.txt", `{"type":"file","format":"text","content":"x"}`, 404, ""},
		{"PUT", "/api/contents/.new.txt", `{"type":"file","format":"text","content":"x"}`, 404, ""},
		{"PUT", "/api/contents/n.ipynb", saving(`{"cells":1}`), 400, "n.ipynb"},
		{"PUT", "/api/contents/n.ipynb", saving(emptyBook), 201, `"type":"notebook"`},
		{"PUT", "/api/contents/d", `{"type":"directory"}`, 201, `"type":"directory"`},
		{"PATCH", "/api/contents/new.txt", `{"path":"d/moved.txt"}`, 200, `"path":"d/moved.txt"`},
		{"PATCH", "/api/contents/n.ipynb", `{"path":"a.ipynb"}`, 409, "already exists"},
		{"PATCH", "/api/contents/n.ipynb", `{"path":"../n.ipynb"}`, 400, ""},
		{"DELETE", "/api/contents/d", "", 400, "not empty"},
		{"DELETE", "/api/contents/d/moved.txt", "", 204, ""},
		{"DELETE", "/api/contents/d", "", 204, ""},
		{"DELETE", "/api/contents/d", "", 404, ""},
	})
}

func TestContentsPickNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.talk([]request{
		{"POST", "/api/contents/runs", `{"type":"notebook"}`, 201, `"path":"runs/Untitled.ipynb"`},
		{"POST", "/api/contents/runs", `{"type":"notebook"}`, 201, `"path":"runs/Untitled1.ipynb"`},
		{"POST", "/api/contents", `{"type":"file","ext":".txt"}`, 201, `"path":"untitled.txt"`},
		{"POST", "/api/contents", `{"type":"file","ext":".txt"}`, 201, `"path":"untitled1.txt"`},
		{"POST", "/api/contents", `{"type":"directory"}`, 201, `"path":"Untitled Folder"`},
		{"POST", "/api/contents", `{"type":"directory"}`, 201, `"path":"Untitled Folder 1"`},
		{"POST", "/api/contents", `{"copy_from":"a.ipynb"}`, 201, `"path":"a-Copy1.ipynb"`},
		{"POST", "/api/contents", `{"copy_from":"a-Copy1.ipynb"}`, 201, `"path":"a-Copy2.ipynb"`},
		{"POST", "/api/contents/runs", `{"copy_from":"a.ipynb"}`, 201, `"path":"runs/a.ipynb"`},
		{"POST", "/api/contents", `{"copy_from":"runs"}`, 400, "directories"},
		{"POST", "/api/contents", `{"type":"odd"}`, 400, "odd"},
		{"POST", "/api/contents/a.ipynb", `{"type":"file"}`, 400, "PUT"},
		{"POST", "/api/contents/none", `{"type":"file"}`, 404, ""},
	})
}

func TestUploadInParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	part := func(n, text string) string {
		return `{"type":"file","format":"text","content":"` + text + `","chunk":` + n + `}`
	}
	s.talk([]request{
		{"PUT", "/api/contents/big.txt", part("2", "x"), 400, "before the first"},
		{"PUT", "/api/contents/big.txt", part("1", "one "), 201, ""},
		{"PUT", "/api/contents/big.txt", part("2", "two "), 201, ""},
		{"GET", "/api/contents/big.txt", "", 404, ""}, // not before it is whole
		{"PUT", "/api/contents/big.txt", part("-1", "three"), 201, `"size":13`},
		{"GET", "/api/contents/big.txt", "", 200, `"one two three"`},
	})
}

func TestCheckpoints(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.talk([]request{
		{"GET", "/api/contents/a.ipynb/checkpoints", "", 200, `[]`},
		{"POST", "/api/contents/a.ipynb/checkpoints", "", 201, `"id":"checkpoint"`},
		{"GET", "/api/contents/a.ipynb/checkpoints", "", 200, `[{"id":"checkpoint"`},
		{"PUT", "/api/contents/a.ipynb", saving(emptyBook), 200, ""},
		{"POST", "/api/contents/a.ipynb/checkpoints/other", "", 404, ""},
		{"POST", "/api/contents/a.ipynb/checkpoints/checkpoint", "", 204, ""},
		{"GET", "/api/contents/a.ipynb", "", 200, `%%analysis act a.sqlite`},
		{"PATCH", "/api/contents/a.ipynb", `{"path":"runs/c.ipynb"}`, 200, ""},
		{"GET", "/api/contents/runs/c.ipynb/checkpoints", "", 200, `"checkpoint"`},
		{"DELETE", "/api/contents/runs/c.ipynb/checkpoints/checkpoint", "", 204, ""},
		{"DELETE", "/api/contents/runs/c.ipynb/checkpoints/checkpoint", "", 404, ""},
	})
}

func TestRawFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, "x.html", "<script>fetch('/api/contents')</script>")
	write(t, s.root, ".secret", "x")
	status, header, body := s.do("GET", "/files/x.html", "", withToken)
	if status != 200 || !strings.HasPrefix(header.Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(body, "<script>") {
		t.Errorf("%d %v %s", status, header, body)
	}
	if status, _, body := s.do("GET", "/files/x.html", "", withToken, "Range: bytes=1-6"); status != 206 || body != "script" {
		t.Errorf("a range: %d %q", status, body)
	}
	if _, header, _ := s.do("GET", "/files/x.html?download=1", "", withToken); !strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
		t.Errorf("a download: %v", header)
	}
	for _, path := range []string{"/files/.secret", "/files/runs", "/files/none"} {
		if status, _, _ := s.do("GET", path, "", withToken); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// What a Jupyter client saves is seen at once where the notebook is open, and what is
// open is read as it is now.
func TestContentsOfAnOpenDocument(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, _ := s.watch("a.ipynb")
	v.ask(`{"op":"edit","cell":"c1","source":"%%analysis act do=step a.sqlite"}`)
	s.talk([]request{{"GET", "/api/contents/a.ipynb", "", 200, "do=step"}})
	v.ask(`{"op":"run","cell":"c1"}`)
	v.settled("c1", "running")
	s.talk([]request{
		{"PUT", "/api/contents/a.ipynb", saving(emptyBook), 409, "running cells"},
		{"PATCH", "/api/contents/a.ipynb", `{"path":"z.ipynb"}`, 409, "is running"},
		{"DELETE", "/api/contents/a.ipynb", "", 409, "is running"},
	})
	s.backend.steps <- "go"
	v.settled("c1", "done")
	s.talk([]request{{"GET", "/api/contents/a.ipynb", "", 200, "acted in"}, {"PUT", "/api/contents/a.ipynb", saving(emptyBook), 200, ""}})
	snapshot := v.until(func(e event) bool { return e.Type == "snapshot" })
	var cells []json.RawMessage
	if err := json.Unmarshal(snapshot.Cells, &cells); err != nil || len(cells) != 0 {
		t.Errorf("the open document shows %s (%v)", snapshot.Cells, err)
	}
	s.talk([]request{{"PATCH", "/api/contents/a.ipynb", `{"path":"z.ipynb"}`, 200, `"z.ipynb"`}})
	if _, err := os.Stat(filepath.Join(s.root, "a.ipynb")); !os.IsNotExist(err) {
		t.Errorf("the old file: %v", err)
	}
	if list := get[[]struct{ Path string }](s, "/api/sessions"); len(list) != 1 || list[0].Path != "z.ipynb" {
		t.Errorf("the session did not follow its file: %v", list)
	}
}
