package gocell

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
)

// mark ends names that the lowering makes: a letter, so that they are names, and
// one that nobody types.
const mark = "ꞏ"

// lowering rewrites a checked cell into what the interpreter runs as a compiler
// would. It keeps every line, so that an error has the line of the cell. What cannot
// be rewritten is refused.
type lowering struct {
	*unit
	session   *Session
	number    int                        // of the cell
	names     map[types.Object]string    // of what this cell declares at its top
	imports   map[string]string          // local name of a package in the text, by path
	temps     int                        // names made so far
	loops     map[ast.Node]*loopCopy     // loops whose variables are copied for each iteration
	label     map[ast.Stmt]string        // of labeled loops
	helpers   []string                   // functions that the text needs, such as that of min
	known     map[string]string          // names of helpers by what they do
	inits     map[*ast.ValueSpec]string  // functions that set variables of the package
	becomes   map[ast.Expr]types.Type    // interface that a concrete value becomes
	printed   map[ast.Expr]bool          // arguments of functions that print
	plainly   map[ast.Expr]string        // basic type as which a value is printed
	called    map[*ast.SelectorExpr]bool // methods that are called where they stand
	native    map[ast.Expr]bool          // arguments of compiled functions
	grouped   map[ast.Expr]bool          // values of assignments to several places
	returned  map[ast.Expr]bool          // operands of return statements
	marks     map[ast.Stmt]bool          // statements before which their line is noted
	deferrals []*deferral                // of the functions around
	deferred  []*ast.FuncLit             // literals that are deferred on the spot
	literals  []*ast.FuncLit             // around
	inLoop    int                        // depth of loops, by nodes
	inFunc    int                        // depth of functions below the top of the cell
}

// temp makes a new name.
func (l *lowering) temp() string {
	l.temps++
	return "v" + mark + strconv.Itoa(l.number) + "_" + strconv.Itoa(l.temps)
}

// out returns the text of a node for the interpreter.
//
// The values of an assignment to several places get parentheses: the interpreter lets
// a call, a receive or a literal that stands there bare set its place by itself, and
// forgets the other places.
func (l *lowering) out(n ast.Node) string {
	if e, ok := n.(ast.Expr); ok && l.grouped[e] && l.info.Types[e].Value == nil {
		delete(l.grouped, e)
		return "(" + l.out(n) + ")"
	}
	if e, ok := n.(ast.Expr); ok {
		if basic := l.plainly[e]; basic != "" {
			return basic + "(" + l.plain(e) + ")"
		}
		if to := l.becomes[e]; to != nil {
			return l.interfaceValue(e, to)
		}
	}
	return l.plain(n)
}

// plain is out without what becomes of the value.
func (l *lowering) plain(n ast.Node) string {
	if e, ok := n.(ast.Expr); ok {
		if tv := l.info.Types[e]; tv.Value != nil && !tv.IsType() {
			return l.constant(tv)
		}
	}
	switch n := n.(type) {
	case *ast.Ident:
		return l.ident(n)
	case *ast.CallExpr:
		return l.call(n)
	case *ast.RangeStmt:
		l.inLoop++
		defer func() { l.inLoop-- }()
		return l.rangeLoop(n)
	case *ast.ForStmt:
		l.inLoop++
		defer func() { l.inLoop-- }()
		return l.forLoop(n)
	case *ast.BranchStmt:
		return l.branch(n)
	case *ast.LabeledStmt:
		return l.labeled(n)
	case *ast.GoStmt:
		return l.goStmt(n)
	case *ast.GenDecl:
		return l.genDecl(n)
	case *ast.FuncDecl:
		return l.funcDecl(n)
	case *ast.FuncLit:
		return l.literal(n)
	case *ast.BlockStmt:
		return l.marked(n, n.List)
	case *ast.CaseClause:
		return l.marked(n, n.Body)
	case *ast.ReturnStmt:
		return l.returning(n)
	case *ast.DeferStmt:
		return l.deferStmt(n)
	case *ast.SelectorExpr:
		return l.selector(n)
	case *ast.UnaryExpr:
		return l.unary(n)
	case *ast.BinaryExpr:
		l.comparison(n)
	case *ast.MapType:
		l.keys(n)
	case *ast.TypeAssertExpr:
		return l.assertion(n)
	case *ast.TypeSwitchStmt:
		l.typeSwitch(n)
	case *ast.AssignStmt:
		return l.assign(n)
	case *ast.ImportSpec:
		return ""
	case *ast.IndexExpr:
		return l.index(n)
	}
	return l.splice(n)
}

// marked is splice that notes the line of each statement, outside functions and
// loops, where it would cost more than the statement. The interpreter does not know
// where a panic was.
func (l *lowering) marked(n ast.Node, list []ast.Stmt) string {
	if l.inFunc > 0 || l.inLoop > 0 {
		return l.splice(n)
	}
	for _, s := range list {
		switch s.(type) {
		case *ast.CaseClause, *ast.CommClause:
		default:
			l.marks[s] = true
		}
	}
	return l.splice(n)
}

// lineMark sets the line that runs.
func (l *lowering) lineMark(n ast.Node) string {
	return lineVariable + " = " + strconv.Itoa(l.line(n.Pos())) + "; "
}

