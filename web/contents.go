package web

import (
	"net/http"
	"path"
	"regexp"
	"strings"

	"profilemate/web/contents"
	"profilemate/workbench/fault"
)

// contentsLimit bounds the body of a request that saves a file, in bytes.
const contentsLimit = 512 << 20

// contentsRoutes are the part of the Jupyter interface that reads and writes files.
func (s *Server) contentsRoutes() []route {
	e := func(pattern string, e endpoint) route { return route{pattern, s.adaptUpTo(e, contentsLimit)} }
	const root, below = "/api/contents", "/api/contents/{path...}"
	return []route{
		e("GET "+root, s.getContents), e("GET "+below, s.getContents),
		e("POST "+root, s.postContents), e("POST "+below, s.postContents),
		e("PUT "+below, s.putContents),
		e("PATCH "+below, s.renameContents),
		e("DELETE "+below, s.deleteContents),
		{"GET /files/{path...}", http.HandlerFunc(s.rawFile)},
	}
}

// checkpointPath takes the path of a request for checkpoints apart. It is no pattern
// of a route, since the path before it has any number of parts.
func checkpointPath(name string) (file, id string, ok bool) {
	m := regexp.MustCompile(`^(.+)/checkpoints(?:/([\w-]+))?$`).FindStringSubmatch(name)
	if m == nil {
		return name, "", false
	}
	return m[1], m[2], true
}

func (s *Server) getContents(r *http.Request) (any, error) {
	file, id, checkpoints := checkpointPath(r.PathValue("path"))
	if checkpoints && id == "" {
		return s.contents.Checkpoints(file)
	}
	q := r.URL.Query()
	flag := func(name, otherwise string) (bool, error) {
		switch value := q.Get(name); {
		case value == "1", value == "" && otherwise == "1":
			return true, nil
		case value == "0", value == "":
			return false, nil
		default:
			return false, fault.Errorf(fault.Misuse, "%s %q is invalid: it is 0 or 1", name, value)
		}
	}
	content, err := flag("content", "1")
	if err != nil {
		return nil, err
	}
	hash, err := flag("hash", "0")
	if err != nil {
		return nil, err
	}
	return s.contents.Get(r.PathValue("path"), contents.Query{Content: content, Hash: hash,
		Type: contents.Type(q.Get("type")), Format: contents.Format(q.Get("format"))})
}

// postContents makes something new in a folder, or keeps or restores a checkpoint.
func (s *Server) postContents(r *http.Request) (any, error) {
	if file, id, ok := checkpointPath(r.PathValue("path")); ok && id != "" {
		return reply{status: http.StatusNoContent}, s.contents.Restore(file, id)
	} else if ok {
		c, err := s.contents.Checkpoint(file)
		return reply{http.StatusCreated, contentsPath(file) + "/checkpoints/" + c.ID, c}, err
	}
	body, err := optionalBody[struct {
		CopyFrom string        `json:"copy_from"`
		Type     contents.Type `json:"type"`
		Ext      string        `json:"ext"`
	}](r)
	if err != nil {
		return nil, err
	}
	return created(s.makeContents(r.PathValue("path"), body.CopyFrom, body.Type, body.Ext))
}

func (s *Server) makeContents(folder, from string, t contents.Type, ext string) (contents.Model, error) {
	if from != "" {
		return s.contents.Copy(from, folder)
	}
	return s.contents.New(folder, t, ext)
}

// created answers with what was made.
func created(m contents.Model, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return reply{http.StatusCreated, contentsPath(m.Path), m}, nil
}

func (s *Server) putContents(r *http.Request) (any, error) {
	change, err := decodeBody[contents.Change](r)
	if err != nil {
		return nil, err
	}
	m, isNew, err := s.contents.Put(r.PathValue("path"), change)
	if err != nil || !isNew {
		return m, err
	}
	return created(m, nil)
}

func (s *Server) renameContents(r *http.Request) (any, error) {
	body, err := decodeBody[struct {
		Path string `json:"path"`
	}](r)
	if err != nil {
		return nil, err
	}
	if body.Path == "" {
		return nil, fault.Errorf(fault.Misuse, "the request lacks the new path")
	}
	return s.contents.Rename(r.PathValue("path"), body.Path)
}

func (s *Server) deleteContents(r *http.Request) (any, error) {
	if file, id, ok := checkpointPath(r.PathValue("path")); ok && id != "" {
		return reply{status: http.StatusNoContent}, s.contents.DropCheckpoint(file, id)
	}
	return reply{status: http.StatusNoContent}, s.contents.Delete(r.PathValue("path"))
}

// rawFile sends a file as it is, in ranges where they are asked for. What is in it has
// no rights on this server.
func (s *Server) rawFile(w http.ResponseWriter, r *http.Request) {
	file, info, contentType, err := s.contents.Open(r.PathValue("path"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Security-Policy", exportPolicy)
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("download") != "" {
		setDownload(h, path.Base(info.Name()))
	}
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// contentsPath is the address of an entry.
func contentsPath(name string) string {
	return "/api/contents/" + strings.TrimPrefix(escaped(name), "/")
}
