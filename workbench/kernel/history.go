package kernel

import (
	"path"
	"slices"

	"profilemate/workbench/jupyter"
)

// The bounds of what a kernel remembers: cells, and bytes of each.
const (
	maxHistory      = 10_000
	maxHistoryEntry = 1 << 20
)

// history is the cells that a kernel has run, oldest first. It ends with the
// kernel, so that there is one session of it.
type history struct{ entries []historyEntry }

type historyEntry struct {
	line int // execution count
	code string
}

func (h *history) add(line int, code string) {
	if len(code) > maxHistoryEntry {
		return
	}
	if len(h.entries) == maxHistory {
		h.entries = slices.Delete(h.entries, 0, maxHistory/10)
	}
	h.entries = append(h.entries, historyEntry{line, code})
}

// historyRequest is the content of a history_request.
type historyRequest struct {
	Access  string `json:"hist_access_type"` // "tail", "range" or "search"
	Output  bool   `json:"output"`
	Session int    `json:"session"` // of a range: 0 or historySession for this one
	Start   int    `json:"start"`   // of a range: first line
	Stop    *int   `json:"stop"`    // of a range: line after the last; nil for all
	N       int    `json:"n"`       // of the others: at most so many; 0 for all
	Pattern string `json:"pattern"` // of a search: a glob over the whole cell; empty for any
	Unique  bool   `json:"unique"`  // of a search: each text once, where it stood last
}

// historySession is the number of the only session that a kernel knows.
const historySession = 1

func (s *server) remember(m jupyter.Message) {
	request, err := jupyter.Decode[historyRequest](m)
	found := []any{}
	if err == nil {
		for _, e := range s.history.find(request) {
			var text any = e.code
			if request.Output {
				text = [2]any{e.code, nil} // outputs are with the client
			}
			found = append(found, [3]any{historySession, e.line, text})
		}
	}
	s.reply(m, jupyter.HistoryReply, map[string]any{"status": jupyter.ReplyOK, "history": found})
}

// find returns the entries that a request asks for, oldest first.
func (h *history) find(r historyRequest) []historyEntry {
	var list []historyEntry
	switch r.Access {
	case "range":
		if r.Session != 0 && r.Session != historySession {
			return nil
		}
		for _, e := range h.entries {
			if e.line >= r.Start && (r.Stop == nil || e.line < *r.Stop) {
				list = append(list, e)
			}
		}
		return list
	case "search":
		list = h.search(r.Pattern, r.Unique)
	case "tail":
		list = h.entries
	}
	if r.N > 0 && len(list) > r.N {
		list = list[len(list)-r.N:]
	}
	return list
}

func (h *history) search(pattern string, unique bool) []historyEntry {
	var list []historyEntry
	seen := map[string]bool{}
	for _, e := range slices.Backward(h.entries) {
		if !globs(pattern, e.code) || unique && seen[e.code] {
			continue
		}
		seen[e.code] = true
		list = append(list, e)
	}
	slices.Reverse(list)
	return list
}

// globs reports whether a text matches a pattern with "*" for any text, "?" for any
// character and "[a-z]" for one of a few, as the history of other kernels does.
func globs(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	// path.Match lets "*" stop at a slash: neither side has one.
	const slash, stand = '/', '\uFFFC'
	swap := func(s string) string {
		runes := []rune(s)
		for i, r := range runes {
			if r == slash {
				runes[i] = stand
			}
		}
		return string(runes)
	}
	ok, err := path.Match(swap(pattern), swap(text))
	return err == nil && ok
}
