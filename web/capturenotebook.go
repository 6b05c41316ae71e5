package web

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"

	"profilemate/notebooks/templates"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
)

// templateFor returns the template about one artifact of a capture, by its kind.
func templateFor(kind string) (templates.Template, bool) {
	list := templates.All()
	i := slices.IndexFunc(list, func(t templates.Template) bool { return len(t.Inputs) == 1 && t.Inputs[0].Kind == kind })
	if i < 0 {
		return templates.Template{}, false
	}
	return list[i], true
}

// captureNotebook makes a notebook of an artifact of a capture, from its template. One
// that was made before is kept.
func (s *Server) captureNotebook(c Captures, r *http.Request) (any, error) {
	body, err := decodeBody[struct {
		Artifact string `json:"artifact"`
	}](r)
	if err != nil {
		return nil, err
	}
	j, err := c.Get(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(j.Artifacts, func(a job.Artifact) bool { return a.Name == body.Artifact })
	if i < 0 {
		return nil, fault.Errorf(fault.NotFound, "capture %s has made no %q", j.ID, body.Artifact)
	}
	t, ok := templateFor(j.Artifacts[i].Kind)
	if !ok {
		return nil, fault.Errorf(fault.Unsupported, "there is no template about %s", body.Artifact)
	}
	name := s.notebookFor(j, t)
	if _, err := s.documents.Root().Stat(name); err == nil {
		return map[string]string{"path": name}, nil
	}
	return map[string]string{"path": name}, s.writeTemplate(name, t, j.Artifacts[i])
}

// notebookFor names the notebook: beside the artifacts where these are below the
// served folder, so that both can be moved together, else in the served folder.
func (s *Server) notebookFor(j job.Job, t templates.Template) string {
	folder := s.relative(j.Plan.Folder)
	if filepath.IsAbs(filepath.FromSlash(folder)) {
		return path.Base(folder) + "-" + t.Name + ".ipynb"
	}
	return path.Join(folder, t.Name+".ipynb")
}

func (s *Server) writeTemplate(name string, t templates.Template, a job.Artifact) error {
	n, err := t.Notebook([]templates.Capture{{Path: s.cellPath(a.Path, name), Kind: t.Inputs[0].Kind}})
	if err != nil {
		return err
	}
	file, err := s.documents.Root().OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fileFault(err)
	}
	err = n.Write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
