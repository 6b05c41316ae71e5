package gocell

import (
	_ "embed"
	"go/token"
	"strings"

	"profilemate/workbench/fault"
)

// genericPackages are the functions of slices, maps and cmp as cells run them: each is
// written out for the types that it is used with.
//
//go:embed packages.txt
var genericPackages string

// library replaces the functions of slices, maps and cmp that a cell names by
// templates of their own, and adds those.
func (x *expansion) library(src string) (string, error) {
	u := &unit{src: src, chunks: split(src), imports: map[string]string{}}
	if err := x.s.readImports(u); err != nil {
		return "", err
	}
	x.s.addImports(u)
	var edits []edit
	first := map[string]int{}
	var names []string
	pieces := tokens(src)
	for i := 0; i+2 < len(pieces); i++ {
		path := u.imports[pieces[i].lit]
		if pieces[i].tok != token.IDENT || pieces[i+1].tok != token.PERIOD || !genericOnly(path) || i > 0 && pieces[i-1].tok == token.PERIOD {
			continue
		}
		name := path + mark + pieces[i+2].lit
		if templateOf(name) == "" {
			continue // it is refused below
		}
		edits = append(edits, edit{pieces[i].at, pieces[i+2].at + len(pieces[i+2].lit), name})
		if first[name] == 0 {
			first[name] = 1 + strings.Count(src[:pieces[i].at], "\n")
			names = append(names, name)
		}
	}
	src = applied(src, edits)
	for i := 0; i < len(names); i++ {
		text := templateOf(names[i])
		if name := x.hidden(text, u); name != "" {
			return "", fault.Errorf(fault.Unsupported, "line %d: %s is not run where a cell declares %s; give that another name", first[names[i]], x.readable(names[i]), name)
		}
		src = x.append(src, text, first[names[i]])
		for _, p := range tokens(text) {
			if p.tok == token.IDENT && strings.Contains(p.lit, mark) && first[p.lit] == 0 && templateOf(p.lit) != "" {
				first[p.lit], names = first[names[i]], append(names, p.lit)
			}
		}
	}
	return src, nil
}

// templateOf is the text of a function of a package, empty where cells have none.
func templateOf(name string) string {
	_, rest, ok := strings.Cut(genericPackages, "\nfunc "+name+"[")
	if !ok {
		return ""
	}
	body, _, _ := strings.Cut(rest, "\n}\n")
	return "func " + name + "[" + body + "\n}"
}

// templatesOf names the functions of a package that cells have.
func templatesOf(path string) []string {
	var list []string
	for _, part := range strings.Split(genericPackages, "\nfunc "+path+mark)[1:] {
		name, _, _ := strings.Cut(part, "[")
		list = append(list, name)
	}
	return list
}
