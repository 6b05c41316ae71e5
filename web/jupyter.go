package web

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"profilemate/web/hub"
	"profilemate/workbench/fault"
)

// apiVersion is the version of the Jupyter Server interface that this server speaks.
const apiVersion = "2.14.0"

// jupyterRoutes are the Jupyter Server interface; docs/jupyter.md describes it.
func (s *Server) jupyterRoutes() []route {
	e := func(pattern string, e endpoint) route { return route{pattern, s.adapt(e)} }
	list := []route{
		e("GET /api", s.version),
		e("GET /api/status", s.status),
		e("GET /api/me", s.me),
		e("GET /api/kernelspecs", s.kernelSpecs),
		e("GET /api/kernelspecs/{name}", s.kernelSpec),
		e("GET /kernelspecs/{name}/{file}", s.kernelResource),
		e("GET /api/kernels", s.kernels),
		e("POST /api/kernels", s.startKernel),
		e("GET /api/kernels/{id}", s.kernel),
		e("DELETE /api/kernels/{id}", s.removeKernel),
		e("POST /api/kernels/{id}/interrupt", s.interruptKernel),
		e("POST /api/kernels/{id}/restart", s.restartKernel),
		{"GET /api/kernels/{id}/channels", http.HandlerFunc(s.channels)},
		e("GET /api/sessions", s.sessions),
		e("POST /api/sessions", s.openSession),
		e("GET /api/sessions/{id}", s.session),
		e("PATCH /api/sessions/{id}", s.changeSession),
		e("DELETE /api/sessions/{id}", s.endSession),
		e("GET /api/terminals", func(*http.Request) (any, error) { return []string{}, nil }),
		e("GET /api/config/{section}", func(*http.Request) (any, error) { return map[string]any{}, nil }),
		e("GET /api/nbconvert", s.converters),
		e("GET /nbconvert/html/{path...}", s.export),
	}
	return append(list, s.contentsRoutes()...)
}

// reply is an answer with a status of its own.
type reply struct {
	status   int
	location string // of what was made; empty for nothing
	value    any    // nil for no body
}

func (s *Server) version(*http.Request) (any, error) {
	return map[string]string{"version": apiVersion}, nil
}

func (s *Server) status(*http.Request) (any, error) {
	kernels := s.hub.Kernels()
	connections, activity := 0, hub.Time(s.started)
	for _, k := range kernels {
		m := k.Model()
		connections += m.Connections
		activity = max(activity, m.Activity) // the form sorts as the times do
	}
	return map[string]any{"started": hub.Time(s.started), "last_activity": activity, "kernels": len(kernels), "connections": connections}, nil
}

// me says who asks: there is one user, who has every right.
func (s *Server) me(*http.Request) (any, error) {
	return map[string]any{
		"identity": map[string]any{"username": "profilemate", "name": "ProfileMate", "display_name": "ProfileMate",
			"initials": "PM", "avatar_url": nil, "color": nil},
		"permissions": map[string]any{},
	}, nil
}

// specModel is a kernel that can be started, as the interface shows it.
func specModel(k KernelSpec) map[string]any {
	resources := map[string]string{}
	if k.Files != nil {
		// A folder that cannot be read has no logos to offer.
		names, _ := fs.Glob(k.Files, "logo-*")
		for _, name := range names {
			resources[strings.TrimSuffix(name, path.Ext(name))] = "/kernelspecs/" + k.Name + "/" + name
		}
	}
	return map[string]any{"name": k.Name, "spec": k.Spec, "resources": resources}
}

func (s *Server) kernelSpecs(*http.Request) (any, error) {
	specs := map[string]any{}
	list := s.config.Backend.KernelSpecs()
	for _, k := range list {
		specs[k.Name] = specModel(k)
	}
	first := ""
	if len(list) > 0 {
		first = list[0].Name
	}
	return map[string]any{"default": first, "kernelspecs": specs}, nil
}

// spec finds a kernel that can be started.
func (s *Server) spec(name string) (KernelSpec, error) {
	for _, k := range s.config.Backend.KernelSpecs() {
		if k.Name == name {
			return k, nil
		}
	}
	return KernelSpec{}, fault.Errorf(fault.NotFound, "Kernel spec %s not found", name)
}

func (s *Server) kernelSpec(r *http.Request) (any, error) {
	k, err := s.spec(r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return specModel(k), nil
}

func (s *Server) kernelResource(r *http.Request) (any, error) {
	k, err := s.spec(r.PathValue("name"))
	name := r.PathValue("file")
	if err != nil || k.Files == nil || !strings.HasPrefix(name, "logo-") {
		return nil, fault.Errorf(fault.NotFound, "there is no %s", r.URL.Path)
	}
	body, err := fs.ReadFile(k.Files, name)
	if err != nil {
		return nil, fileFault(err)
	}
	return document{contentType: contentTypeOf(name), body: body}, nil
}

func (s *Server) kernels(*http.Request) (any, error) {
	list := []hub.Model{}
	for _, k := range s.hub.Kernels() {
		list = append(list, k.Model())
	}
	return list, nil
}

func (s *Server) startKernel(r *http.Request) (any, error) {
	body, err := optionalBody[struct {
		Name string `json:"name"`
		Path string `json:"path"`
	}](r)
	if err != nil {
		return nil, err
	}
	k, err := s.hub.Start(r.Context(), body.Name, body.Path)
	if err != nil {
		return nil, err
	}
	m := k.Model()
	return reply{http.StatusCreated, "/api/kernels/" + m.ID, m}, nil
}

// optionalBody reads a JSON object from a request that may have none.
func optionalBody[T any](r *http.Request) (T, error) {
	value, err := decodeBody[T](r)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return value, err
}

func (s *Server) kernel(r *http.Request) (any, error) {
	k, err := s.hub.Kernel(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return k.Model(), nil
}

func (s *Server) removeKernel(r *http.Request) (any, error) {
	return reply{status: http.StatusNoContent}, s.hub.Remove(r.PathValue("id"))
}

func (s *Server) interruptKernel(r *http.Request) (any, error) {
	k, err := s.hub.Kernel(r.PathValue("id"))
	if err == nil {
		err = k.Interrupt(r.Context())
	}
	return reply{status: http.StatusNoContent}, err
}

func (s *Server) restartKernel(r *http.Request) (any, error) {
	k, err := s.hub.Kernel(r.PathValue("id"))
	if err == nil {
		err = k.Restart(r.Context())
	}
	if err != nil {
		return nil, err
	}
	return k.Model(), nil
}

// converters are what documents can be exported to through this interface.
func (s *Server) converters(*http.Request) (any, error) {
	return map[string]any{"html": map[string]string{"output_mimetype": "text/html"}}, nil
}

// newHub makes the hub of a server. A kernel's start goes to the backend.
func (s *Server) newHub() *hub.Hub {
	first := ""
	if specs := s.config.Backend.KernelSpecs(); len(specs) > 0 {
		first = specs[0].Name
	}
	s.started = time.Now()
	return hub.New(hub.Options{Root: s.root, Default: first, Log: s.log, Start: s.config.Backend.StartKernel,
		Known: func(name string) bool { _, err := s.spec(name); return err == nil }})
}
