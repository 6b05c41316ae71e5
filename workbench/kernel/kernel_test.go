package kernel_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/jupyter/jupytertest"
	"profilemate/workbench/kernel"
	"profilemate/workbench/result"
)

// runner is a runner whose analysis does what its parameter "do" says.
type runner struct {
	registry *analysis.Registry
	left     *atomic.Int32 // runs under way
}

type doing struct {
	Do  string `param:"do" doc:"what happens" enum:"work,fail,fail-late,panic,wait,hang,report"`
	Top int    `param:"top" doc:"rows" unit:"rows" min:"1"`
}

func newRunner(t *testing.T) runner {
	t.Helper()
	registry, err := newRegistry()
	if err != nil {
		t.Fatal(err)
	}
	return newRunnerOf(registry)
}

func newRunnerOf(r *analysis.Registry) runner { return runner{registry: r, left: &atomic.Int32{}} }

func newRegistry() (*analysis.Registry, error) {
	return analysis.NewRegistry(analysis.Define(analysis.Spec[doing]{
		Name: "act", Doc: "do what a test wants\n\nIt has no input.", Version: 1,
		Roles:    []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "a profile"}},
		Outputs:  []analysis.Output{{Name: "rows", Kind: analysis.TableOutput, Doc: "rows"}},
		Defaults: doing{Do: "work", Top: 3},
		Whole: func(context.Context, analysis.Inputs, doing) (*result.Result, error) {
			return &result.Result{}, nil
		},
	}))
}

func (r runner) Analyses() []analysis.Analysis                 { return r.registry.All() }
func (r runner) Lookup(name string) (analysis.Analysis, error) { return r.registry.Get(name) }

func (r runner) Run(ctx context.Context, call analysis.Call, dir string, progress func(string, int64, int64)) (kernel.Outcome, error) {
	r.left.Add(1)
	defer r.left.Add(-1)
	switch call.Params["do"] {
	case "fail-late":
		time.Sleep(time.Second)
		fallthrough
	case "fail":
		return kernel.Outcome{}, fault.WithRemedy(fault.Errorf(fault.Missing, "a.sqlite has no kernels"), "capture with -t cuda")
	case "panic":
		panic("index out of range")
	case "wait":
		<-ctx.Done()
		return kernel.Outcome{}, ctx.Err()
	case "hang": // longer than any test waits for it, and deaf
		time.Sleep(3 * time.Second)
	case "report":
		for begin, i := time.Now(), int64(0); time.Since(begin) < 1900*time.Millisecond; i++ {
			progress("reading kernels", i, 1900)
			time.Sleep(time.Millisecond)
		}
	}
	b := result.Bundle{Version: 1, Analysis: call.Analysis, Title: "Acted", Params: call.Params,
		Inputs: []result.BundleInput{{Role: "profile", Path: dir + "/a.sqlite", Digest: "sha256:00"}}}
	return kernel.Outcome{Bundle: b, HTML: "<p>acted</p>", SVG: []byte("<svg/>"), Text: "acted"}, nil
}

func options(r kernel.Runner) kernel.Options {
	return kernel.Options{Languages: []kernel.Language{kernel.Analyses(r, "/runs")}, Version: "1.2.3"}
}

// start serves a kernel over a pipe and returns the client's end.
func start(t *testing.T, r kernel.Runner) (jupyter.Conn, <-chan error) {
	t.Helper()
	conn, client := jupyter.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- kernel.Serve(t.Context(), conn, options(r))
	}()
	return client, ended
}

func cells() jupytertest.Cells {
	return jupytertest.Cells{Works: "%%analysis act a.sqlite", Fails: "%%analysis act do=fail",
		FailsLate: "%%analysis act do=fail-late", Slow: "%%analysis act do=wait"}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	connect := func(t *testing.T) jupyter.Conn {
		conn, _ := start(t, newRunner(t))
		return conn
	}
	jupytertest.Run(t, cells(), connect)
	jupytertest.Ordered(t, cells(), connect)
}

// executed runs one cell through a client and returns its reply and its messages.
func executed(t *testing.T, c *jupyter.Client, code string) (jupyter.Reply, []jupyter.Message) {
	t.Helper()
	var messages []jupyter.Message
	reply, err := c.Execute(t.Context(), code, func(m jupyter.Message) { messages = append(messages, m) })
	if err != nil {
		t.Fatal(err)
	}
	return reply, messages
}

