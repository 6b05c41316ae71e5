// Package hub owns the kernels of a server: their processes, who is connected to
// them, and which session has which kernel. The documents of this server and
// Jupyter's clients share them.
package hub

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"profilemate/web/live"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// Options say how kernels are started.
type Options struct {
	Root  string                                                           // the served folder
	Start func(ctx context.Context, name, dir string) (live.Kernel, error) // an unknown name is NotFound
	Log   *slog.Logger                                                     // nil for none

	// Known reports whether there is a kernel of a name; Default is the name that stands
	// for none.
	Known   func(name string) bool
	Default string
}

// Hub is the kernels and sessions of one server. It is safe for concurrent use.
type Hub struct {
	opts Options

	mu       sync.Mutex
	kernels  []*Kernel // in the order of their start
	sessions []*session
	closed   bool
}

// New makes a hub without kernels.
func New(opts Options) *Hub {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Hub{opts: opts}
}

// Start starts a kernel whose cells mean their paths from the folder of a path, and
// waits until it answers. An empty name is the default kernel; an unknown one is
// NotFound.
func (h *Hub) Start(ctx context.Context, name, path string) (*Kernel, error) {
	h.mu.Lock()
	k, err := h.add(name, path)
	h.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := k.Ensure(ctx); err != nil {
		h.drop(k)
		return nil, err
	}
	return k, nil
}

// add makes a kernel without a process. The caller holds h.mu.
func (h *Hub) add(name, path string) (*Kernel, error) {
	name = cmp.Or(name, h.opts.Default)
	switch {
	case h.closed:
		return nil, fault.Errorf(fault.Canceled, "the server is ending")
	case !h.opts.Known(name):
		return nil, fault.Errorf(fault.NotFound, "there is no kernel %q", name)
	}
	dir := h.folder(path)
	k := &Kernel{id: uuid.NewString(), name: name, log: h.opts.Log, state: jupyter.StateStarting, activity: time.Now(), session: uuid.NewString(),
		start: func(ctx context.Context) (live.Kernel, error) { return h.opts.Start(ctx, name, dir) },
		slots: map[string]*slot{}, routes: map[string]*mailbox{}}
	h.kernels = append(h.kernels, k)
	return k, nil
}

// folder is the nearest folder at or above a path's own that is there.
func (h *Hub) folder(path string) string {
	local := filepath.FromSlash(path)
	if !filepath.IsLocal(local) {
		return h.opts.Root
	}
	for dir := filepath.Dir(local); dir != "."; dir = filepath.Dir(dir) {
		full := filepath.Join(h.opts.Root, dir)
		if info, err := os.Stat(full); err == nil && info.IsDir() {
			return full
		}
	}
	return h.opts.Root
}

// drop ends a kernel and forgets it.
func (h *Hub) drop(k *Kernel) {
	h.mu.Lock()
	h.kernels = slices.DeleteFunc(h.kernels, func(other *Kernel) bool { return other == k })
	h.mu.Unlock()
	k.end("the kernel was shut down by another client")
}

// Kernels returns the kernels in the order of their start.
func (h *Hub) Kernels() []*Kernel {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.kernels)
}

// Kernel returns a kernel by its id; one that is not there is NotFound.
func (h *Hub) Kernel(id string) (*Kernel, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k := h.kernel(id); k != nil {
		return k, nil
	}
	return nil, fault.Errorf(fault.NotFound, "Kernel does not exist: %s", id)
}

func (h *Hub) kernel(id string) *Kernel {
	if i := slices.IndexFunc(h.kernels, func(k *Kernel) bool { return k.id == id }); i >= 0 {
		return h.kernels[i]
	}
	return nil
}

// Remove shuts a kernel down; one that is not there is NotFound.
func (h *Hub) Remove(id string) error {
	k, err := h.Kernel(id)
	if err == nil {
		h.drop(k)
	}
	return err
}

// Stop refuses new kernels from now on.
func (h *Hub) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, k := range h.kernels {
		k.mu.Lock()
		k.ended = true
		k.mu.Unlock()
	}
}

// Close ends every kernel, all at once.
func (h *Hub) Close() {
	h.Stop()
	var ending sync.WaitGroup
	for _, k := range h.Kernels() {
		ending.Go(func() { k.end("the server ended") })
	}
	ending.Wait()
}
