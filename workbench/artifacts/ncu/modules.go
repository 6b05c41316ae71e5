package ncu

import (
	"cmp"
	"slices"
	"strings"

	"profilemate/workbench/artifacts/ncu/cubin"
	"profilemate/workbench/artifacts/ncu/report"
)

// modules is the code of a report, by the IDs of its modules.
type modules struct {
	byID      map[uint64][]loaded // by address
	files     map[string][]string // lines of imported source text, by path
	undecoded int                 // modules that cannot be read
}

// loaded is a function at its address.
type loaded struct {
	name    string
	address uint64
	code    *cubin.Function // nil when the report does not hold it
}

// readModules reads the code of all functions that were profiled. Of a module that
// stands several times, the code is held once and the functions of all are taken.
func readModules(r *report.Report) (*modules, error) {
	m := &modules{byID: map[uint64][]loaded{}, files: map[string][]string{}}
	read := map[uint64]*cubin.Module{}
	undecoded, err := r.Sources(func(s report.Source) error {
		if len(s.Code) > 0 {
			module, err := cubin.Read(slices.Clone(s.Code))
			if err != nil {
				m.undecoded++
			} else {
				read[s.ID] = module
			}
		}
		for _, f := range s.Files {
			m.files[f.Path] = strings.Split(f.Text, "\n")
		}
		for _, f := range s.Functions {
			l := loaded{name: f.Name, address: f.Address}
			if module := read[s.ID]; module != nil {
				l.code = module.Function(f.Name)
			}
			m.byID[s.ID] = append(m.byID[s.ID], l)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	m.undecoded += undecoded
	for _, list := range m.byID {
		slices.SortStableFunc(list, func(a, b loaded) int { return cmp.Compare(a.address, b.address) })
	}
	return m, nil
}

// find returns the function of a module that holds the instruction at an address, and
// the instruction's offset in it; ok is false when none does.
func (m *modules) find(ids []uint64, address uint64) (f loaded, offset uint64, ok bool) {
	for _, id := range ids {
		list := m.byID[id]
		i, exact := slices.BinarySearchFunc(list, address, func(l loaded, at uint64) int { return cmp.Compare(l.address, at) })
		if !exact {
			i--
		}
		if i < 0 {
			continue
		}
		offset := address - list[i].address
		if list[i].code == nil || offset < uint64(len(list[i].code.Code)) {
			return list[i], offset, true
		}
	}
	return loaded{}, 0, false
}

// text returns a line of imported source text: "" when it was not imported.
func (m *modules) text(path string, line int) string {
	lines := m.files[path]
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimSpace(strings.TrimRight(lines[line-1], "\r"))
}
