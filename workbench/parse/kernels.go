package parse

import (
	"cmp"
	"slices"

	"profilemate/frames"
)

// Kernel is what the summary says of all executions of one kernel name.
type Kernel struct {
	Name       string
	Count      int64
	GraphCount int64 // of them from CUDA graphs
	Total      int64 // ns
	Min, Max   int64 // ns
	grid       float64
	block      float64
}

// kernelSums adds executions up by name.
type kernelSums struct {
	byName map[string]*Kernel
	dict   *frames.Dictionary
	byCode []*Kernel
}

func (s *kernelSums) add(name *frames.Column, i int, duration, grid, block int64, graph bool) {
	k := s.kernel(name, i)
	if k.Count == 0 || duration < k.Min {
		k.Min = duration
	}
	k.Max = max(k.Max, duration)
	k.Count++
	k.Total += duration
	k.grid += float64(grid)
	k.block += float64(block)
	if graph {
		k.GraphCount++
	}
}

// kernel finds the sums of row i, by code where it has been seen.
func (s *kernelSums) kernel(name *frames.Column, i int) *Kernel {
	if name.IsNull(i) {
		return s.named("(name missing)")
	}
	if s.dict != name.Dictionary() {
		s.dict, s.byCode = name.Dictionary(), nil
	}
	code := int(name.Codes()[i])
	if code >= len(s.byCode) {
		s.byCode = append(s.byCode, make([]*Kernel, code+1-len(s.byCode))...)
	}
	if s.byCode[code] == nil {
		s.byCode[code] = s.named(s.dict.String(int32(code)))
	}
	return s.byCode[code]
}

func (s *kernelSums) named(name string) *Kernel {
	if s.byName == nil {
		s.byName = map[string]*Kernel{}
	}
	if s.byName[name] == nil {
		s.byName[name] = &Kernel{Name: name}
	}
	return s.byName[name]
}

// list returns the kernels, the longest total first.
func (s *kernelSums) list() []Kernel {
	list := make([]Kernel, 0, len(s.byName))
	for _, k := range s.byName {
		list = append(list, *k)
	}
	slices.SortFunc(list, func(a, b Kernel) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Name, b.Name))
	})
	return list
}
