// Package gocell runs Go cells: interpreted Go whose variables, functions and types
// stay for the next cell.
//
// A cell is checked by the compiler's own type checker, against the types of
// everything that cells may import. It is then lowered: what the interpreter, yaegi,
// is known to run differently from a compiler is rewritten or refused with the line
// and the reason. Only then does it run.
package gocell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/traefik/yaegi/interp"

	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/gocell/api"
	"profilemate/workbench/kernel"
	"profilemate/workbench/result"
)

// entry is a name that a cell has declared.
type entry struct {
	object  types.Object
	emitted string // its name in the interpreter
	count   int    // the execution count of the cell that declared it last
}

// Session is the state of the Go cells of one kernel.
type Session struct {
	world     *world
	api       *api.Session
	named     api.Named
	engine    *engine.Engine
	draw      Draw
	maxMemory uint64
	variables []kernel.Variable        // when the last cell ended
	tables    map[string]reflect.Value // of them frames and DataFrames, by name

	run sync.Mutex // held by the cell that is compiled or runs

	mu        sync.Mutex // guards what follows
	names     map[string]*entry
	emitted   map[types.Object]string
	taken     map[string]int    // how often a name was given out
	imports   map[string]string // path by local name, of earlier cells
	imported  map[string]bool   // paths that the interpreter has imported
	cells     int
	effects   map[string]effect
	generic   map[string]template // generic functions and types of cells
	instances map[string]string   // names of their instances by what they are
	pretty    map[string]string   // instances as they are written, by name
	made      int                 // instances made so far
	asked     []*types.Named      // types of cells that errors are asked for
	stray     []error             // panics of goroutines
	cancel    context.CancelFunc
	show      func(v any) // shows the value of the cell

	evaluation *evaluation // of the last cell; nil before the first

	interp *interp.Interpreter
	brake  *brake
	out    *redirect
}

// Options are what the cells work with.
type Options struct {
	Engine    *engine.Engine
	Dir       string    // relative paths in cells are meant from here
	Named     api.Named // finds results of other cells; nil for none
	MaxMemory uint64    // bytes of values while a cell runs; 0: DefaultMaxMemory
	Library   *Library  // what cells can import; nil: read for this session
	Draw      Draw      // gives results in the forms that clients show; nil: as text
}

// New returns a session in which nothing is declared.
func New(o Options) (*Session, error) {
	s := &Session{api: api.NewSession(o.Engine, o.Dir), named: o.Named, engine: o.Engine, draw: o.Draw, names: map[string]*entry{}, emitted: map[types.Object]string{},
		taken: map[string]int{}, imports: map[string]string{}, imported: map[string]bool{}, out: &redirect{}, generic: map[string]template{}, instances: map[string]string{}, pretty: map[string]string{}}
	s.maxMemory = cmp.Or(o.MaxMemory, DefaultMaxMemory)
	if s.draw == nil {
		s.draw = drawText
	}
	library, err := o.Library, error(nil)
	if library == nil {
		if library, err = OpenLibrary(); err != nil {
			return nil, err
		}
	}
	s.world = newWorld(library, s.api)
	s.interp = interp.New(interp.Options{Stdin: strings.NewReader(""), Stdout: s.out.stdout(), Stderr: s.out.stderr(), Env: []string{}, Args: []string{}})
	if err := s.interp.Use(s.exports()); err != nil {
		return nil, fmt.Errorf("giving the interpreter its packages: %w", err)
	}
	// With a context, this once: from then on channel operations can be woken.
	if _, err := s.interp.EvalWithContext(context.Background(), "package main; var "+lineVariable+" int"); err != nil {
		return nil, fmt.Errorf("starting the interpreter: %w", err)
	}
	if s.brake, err = newBrake(s.interp); err != nil {
		return nil, fmt.Errorf("starting the interpreter: %w", err)
	}
	return s, nil
}

// lineVariable holds the line of the statement that runs at the top of a cell.
const lineVariable = "line" + mark

// place is where a cell was when it ended, as its errors begin. It is empty while
// goroutines of the cell run, which may not be disturbed.
func (s *Session) place() string {
	if !s.idle() {
		return ""
	}
	v, err := s.interp.Eval(lineVariable)
	if err != nil || !v.CanInt() {
		return "line 1: "
	}
	return fmt.Sprintf("line %d: ", v.Int())
}