// splice is the text of a node with its parts rewritten.
func (l *lowering) splice(n ast.Node) string {
	var b strings.Builder
	at := n.Pos()
	for _, c := range children(n) {
		b.WriteString(l.source(at, c.Pos()))
		if s, ok := c.(ast.Stmt); ok && l.marks[s] {
			b.WriteString(l.lineMark(s))
		}
		b.WriteString(l.out(c))
		at = c.End()
	}
	b.WriteString(l.source(at, n.End()))
	return b.String()
}

func (l *lowering) source(from, to token.Pos) string {
	a, b := max(l.offset(from), 0), min(l.offset(to), len(l.src))
	if a >= b {
		return ""
	}
	return l.src[a:b]
}

// children are the nodes directly below n, in the order of the text.
func children(n ast.Node) []ast.Node {
	var list []ast.Node
	ast.Inspect(n, func(c ast.Node) bool {
		if c == n {
			return true
		}
		if c != nil {
			if _, comment := c.(*ast.CommentGroup); !comment {
				list = append(list, c)
			}
		}
		return false
	})
	slices.SortStableFunc(list, func(a, b ast.Node) int { return int(a.Pos() - b.Pos()) })
	return list
}

// constant writes a value that the checker has computed: the interpreter has its own
// ideas of untyped constants.
func (l *lowering) constant(tv types.TypeAndValue) string {
	t := types.Default(tv.Type)
	basic, ok := t.Underlying().(*types.Basic)
	if !ok {
		return "nil"
	}
	text := literal(basic, tv.Value)
	if t == types.Typ[types.Int] || t == types.Typ[types.String] || t == types.Typ[types.Float64] || t == types.Typ[types.Bool] {
		return text
	}
	return l.typeText(t) + "(" + text + ")"
}

// literal writes a constant as Go text of the given type.
func literal(t *types.Basic, v constant.Value) string {
	switch {
	case t.Info()&types.IsString != 0:
		return strconv.Quote(constant.StringVal(v))
	case t.Info()&types.IsBoolean != 0:
		return v.String()
	case t.Info()&types.IsInteger != 0:
		return constant.ToInt(v).ExactString()
	case t.Info()&types.IsFloat != 0:
		return floatText(v)
	}
	return "complex(" + floatText(constant.Real(v)) + ", " + floatText(constant.Imag(v)) + ")"
}

func floatText(v constant.Value) string {
	f, _ := constant.Float64Val(v)
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

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
	return id.Name
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

// typeText writes a type as the text names it.
func (l *lowering) typeText(t types.Type) string {
	switch t := t.(type) {
	case *types.Basic:
		return t.Name()
	case *types.Alias:
		return l.typeText(types.Unalias(t))
	case *types.Named:
		return l.namedText(t)
	case *types.Pointer:
		return "*" + l.typeText(t.Elem())
	case *types.Slice:
		return "[]" + l.typeText(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), l.typeText(t.Elem()))
	case *types.Map:
		return "map[" + l.typeText(t.Key()) + "]" + l.typeText(t.Elem())
	case *types.Chan:
		return [...]string{"chan ", "chan<- ", "<-chan "}[t.Dir()] + "(" + l.typeText(t.Elem()) + ")"
	case *types.Signature:
		return "func" + l.signatureText(t)
	case *types.Struct:
		return l.structText(t)
	case *types.Interface:
		return l.interfaceText(t)
	}
	return types.TypeString(t, nil)
}

func (l *lowering) namedText(t *types.Named) string {
	o := t.Obj()
	switch {
	case o.Pkg() == nil: // error
		return o.Name()
	case o.Pkg().Path() == "main":
		if name := l.nameOf(o); name != "" {
			return name
		}
		return o.Name()
	}
	if table := l.session.world.tables[o.Pkg().Path()+"/"+o.Pkg().Name()]; !o.Exported() || table == nil {
		l.problems = append(l.problems, fault.Errorf(fault.Unsupported, "a cell cannot name the type %s.%s, and so cannot keep its value in a variable; use it within one expression",
			o.Pkg().Name(), o.Name()))
		return "interface{}"
	}
	return l.importName(o.Pkg()) + "." + o.Name()
}

func (l *lowering) signatureText(t *types.Signature) string {
	list := func(tuple *types.Tuple, variadic bool) string {
		words := make([]string, tuple.Len())
		for i := range words {
			words[i] = l.typeText(tuple.At(i).Type())
			if variadic && i == len(words)-1 {
				words[i] = "..." + strings.TrimPrefix(words[i], "[]")
			}
		}
		return "(" + strings.Join(words, ", ") + ")"
	}
	text := list(t.Params(), t.Variadic())
	if t.Results().Len() > 0 {
		text += " " + list(t.Results(), false)
	}
	return text
}

func (l *lowering) structText(t *types.Struct) string {
	fields := make([]string, t.NumFields())
	for i := range fields {
		f := t.Field(i)
		fields[i] = f.Name() + " " + l.typeText(f.Type())
		if f.Embedded() {
			fields[i] = l.typeText(f.Type())
		}
		if tag := t.Tag(i); tag != "" {
			fields[i] += " " + strconv.Quote(tag)
		}
	}
	return "struct{" + strings.Join(fields, "; ") + "}"
}

func (l *lowering) interfaceText(t *types.Interface) string {
	if t.Empty() {
		return "interface{}"
	}
	methods := make([]string, t.NumMethods())
	for i := range methods {
		methods[i] = t.Method(i).Name() + l.signatureText(t.Method(i).Signature())
	}
	return "interface{" + strings.Join(methods, "; ") + "}"
}
