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
	"fmt"
	"go/types"
	"maps"
	"reflect"
	"strings"
	"sync"

	"github.com/traefik/yaegi/interp"

	"profilemate/workbench/engine"
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