// drawText is a result as plain text, for clients that are given nothing better.
func drawText(b result.Bundle) (kernel.Data, error) {
	return kernel.Data{result.MIME: b, "text/plain": b.Title}, nil
}

// compiled is a cell that is ready to run.
type compiled struct {
	unit      *unit
	number    int
	decls     string // declarations
	body      string // function of the statements
	call      string // expression that runs it
	names     map[types.Object]string
	shown     types.Type        // of the last expression; nil for none
	several   bool              // the last expression has several values
	imports   map[string]string // that the texts name, by path
	expansion *expansion
	effects   map[string]effect // what the functions of the cells write
	asked     []*types.Named    // types of cells that errors are asked for
}

// single is the type of the one value that is shown, nil for several.
func (c *compiled) single() types.Type {
	if c.several {
		return nil
	}
	return c.shown
}

// compile checks and lowers a cell. Nothing of the session changes.
func (s *Session) compile(code string) (*compiled, error) {
	u, expansion, err := s.expand(code)
	if err != nil {
		return nil, err
	}
	l := &lowering{unit: u, session: s, number: s.cells + 1, names: map[types.Object]string{}, imports: map[string]string{},
		loops: map[ast.Node]*loopCopy{}, label: map[ast.Stmt]string{}, known: map[string]string{}, inits: map[*ast.ValueSpec]string{}, printed: map[ast.Expr]bool{}, marks: map[ast.Stmt]bool{}, called: map[*ast.SelectorExpr]bool{}, native: map[ast.Expr]bool{}, plainly: map[ast.Expr]string{}, grouped: map[ast.Expr]bool{}, returned: map[ast.Expr]bool{}, header: map[ast.Stmt]bool{}, typedNil: map[ast.Expr]types.Type{}, told: map[ast.Expr]bool{}}
	s.nameTop(l)
	c := l.compiled()
	c.expansion = expansion
	if len(u.problems) > 0 {
		return nil, errors.Join(u.problems[:min(len(u.problems), 5)]...)
	}
	return c, nil
}

// nameTop gives what the cell declares at its top a name in the interpreter: its
// own, unless it was given out before. A variable that is defined again with its type
// keeps its storage, so that functions of earlier cells see the new value.
func (s *Session) nameTop(l *lowering) {
	for _, o := range l.topObjects() {
		if old := s.names[o.Name()]; old != nil && sameVariable(old.object, o) {
			l.names[o] = old.emitted
			continue
		}
		name := o.Name()
		if n := s.taken[name]; n > 0 || types.Universe.Lookup(name) != nil || name == "init" || name == "main" {
			name += mark + strconv.Itoa(n+1)
		}
		l.names[o] = name
	}
}

func sameVariable(a, b types.Object) bool {
	_, first := a.(*types.Var)
	_, second := b.(*types.Var)
	return first && second && types.Identical(a.Type(), b.Type())
}

// topObjects are what the cell declares at its top, in the order of their names.
func (u *unit) topObjects() []types.Object {
	var list []types.Object
	for _, scope := range []*types.Scope{u.pkg.Scope(), u.info.Scopes[u.fn.Type]} {
		for _, name := range scope.Names() {
			o := scope.Lookup(name)
			if o.Pkg() == u.pkg && o.Pos() != token.NoPos && o != u.info.Defs[u.fn.Name] {
				list = append(list, o)
			}
		}
	}
	return list
}

// commit makes what the cell declares known to later cells, as declared by the cell
// of that execution count.
func (s *Session) commit(c *compiled, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cells = c.number
	maps.Copy(s.imports, c.unit.imports)
	s.effects = c.effects
	s.asked = append(s.asked, c.asked...)
	for o, name := range c.names {
		s.emitted[o] = name
		s.names[o.Name()] = &entry{object: o, emitted: name, count: count}
		s.taken[o.Name()]++
	}
	c.expansion.commit(c.unit)
}

// Execute runs a cell; see kernel.Language.
func (s *Session) Execute(ctx context.Context, code string, out kernel.Emitter) error {
	s.run.Lock()
	defer s.run.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	if err := s.strays(); err != nil {
		return err
	}
	c, err := s.compile(code)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.begin(ctx, cancel, c, out)
	go watchMemory(ctx, s.maxMemory, s.stop)
	defer s.out.set(nil, nil)
	err = s.evaluate(ctx, c, out)
	if s.idle() {
		s.survey()
	}
	if err != nil {
		return err
	}
	return s.strays()
}

