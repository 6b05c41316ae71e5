package store

import (
	"os"
	"strings"
	"sync"
	"time"
)

// pins are the results that this process holds on to. Each is also a file, since
// another process may be the one that makes room.
type pins struct {
	mu    sync.Mutex
	held  map[string]int    // how often, by key
	files map[string]string // name of the file, by key
}

// Pin keeps the result of a key, stored already or later, from being removed for
// want of space until unpin is called. Pins of one key add up; unpin may be called
// more than once. A pin outlives its process, and one that is not used by Get, by up
// to a day.
func (s *Store) Pin(key string) (unpin func()) {
	if !validKey(key) {
		return func() {}
	}
	s.pins.add(s, key)
	return sync.OnceFunc(func() { s.pins.drop(s, key) })
}

func (p *pins) add(s *Store, key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[key]++
	if p.held[key] > 1 {
		return
	}
	// Without the file, in a full folder, the pin still holds against this process.
	name := key + "@" + unique()
	if f, err := os.OpenFile(s.path("pins", name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		f.Close()
	}
	p.files[key] = name
}

func (p *pins) drop(s *Store, key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[key]--
	if p.held[key] > 0 {
		return
	}
	os.Remove(s.path("pins", p.files[key]))
	delete(p.held, key)
	delete(p.files, key)
}

// refresh renews the file of a pin that is in use.
func (p *pins) refresh(s *Store, key string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name, ok := p.files[key]; ok {
		os.Chtimes(s.path("pins", name), now, now)
	}
}

// pinned returns the keys that this process or another holds on to.
func (s *Store) pinned() map[string]bool {
	keys := map[string]bool{}
	limit := time.Now().Add(-stalePin)
	for _, f := range s.list("pins") {
		if key, _, ok := strings.Cut(f.Name(), "@"); ok && f.ModTime().After(limit) {
			keys[key] = true
		}
	}
	s.pins.mu.Lock()
	defer s.pins.mu.Unlock()
	for key := range s.pins.held {
		keys[key] = true
	}
	return keys
}
