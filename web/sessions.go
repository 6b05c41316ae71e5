package web

import (
	"errors"
	"net/http"

	"profilemate/web/hub"
	"profilemate/workbench/fault"
)

// sessionBody is what clients send about a session.
type sessionBody struct {
	Path     string `json:"path"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Notebook *struct {
		Path string `json:"path"`
		Name string `json:"name"`
	} `json:"notebook"` // as clients of old send it
	Kernel struct {
		Name string `json:"name"`
		ID   string `json:"id"`
	} `json:"kernel"`
}

func (b sessionBody) wanted() hub.Wanted {
	if b.Notebook != nil {
		b.Path, b.Name, b.Type = b.Notebook.Path, b.Notebook.Name, "notebook"
	}
	return hub.Wanted{Path: b.Path, Name: b.Name, Type: b.Type, KernelName: b.Kernel.Name, KernelID: b.Kernel.ID}
}

func (s *Server) sessions(*http.Request) (any, error) { return s.hub.Sessions(), nil }

func (s *Server) session(r *http.Request) (any, error) { return s.hub.Session(r.PathValue("id")) }

func (s *Server) openSession(r *http.Request) (any, error) {
	body, err := decodeBody[sessionBody](r)
	if err != nil {
		return nil, err
	}
	w := body.wanted()
	switch {
	case w.Path == "":
		return nil, fault.Errorf(fault.Misuse, "Missing field in JSON data: path")
	case w.Type == "":
		return nil, fault.Errorf(fault.Misuse, "Missing field in JSON data: type")
	}
	m, err := s.hub.Open(r.Context(), w)
	if err != nil {
		return nil, noSuchKernel(err)
	}
	return reply{http.StatusCreated, "/api/sessions/" + m.ID, m}, nil
}

// noSuchKernel gives a session whose kernel is not known the status that clients wait
// for.
func noSuchKernel(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return coded{err, http.StatusNotImplemented}
	}
	return err
}

func (s *Server) changeSession(r *http.Request) (any, error) {
	body, err := decodeBody[sessionBody](r)
	if err != nil {
		return nil, err
	}
	if _, err := s.hub.Session(r.PathValue("id")); err != nil {
		return nil, err
	}
	m, err := s.hub.Change(r.Context(), r.PathValue("id"), body.wanted())
	return m, noSuchKernel(err)
}

func (s *Server) endSession(r *http.Request) (any, error) {
	err := s.hub.End(r.PathValue("id"))
	if fault.KindOf(err) == fault.Conflict {
		err = coded{err, http.StatusGone}
	}
	return reply{status: http.StatusNoContent}, err
}

// coded is an error with a status of its own.
type coded struct {
	error
	status int
}

// Unwrap returns the error underneath.
func (c coded) Unwrap() error { return c.error }

// codeOf is the status of an error.
func codeOf(err error) int {
	var c coded
	if errors.As(err, &c) {
		return c.status
	}
	return statusOf(fault.KindOf(err))
}
