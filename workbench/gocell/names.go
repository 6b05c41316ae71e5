package gocell

import (
	"go/ast"
	"go/types"
)

// ident renames what is kept between cells, and packages.
func (l *lowering) ident(id *ast.Ident) string {
	o := l.objectOf(id)
	if p, ok := o.(*types.PkgName); ok {
		return l.importName(p.Imported())
	}
	if f, ok := o.(*types.Var); ok && f.IsField() {
		return l.fieldName(f)
	}
	if name := l.nameOf(o); name != "" {
		return name
	}
	if o == nil {
		return id.Name
	}
	return l.localName(o)
}

// localName is the name of what a function declares. It is another one for what bears
// a name of the language, which the interpreter mixes up, and for labels, which it
// takes for variables.
func (l *lowering) localName(o types.Object) string {
	_, label := o.(*types.Label)
	if label || o.Pkg() != nil && o.Pkg().Path() == "main" && !isMember(o) && types.Universe.Lookup(o.Name()) != nil {
		return o.Name() + mark
	}
	return o.Name()
}

// isMember reports whether an object is a field or a method.
func isMember(o types.Object) bool {
	if v, ok := o.(*types.Var); ok {
		return v.IsField()
	}
	f, ok := o.(*types.Func)
	return ok && f.Signature().Recv() != nil
}

// nameOf is the name in the text of what is kept between cells, empty for others.
func (l *lowering) nameOf(o types.Object) string {
	if name := l.names[o]; name != "" {
		return name
	}
	return l.session.emitted[o]
}

// fieldName is the name of a field: that of an embedded type follows its type.
func (l *lowering) fieldName(f *types.Var) string {
	if !f.Embedded() {
		return f.Name()
	}
	t := f.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		if name := l.nameOf(named.Obj()); name != "" {
			return name
		}
	}
	return f.Name()
}

func (l *lowering) importName(p *types.Package) string {
	if name := l.imports[p.Path()]; name != "" {
		return name
	}
	name := p.Name() + mark
	l.imports[p.Path()] = name
	return name
}

// host names a function that the session gives the interpreter.
func (l *lowering) host(name string) string {
	l.imports[hostPath] = hostPath
	return hostPath + "." + name
}

// hostPath is the import path and name of the functions of the session.
const hostPath = "host" + mark
