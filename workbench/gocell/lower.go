package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
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
	typedNil  map[ast.Expr]types.Type    // nil that needs its type
	grouped   map[ast.Expr]bool          // values of assignments to several places
	writes    *effects                   // what functions write
	told      map[ast.Expr]bool          // calls that were refused
	asked     []*types.Named             // own types that errors are asked for
	returned  map[ast.Expr]bool          // operands of return statements
	header    map[ast.Stmt]bool          // statements that stand in the head of another
	marks     map[ast.Stmt]bool          // statements before which their line is noted
	now       ast.Stmt                   // that is written
	deferrals []*deferral                // of the functions around
	results   [][]string                 // names of the results of the functions around
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
	case ast.Expr:
		return l.expression(n)
	case ast.Stmt:
		l.now = n
		return l.statement(n)
	case *ast.GenDecl:
		return l.genDecl(n)
	case *ast.FuncDecl:
		return l.funcDecl(n)
	case *ast.ImportSpec:
		return ""
	}
	return l.splice(n)
}

// expression is the text of an expression.
func (l *lowering) expression(n ast.Expr) string {
	switch n := n.(type) {
	case *ast.Ident:
		if t := l.typedNil[n]; t != nil {
			return "(" + l.typeText(t) + ")(nil)"
		}
		return l.ident(n)
	case *ast.CallExpr:
		return l.call(n)
	case *ast.FuncLit:
		return l.literal(n)
	case *ast.SelectorExpr:
		return l.selector(n)
	case *ast.UnaryExpr:
		return l.unary(n)
	case *ast.BinaryExpr:
		return l.binary(n)
	case *ast.KeyValueExpr:
		if l.keyed[n] {
			return l.out(n.Value)
		}
	case *ast.MapType:
		l.keys(n)
	case *ast.TypeAssertExpr:
		return l.assertion(n)
	case *ast.IndexExpr:
		l.instanceOf(n.X)
	case *ast.IndexListExpr:
		l.instanceOf(n.X)
	}
	return l.splice(n)
}

// statement is the text of a statement.
func (l *lowering) statement(n ast.Stmt) string {
	switch n := n.(type) {
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
	case *ast.BlockStmt:
		return l.marked(n, n.List)
	case *ast.CaseClause:
		return l.marked(n, n.Body)
	case *ast.CommClause:
		return l.commClause(n)
	case *ast.ReturnStmt:
		return l.returning(n)
	case *ast.DeferStmt:
		return l.deferStmt(n)
	case *ast.IfStmt:
		l.header[n.Init] = true
	case *ast.SwitchStmt:
		return l.switchStmt(n)
	case *ast.TypeSwitchStmt:
		l.header[n.Init] = true
		l.typeSwitch(n)
	case *ast.AssignStmt:
		return l.assign(n)
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