func (s *Session) begin(ctx context.Context, cancel context.CancelFunc, c *compiled, out kernel.Emitter) {
	s.out.set(out.Stdout(), out.Stderr())
	s.mu.Lock()
	s.cancel = cancel
	s.mu.Unlock()
	api.Begin(s.api, api.Cell{Context: ctx, Progress: out.Progress, Named: s.named,
		Show: func(v any) { s.display(out, v) }})
	shown := false
	s.show = func(v any) {
		switch {
		case v == nil && c.several: // an error that is nil
		case shown:
			s.display(out, v)
		default:
			shown = true
			out.Result(s.data(v, c.single()))
		}
	}
}

// failure is the error of a cell in its own words: with the line of the cell, and
// without what is ours.
func (s *Session) failure(err error) error {
	if err == nil {
		return nil
	}
	if stray := s.strays(); stray != nil {
		return stray
	}
	p := new(interp.Panic)
	if !errors.As(err, p) {
		return fault.Errorf(fault.Unsupported, "the interpreter cannot run this cell: %s", plain(err.Error()))
	}
	if r, ok := p.Value.(refusal); ok {
		p.Value = r.Failure
	}
	if f, ok := p.Value.(api.Failure); ok {
		return fmt.Errorf("%s%w", s.place(), f.Err)
	}
	return fault.Errorf(fault.Misuse, "%spanic: %s", s.place(), panicText(p.Value))
}

var position = regexp.MustCompile(`^(_\.go:)?(\d+):\d+: `)

// plain turns a position of the interpreter into a line of the cell and gives
// names back as they were written.
func plain(text string) string {
	text = strings.ReplaceAll(text, mark, "")
	return position.ReplaceAllString(text, "line $2: ")
}

// strays takes the panics of goroutines.
func (s *Session) strays() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.stray) == 0 {
		return nil
	}
	err := s.stray[0]
	s.stray = nil
	return err
}

// goPanic takes the panic of a goroutine: it ends the cell that runs, or fails the
// next one.
func (s *Session) goPanic(v any) {
	s.stop(fault.WithRemedy(fault.Errorf(fault.Misuse, "panic in a goroutine: %s", panicText(v)),
		"a compiled program would have ended here; recover in the goroutine"))
}

// stop ends the cell that runs with an error, or fails the next one.
func (s *Session) stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stray = append(s.stray, err)
	if s.cancel != nil {
		s.cancel()
	}
}

// exports are the packages of the interpreter.
func (s *Session) exports() interp.Exports {
	e := interp.Exports{".": {"MapTypes": reflect.ValueOf(methodTypes())},
		hostPath + "/" + hostPath: {
			"Go":            reflect.ValueOf(s.goroutine),
			"Clear":         reflect.ValueOf(clearValue),
			"Try":           reflect.ValueOf(try),
			"Repanic":       reflect.ValueOf(func(v any) { panic(v) }),
			"Caught":        reflect.ValueOf(caught),
			"Min":           reflect.ValueOf(func(x ...float64) float64 { return slices.Min(x) }),
			"Max":           reflect.ValueOf(func(x ...float64) float64 { return slices.Max(x) }),
			"Negative":      reflect.ValueOf(func(x float64) float64 { return -x }),
			"Same":          reflect.ValueOf(same),
			"IsOrWraps":     reflect.ValueOf(isOrWraps),
			"Rune":          reflect.ValueOf(runeAt),
			"NegativeShift": reflect.ValueOf(func() { panic(runtimeError("runtime error: negative shift amount")) }),
			"NilPanic":      reflect.ValueOf(func() { panic(runtimeError(new(runtime.PanicNilError).Error())) }),
			"NotA":          reflect.ValueOf(notA),
			"NilPointer":    reflect.ValueOf(nilPointer),
			"ShowText":      reflect.ValueOf(func(v string) { s.show(shownText(v)) }),
			"Show":          reflect.ValueOf(func(v any) { s.show(v) }),
		}}
	for key, table := range s.world.tables {
		e[key] = table
	}
	e["time/time"] = maps.Clone(e["time/time"])
	e["time/time"]["Sleep"] = reflect.ValueOf(s.sleep)
	return e
}

// runeAt is the character of a text at a byte, and its length.
func runeAt(text string, at int) (rune, int) { return utf8.DecodeRuneInString(text[at:]) }

func clearValue(v any) { reflect.ValueOf(v).Clear() }
