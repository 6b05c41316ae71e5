// Package templates holds notebooks to begin with. Each is a real document: its
// parameters name captures, and new ones come in by setting these.
package templates

import (
	"bytes"
	"embed"
	"slices"
	"strings"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
	"profilemate/workbench/parameters"
)

//go:embed *.ipynb
var files embed.FS

// Template is a notebook to begin with.
type Template struct {
	Name   string
	Title  string
	Inputs []Input // the captures that it is about, in order
}

// Input is a parameter that names a capture.
type Input struct {
	Param string
	Kind  string // of artifact: "nsys", "ncu" or "moe"
}

// Capture is an artifact for a template: its path as cells should write it, and its
// kind.
type Capture struct{ Path, Kind string }

// All lists the templates, the most general first.
func All() []Template {
	return []Template{
		{"nsys-tour", "A tour of an Nsight Systems capture", []Input{{"profile", "nsys"}}},
		{"roofline", "Where kernels lie under the roof", []Input{{"profile", "ncu"}}},
		{"moe-routing", "How a mixture of experts routes its tokens", []Input{{"routing", "moe"}}},
		{"before-after", "What a change did", []Input{{"before", "nsys"}, {"after", "nsys"}}},
	}
}

// Get returns the named template, or a Misuse fault that says which there are.
func Get(name string) (Template, error) {
	list := All()
	if i := slices.IndexFunc(list, func(t Template) bool { return t.Name == name }); i >= 0 {
		return list[i], nil
	}
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Name
	}
	return Template{}, fault.Errorf(fault.Misuse, "there is no template %q (there are: %s)", name, strings.Join(names, ", "))
}

// Fits reports whether the template has a place for each of the captures.
func (t Template) Fits(captures []Capture) bool {
	_, err := t.assign(captures)
	return err == nil
}

// Notebook returns the template's document over the captures. Parameters without a
// capture keep their example. A capture without a place is Misuse.
func (t Template) Notebook(captures []Capture) (*notebooks.Notebook, error) {
	paths, err := t.assign(captures)
	if err != nil {
		return nil, err
	}
	text, err := files.ReadFile(t.Name + ".ipynb")
	if err != nil {
		return nil, err
	}
	n, err := notebooks.Read(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	for _, c := range n.Cells {
		if c.Tagged(notebooks.ParametersTag) {
			return n, fill(c, paths)
		}
	}
	return n, nil
}

// assign gives each capture the first free parameter of its kind, by its name.
func (t Template) assign(captures []Capture) (map[string]string, error) {
	paths := map[string]string{}
	for _, c := range captures {
		at := slices.IndexFunc(t.Inputs, func(in Input) bool { return in.Kind == c.Kind && paths[in.Param] == "" })
		if at < 0 {
			return nil, fault.Errorf(fault.Misuse, "the template %s has no place for %s, which is of kind %s: it takes %s", t.Name, c.Path, c.Kind, t.wants())
		}
		paths[t.Inputs[at].Param] = c.Path
	}
	return paths, nil
}

// wants lists what the template is about: "before (nsys), after (nsys)".
func (t Template) wants() string {
	words := make([]string, len(t.Inputs))
	for i, in := range t.Inputs {
		words[i] = in.Param + " (" + in.Kind + ")"
	}
	return strings.Join(words, ", ")
}

// fill writes paths into the cell that declares the parameters.
func fill(c *notebooks.Cell, paths map[string]string) error {
	list, err := parameters.Parse(c.Source)
	if err != nil {
		return err
	}
	for i := range list {
		if path := paths[list[i].Name]; path != "" {
			list[i].Value = path
		}
	}
	c.Source = parameters.Format(list)
	return nil
}
