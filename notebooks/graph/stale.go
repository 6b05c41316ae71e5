package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"profilemate/notebooks"
)

// Stamp tells the contents of a file apart: by its digest where both sides know
// one, else by its size and time. The zero value is a file that is not there.
type Stamp struct {
	Digest string `json:"digest,omitempty"` // "sha256:…"
	Quick  string `json:"quick,omitempty"`  // size and time of change
}

// Same reports whether two stamps are of the same content.
func (s Stamp) Same(other Stamp) bool {
	if s.Digest != "" && other.Digest != "" {
		return s.Digest == other.Digest
	}
	return s.Quick == other.Quick
}

// Record is what is kept of a cell's last run, to tell later whether its outputs
// still hold. It holds no time and no place, so that running again from the same
// gives the same record.
type Record struct {
	Source string            `json:"source"`          // digest of the cell's text
	Files  map[string]Stamp  `json:"files,omitempty"` // by path as the cell names it
	After  map[string]string `json:"after,omitempty"` // Source of each cell that it built on, by id
}

// SourceDigest identifies a cell's text. Space at its ends does not count.
func SourceDigest(source string) string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(source)))
	return hex.EncodeToString(sum[:12])
}

// Record describes a run of a cell as the notebook and its files are now.
func (g *Graph) Record(id string, stamp func(path string) Stamp) Record {
	i, ok := g.index[id]
	if !ok {
		return Record{}
	}
	c := g.cells[i]
	r := Record{Source: SourceDigest(c.source)}
	for _, f := range c.facts.Files {
		if r.Files == nil {
			r.Files = map[string]Stamp{}
		}
		r.Files[f] = stamp(f)
	}
	for _, n := range c.needs {
		if r.After == nil {
			r.After = map[string]string{}
		}
		r.After[g.cells[n].id] = SourceDigest(g.cells[n].source)
	}
	return r
}

// The keys of a cell's metadata that hold its record.
const (
	space     = "profilemate"
	recordKey = "ran"
)

// Keep puts a record into a cell's metadata.
func Keep(c *notebooks.Cell, r Record) {
	own, ok := c.Metadata[space].(map[string]any)
	if !ok {
		own = map[string]any{}
	}
	own = maps.Clone(own)
	raw, _ := json.Marshal(r) // of strings and maps of strings: it cannot fail
	var value map[string]any
	_ = json.Unmarshal(raw, &value)
	own[recordKey] = value
	c.Metadata[space] = own
}

// Kept returns the record in a cell's metadata; ok is false where there is none.
func Kept(c *notebooks.Cell) (r Record, ok bool) {
	own, _ := c.Metadata[space].(map[string]any)
	value, ok := own[recordKey]
	if !ok {
		return Record{}, false
	}
	raw, err := json.Marshal(value)
	if err != nil || json.Unmarshal(raw, &r) != nil || r.Source == "" {
		return Record{}, false
	}
	return r, true
}

// Forget removes a cell's record.
func Forget(c *notebooks.Cell) {
	if own, ok := c.Metadata[space].(map[string]any); ok {
		own = maps.Clone(own)
		delete(own, recordKey)
		c.Metadata[space] = own
	}
}

// Now is what is known of the cells at this moment.
type Now struct {
	Record func(id string) (Record, bool) // of the last run; false: the cell was not run, or it is not known how
	Stamp  func(path string) Stamp
	Ran    func(id string) int64 // when it ran in this kernel, as a rising number; 0: not in this kernel
	Lost   func(id string) bool  // what it defined was in a kernel that has ended since
}

// Stale says of each cell whose outputs no longer hold why that is, in a sentence.
// A cell without a record is not judged.
func (g *Graph) Stale(now Now) map[string]string {
	stale := map[string]string{}
	for range g.cells { // a cell may stand before what it needs
		before := len(stale)
		for i, c := range g.cells {
			if stale[c.id] == "" {
				if why := g.why(i, now, stale); why != "" {
					stale[c.id] = why
				}
			}
		}
		if len(stale) == before {
			break
		}
	}
	return stale
}

// why says why a cell is stale, given those that are known to be; empty for one
// that is not.
func (g *Graph) why(i int, now Now, stale map[string]string) string {
	c := g.cells[i]
	r, ok := now.Record(c.id)
	if !ok {
		return ""
	}
	if r.Source != SourceDigest(c.source) {
		return "The cell was changed after it ran."
	}
	for _, path := range slices.Sorted(maps.Keys(r.Files)) {
		if s := now.Stamp(path); !s.Same(r.Files[path]) {
			if s == (Stamp{}) {
				return "The file " + path + " is no longer there."
			}
			return "The file " + path + " was changed after the cell ran."
		}
	}
	if now.Lost(c.id) && c.facts.State && len(c.facts.Defines) > 0 {
		return "The kernel was restarted, so that what the cell defines is gone."
	}
	for _, n := range c.needs {
		up := g.cells[n]
		switch {
		case stale[up.id] != "":
			return "A cell that it builds on is out of date."
		case r.After[up.id] == "":
			return "It builds on a cell that was not there when it ran."
		case r.After[up.id] != SourceDigest(up.source):
			return "A cell that it builds on was changed."
		case now.Ran(up.id) > now.Ran(c.id) && now.Ran(c.id) > 0:
			return "A cell that it builds on ran again after it."
		}
	}
	if len(r.After) > len(c.needs) {
		return "A cell that it built on is gone."
	}
	return ""
}
