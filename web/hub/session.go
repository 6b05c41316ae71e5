package hub

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"profilemate/web/live"
	"profilemate/workbench/fault"
)

// session ties a path to a kernel.
type session struct {
	id, path, name, kind string
	kernel               *Kernel
}

// Session is a session as the Jupyter interface shows it.
type Session struct {
	ID       string `json:"id"`
	Path     string `json:"path"`
	Name     string `json:"name"`
	Type     string `json:"type"` // "notebook", "console", "file"
	Kernel   Model  `json:"kernel"`
	Notebook *struct {
		Path string `json:"path"`
		Name string `json:"name"`
	} `json:"notebook,omitempty"` // as clients of old want it
}

// Wanted says what a session should have. Empty fields are left as they are, or
// chosen by the server.
type Wanted struct {
	Path, Name, Type     string
	KernelName, KernelID string
}

func (s *session) model() Session {
	m := Session{ID: s.id, Path: s.path, Name: s.name, Type: s.kind, Kernel: s.kernel.Model()}
	if s.kind == "notebook" {
		m.Notebook = &struct {
			Path string `json:"path"`
			Name string `json:"name"`
		}{s.path, s.name}
	}
	return m
}

// Sessions returns the sessions whose kernel is there, the oldest first.
func (h *Hub) Sessions() []Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := []Session{}
	for _, s := range h.sessions {
		if h.kernel(s.kernel.id) != nil {
			list = append(list, s.model())
		}
	}
	return list
}

// Session returns a session by its id; one that is not there, or whose kernel was
// shut down, is NotFound.
func (h *Hub) Session(id string) (Session, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.byID(id); s != nil && h.kernel(s.kernel.id) != nil {
		return s.model(), nil
	}
	return Session{}, noSession(id)
}

func noSession(id string) error {
	return fault.Errorf(fault.NotFound, "Session not found: session_id='%s'", id)
}

func (h *Hub) byID(id string) *session {
	if i := slices.IndexFunc(h.sessions, func(s *session) bool { return s.id == id }); i >= 0 {
		return h.sessions[i]
	}
	return nil
}

// Open returns the session of a path, made with a kernel where there is none. An
// unknown kernel is NotFound.
func (h *Hub) Open(ctx context.Context, w Wanted) (Session, error) {
	s, err := h.ensure(ctx, w)
	if err != nil {
		return Session{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.model(), nil
}

// ensure is Open for this package. The session is known before its kernel answers, so
// that a path has one kernel however many ask for it at once.
func (h *Hub) ensure(ctx context.Context, w Wanted) (*session, error) {
	h.mu.Lock()
	s := h.byPath(w.Path)
	var err error
	if s == nil {
		s, err = h.create(w)
	}
	h.mu.Unlock()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	k := s.kernel
	h.mu.Unlock()
	if err := k.Ensure(ctx); err != nil {
		h.drop(k)
		h.forget(s)
		return nil, err
	}
	return s, nil
}

// byPath finds the session of a path whose kernel is there. The caller holds h.mu.
func (h *Hub) byPath(path string) *session {
	h.sessions = slices.DeleteFunc(h.sessions, func(s *session) bool { return s.path == path && h.kernel(s.kernel.id) == nil })
	if i := slices.IndexFunc(h.sessions, func(s *session) bool { return s.path == path }); i >= 0 {
		return h.sessions[i]
	}
	return nil
}

// create makes a session. The caller holds h.mu.
func (h *Hub) create(w Wanted) (*session, error) {
	k := h.kernel(w.KernelID)
	if k == nil {
		var err error
		if k, err = h.add(w.KernelName, w.Path); err != nil {
			return nil, err
		}
	}
	s := &session{id: uuid.NewString(), path: w.Path, name: w.Name, kind: w.Type, kernel: k}
	h.sessions = append(h.sessions, s)
	return s, nil
}

func (h *Hub) forget(s *session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions = slices.DeleteFunc(h.sessions, func(other *session) bool { return other == s })
}

// Change gives a session another path, name, type or kernel. The kernel that it had
// is shut down. A session that is not there and an unknown kernel are NotFound.
func (h *Hub) Change(ctx context.Context, id string, w Wanted) (Session, error) {
	h.mu.Lock()
	s := h.byID(id)
	if s == nil || h.kernel(s.kernel.id) == nil {
		h.mu.Unlock()
		return Session{}, noSession(id)
	}
	s.path, s.name, s.kind = cmp.Or(w.Path, s.path), cmp.Or(w.Name, s.name), cmp.Or(w.Type, s.kind)
	old, next := s.kernel, h.kernel(w.KernelID)
	h.mu.Unlock()
	if w.KernelID == "" && w.KernelName == "" || next == old {
		return h.Session(id)
	}
	if next == nil {
		var err error
		if next, err = h.Start(ctx, w.KernelName, s.path); err != nil {
			return Session{}, err
		}
	}
	h.mu.Lock()
	s.kernel = next
	h.mu.Unlock()
	old.giveWay()
	h.drop(old)
	return h.Session(id)
}

// End removes a session and shuts its kernel down. One that is not there is NotFound,
// one whose kernel is gone already a Conflict; both are gone afterwards.
func (h *Hub) End(id string) error {
	h.mu.Lock()
	s := h.byID(id)
	if s == nil {
		h.mu.Unlock()
		return noSession(id)
	}
	kernel := s.kernel.id
	h.mu.Unlock()
	h.forget(s)
	if h.Remove(kernel) != nil {
		return fault.Errorf(fault.Conflict, "Kernel deleted before session")
	}
	return nil
}

// Moved tells that a file or folder has another path: its sessions follow it.
func (h *Hub) Moved(from, to string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.sessions {
		if s.path == from {
			s.path, s.name = to, path.Base(to)
		} else if rest, below := strings.CutPrefix(s.path, from+"/"); below {
			s.path = to + "/" + rest
		}
	}
}

// ForDocument connects an open document to the kernel of its path's session, which it
// shares with Jupyter's clients. name is the kernel that the document names; one that
// is not on this machine stands for the default. Killing it ends the process; the
// kernel keeps its id and starts again when it is next needed.
func (h *Hub) ForDocument(ctx context.Context, file, name string) (live.Kernel, error) {
	if !h.opts.Known(name) {
		name = ""
	}
	s, err := h.ensure(ctx, Wanted{Path: file, Name: path.Base(file), Type: "notebook", KernelName: name})
	if err != nil {
		return live.Kernel{}, err
	}
	h.mu.Lock()
	k := s.kernel
	h.mu.Unlock()
	p, err := k.ensure(ctx)
	if err != nil {
		return live.Kernel{}, err
	}
	return live.Kernel{Conn: k.connect(p), Kill: func() { k.kill(p) }, Exit: p.exitWords, Replaced: p.isReplaced}, nil
}
