package tokens

import "sync"

// meter tells how far the passes over the ids are that make a table. It is safe for
// concurrent use.
type meter struct {
	tell  func(done, total int64) // nil: nobody asks
	total int64                   // tokens of all passes

	mu   sync.Mutex
	done int64
}

// meter measures so many passes over all tokens.
func (r *recording) meter(passes int, tell func(done, total int64)) *meter {
	return &meter{tell: tell, total: int64(passes) * int64(r.tokens())}
}

// add tells of so many more tokens.
func (m *meter) add(tokens int) {
	if m.tell == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += int64(tokens)
	m.tell(m.done, m.total)
}