func TestResultIsShownInEveryForm(t *testing.T) {
	t.Parallel()
	conn, _ := start(t, newRunner(t))
	c := jupyter.NewClient(conn)
	defer c.Close()
	_, messages := executed(t, c, "%%analysis act a.sqlite top=5")
	for _, m := range messages {
		if m.Header.MsgType != jupyter.DisplayData {
			continue
		}
		d, err := jupyter.Decode[struct {
			Data struct {
				Bundle result.Bundle `json:"application/vnd.profilemate.result+json"`
				HTML   string        `json:"text/html"`
				SVG    string        `json:"image/svg+xml"`
				Text   string        `json:"text/plain"`
			}
		}](m)
		if err != nil {
			t.Fatal(err)
		}
		b := d.Data.Bundle
		if d.Data.HTML != "<p>acted</p>" || d.Data.SVG != "<svg/>" || d.Data.Text != "acted" ||
			b.Analysis != "act" || b.Params["top"] != "5" || b.Inputs[0].Path != "/runs/a.sqlite" {
			t.Errorf("display %s", m.Content)
		}
		return
	}
	t.Fatal("no display")
}

func TestErrors(t *testing.T) {
	t.Parallel()
	conn, _ := start(t, newRunner(t))
	c := jupyter.NewClient(conn)
	defer c.Close()
	table := []struct{ cell, name, says string }{
		{"%%analysis act do=fail", "Missing", "a.sqlite has no kernels; capture with -t cuda"},
		{"%%analysis act do=panic", "InternalError", "the %%analysis cell failed inside the program: index out of range"},
		{"%%analysis nothing", "NotFound", `there is no analysis "nothing"; there are: act`},
		{"%%analysis act depth=1", "Misuse", `"depth" is neither a role nor a parameter (there are: do, top)`},
		{"%%analysis", "Misuse", "%%analysis needs the name of an analysis"},
		{`%%analysis act "a`, "Misuse", "a double quote is not closed"},
		{"fmt.Println(1)", "Unsupported", "this cell says no language; start it with %%analysis"},
		{"%%sql select 1", "Unsupported", "this kernel runs no %%sql cells; start the cell with %%analysis"},
	}
	for _, row := range table {
		reply, _ := executed(t, c, row.cell)
		if reply.Status != jupyter.ReplyError || reply.Name != row.name || !strings.Contains(reply.Value, row.says) {
			t.Errorf("%q: %s %q %q, want %s with %q", row.cell, reply.Status, reply.Name, reply.Value, row.name, row.says)
		}
		stack := strings.Contains(strings.Join(reply.Traceback, "\n"), "kernel_test.go")
		if stack != (row.name == "InternalError") {
			t.Errorf("%q: traceback %q", row.cell, reply.Traceback)
		}
	}
	if reply, _ := executed(t, c, "%%analysis act"); reply.Status != jupyter.ReplyOK {
		t.Errorf("the kernel does not run cells after errors: %+v", reply)
	}
}

func TestProgressIsAnUpdatingDisplay(t *testing.T) {
	t.Parallel()
	conn, _ := start(t, newRunner(t))
	c := jupyter.NewClient(conn)
	defer c.Close()
	_, messages := executed(t, c, "%%analysis act do=report")
	var updates, cleared int
	var id string
	for _, m := range messages {
		d, err := jupyter.Decode[struct {
			Data struct {
				Progress *jupyter.Progress `json:"application/vnd.profilemate.progress+json"`
				Text     string            `json:"text/plain"`
			}
			Transient jupyter.Transient
		}](m)
		switch {
		case m.Header.MsgType == jupyter.ClearOutputType:
			cleared++
		case err != nil || d.Data.Progress == nil:
			continue
		case m.Header.MsgType == jupyter.DisplayData:
			id = d.Transient.DisplayID
		case m.Header.MsgType == jupyter.UpdateDisplayData:
			updates++
		}
		if p := d.Data.Progress; p != nil && (d.Transient.DisplayID != id || p.Text != "reading kernels" || p.Total != 1900 ||
			p.ElapsedNs < int64(time.Second) || !strings.HasPrefix(d.Data.Text, "reading kernels: ")) {
			t.Errorf("progress %s", m.Content)
		}
	}
	// 1.9 s of work show progress from 1.0 s on, every 200 ms: at most 1 + 4 times.
	if id == "" || updates < 1 || updates > 4 || cleared != 1 {
		t.Errorf("display %q, %d updates, cleared %d times", id, updates, cleared)
	}
}

