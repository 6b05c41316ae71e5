// Package graph tells which cells of a notebook build on which, and whether what a
// cell shows is still what running it would show.
package graph

import (
	"slices"

	"profilemate/notebooks"
	"profilemate/workbench/parameters"
)

// Facts is what the text of a cell says of its surroundings.
type Facts struct {
	Defines []string // names that cells after it can use: identifiers, named results, parameters
	Uses    []string // names that it needs from other cells
	Files   []string // artifacts that it reads: paths from the notebook's folder
	State   bool     // what it defines lives in the kernel and is gone when that ends
}

// Analyzer tells the facts of a code cell's text, with the values of parameters in
// the place of their names. What it cannot read has no facts.
type Analyzer func(source string) Facts

// Graph is a notebook's code cells and how they depend on each other. It is not
// changed after New and is safe for concurrent use.
type Graph struct {
	cells []node
	index map[string]int // by id
}

type node struct {
	id, source string
	facts      Facts
	needs      []int // cells it builds on, ascending
}

// Conflict is a name that several cells define, so that what it means depends on
// which of them ran last.
type Conflict struct {
	Name  string   `json:"name"`
	Cells []string `json:"cells"` // ids in document order
}

// New reads the dependencies of a notebook.
func New(n *notebooks.Notebook, analyze Analyzer) *Graph {
	g := &Graph{index: map[string]int{}}
	values := map[string]any{}
	for _, c := range n.Cells {
		if c.Type != notebooks.Code {
			continue
		}
		g.index[c.ID] = len(g.cells)
		g.cells = append(g.cells, node{id: c.ID, source: c.Source, facts: factsOf(c.Source, values, analyze)})
	}
	for i := range g.cells {
		g.cells[i].needs = g.find(i)
	}
	return g
}

// factsOf reads one cell, with the parameters that the cells before it have set. What
// names a parameter is one name with its braces, so that it is no identifier.
func factsOf(source string, values map[string]any, analyze Analyzer) Facts {
	if parameters.IsCell(source) {
		list, _ := parameters.Parse(source) // running the cell says what is wrong with it
		facts := Facts{State: true}
		for _, p := range list {
			values[p.Name] = p.Value
			facts.Defines = append(facts.Defines, "{"+p.Name+"}")
		}
		return facts
	}
	named := parameters.Named(source)
	expanded, err := parameters.Expand(source, func(name string) (any, bool) { v, ok := values[name]; return v, ok })
	if err == nil {
		source = expanded
	}
	facts := analyze(source)
	if err != nil {
		facts.Files = nil // what they are is not known
	}
	for _, name := range named {
		facts.Uses = append(facts.Uses, "{"+name+"}")
	}
	return facts
}

// find returns the cells that cell i builds on: for each name it uses the last cell
// before it that defines the name, or the first one after it.
func (g *Graph) find(i int) []int {
	var needs []int
	for _, name := range g.cells[i].facts.Uses {
		at := g.definer(name, i)
		if at >= 0 && !slices.Contains(needs, at) {
			needs = append(needs, at)
		}
	}
	slices.Sort(needs)
	return needs
}

func (g *Graph) definer(name string, user int) int {
	for i := user - 1; i >= 0; i-- {
		if slices.Contains(g.cells[i].facts.Defines, name) {
			return i
		}
	}
	for i := user + 1; i < len(g.cells); i++ {
		if slices.Contains(g.cells[i].facts.Defines, name) {
			return i
		}
	}
	return -1
}

// Needs lists the cells that a cell builds on directly, in document order.
func (g *Graph) Needs(id string) []string {
	i, ok := g.index[id]
	if !ok {
		return nil
	}
	return g.ids(g.cells[i].needs)
}

// Dependents lists the cells that build on a cell, directly or through others, in
// document order.
func (g *Graph) Dependents(id string) []string {
	from, ok := g.index[id]
	if !ok {
		return nil
	}
	reached := map[int]bool{from: true}
	for changed := true; changed; { // a cell may stand before what it needs
		changed = false
		for i, c := range g.cells {
			if !reached[i] && slices.ContainsFunc(c.needs, func(n int) bool { return reached[n] }) {
				reached[i], changed = true, true
			}
		}
	}
	var list []int
	for i := range g.cells {
		if reached[i] && i != from {
			list = append(list, i)
		}
	}
	return g.ids(list)
}

// Facts returns what a cell's text says, the zero value for an unknown cell.
func (g *Graph) Facts(id string) Facts {
	if i, ok := g.index[id]; ok {
		return g.cells[i].facts
	}
	return Facts{}
}

// Files lists the artifacts that the notebook reads, each once, in document order.
func (g *Graph) Files() []string {
	var files []string
	for _, c := range g.cells {
		for _, f := range c.facts.Files {
			if !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	return files
}

// Conflicts lists the names that several cells define, in the order of their first
// definition. Parameters that a later cell injects are meant to be defined twice:
// injected says of a cell whether it is one that does.
func (g *Graph) Conflicts(injected func(id string) bool) []Conflict {
	var list []Conflict
	for _, c := range g.cells {
		for _, name := range c.facts.Defines {
			if slices.ContainsFunc(list, func(x Conflict) bool { return x.Name == name }) {
				continue
			}
			if cells := g.definers(name, injected); len(cells) > 1 {
				list = append(list, Conflict{Name: name, Cells: cells})
			}
		}
	}
	return list
}

func (g *Graph) definers(name string, injected func(id string) bool) []string {
	var cells []string
	for _, c := range g.cells {
		if slices.Contains(c.facts.Defines, name) && (injected == nil || !injected(c.id)) {
			cells = append(cells, c.id)
		}
	}
	return cells
}

// Stateful reports whether any cell leaves something in the kernel that others
// could see.
func (g *Graph) Stateful() bool {
	return slices.ContainsFunc(g.cells, func(c node) bool { return c.facts.State && len(c.facts.Defines) > 0 })
}

func (g *Graph) ids(list []int) []string {
	var ids []string
	for _, i := range list {
		ids = append(ids, g.cells[i].id)
	}
	return ids
}