func TestInterruptLeavesADeafRunBehind(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	conn, _ := start(t, r)
	c := jupyter.NewClient(conn)
	defer c.Close()
	ended := make(chan jupyter.Reply, 1)
	go func() {
		reply, err := c.Execute(t.Context(), "%%analysis act do=hang", nil)
		if err != nil {
			t.Error(err)
		}
		ended <- reply
	}()
	for r.left.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	if err := c.Interrupt(t.Context()); err != nil {
		t.Fatal(err)
	}
	if reply := <-ended; reply.Name != jupyter.InterruptErrorName {
		t.Errorf("reply %+v", reply)
	}
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("the interrupt took %v", took)
	}
	if reply, _ := executed(t, c, "%%analysis act"); reply.Status != jupyter.ReplyOK {
		t.Errorf("the next cell: %+v", reply)
	}
}

func TestKernelEndsWithItsConnection(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	conn, ended := start(t, r)
	c := jupyter.NewClient(conn)
	go func() { _, _ = c.Execute(t.Context(), "%%analysis act do=wait", nil) }()
	for r.left.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the kernel ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the kernel did not end")
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	conn, _ := start(t, newRunner(t))
	c := jupyter.NewClient(conn)
	defer c.Close()
	table := []struct {
		code    string
		pos     int
		matches string
		start   int
	}{
		{"%%", 2, "%%analysis", 0},
		{"%%analysis a", 12, "act", 11},
		{"%%analysis act ", 15, "do= top= profile=", 15},
		{"%%analysis act do=wa", 20, "do=wait", 15},
		{"%%analysis act µµ.sqlite t", 26, "top=", 25}, // code points, not bytes
		{"fmt.Print", 9, "", 9},
		{"%%analysis act t", 400, "top=", 15},
		{"", -1, "%%analysis", 0},
	}
	for _, row := range table {
		m, err := c.Request(t.Context(), jupyter.Shell, jupyter.CompleteRequest, map[string]any{"code": row.code, "cursor_pos": row.pos}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := jupyter.Decode[struct {
			Matches []string
			Start   int `json:"cursor_start"`
		}](m)
		if err != nil || strings.Join(r.Matches, " ") != row.matches || r.Start != row.start {
			t.Errorf("%q at %d: %s, want %q from %d", row.code, row.pos, m.Content, row.matches, row.start)
		}
	}
}

func TestIsCompleteAndInspect(t *testing.T) {
	t.Parallel()
	conn, _ := start(t, newRunner(t))
	c := jupyter.NewClient(conn)
	defer c.Close()
	table := []struct{ msgType, code, holds string }{
		{jupyter.IsCompleteRequest, "%%analysis act", `"complete"`},
		{jupyter.IsCompleteRequest, `%%analysis act "a b`, `"incomplete"`},
		{jupyter.IsCompleteRequest, `%%analysis act "a \" b"`, `"complete"`},
		{jupyter.IsCompleteRequest, "x := 1", `"unknown"`},
		{jupyter.IsCompleteRequest, "", `"complete"`},
		{jupyter.InspectRequest, "%%analysis act", "do what a test wants"},
		{jupyter.InspectRequest, "%%analysis act", "top=3: rows [rows]"},
		{jupyter.InspectRequest, "%%analysis none", `"found":false`},
	}
	for _, row := range table {
		m, err := c.Request(t.Context(), jupyter.Shell, row.msgType, map[string]any{"code": row.code, "cursor_pos": 0}, nil)
		if err != nil || !strings.Contains(string(m.Content), row.holds) {
			t.Errorf("%s of %q: %s (%v), want %s", row.msgType, row.code, m.Content, err, row.holds)
		}
	}
}
