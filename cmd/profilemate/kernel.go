package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/gocell"
	"profilemate/workbench/gocell/api"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/jupyter/zmq"
	"profilemate/workbench/kernel"
	"profilemate/workbench/kernel/kernelspec"
	"profilemate/workbench/process"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell"
)

// kernelCmd is the process behind a notebook, and what tells other programs of it.
type kernelCmd struct {
	Serve   kernelServeCmd   `cmd:"" default:"withargs" help:"Run the Jupyter kernel: over ZeroMQ with a connection file, else on standard input and output."`
	Install kernelInstallCmd `cmd:"" help:"Offer the kernel to JupyterLab, VS Code, nbconvert and papermill."`
}

// kernelServeCmd runs a kernel, which means paths from its working folder.
type kernelServeCmd struct {
	ConnectionFile string     `help:"Listen on the ZeroMQ ports that this file names." placeholder:"FILE" type:"path" short:"f"`
	Memory         memorySize `help:"Most memory that the kernel may take, such as 16GiB (default: four fifths of the machine's). Linux only." env:"PROFILEMATE_KERNEL_MEMORY" placeholder:"SIZE"`
}

// hashGrace is how long a kernel that ends goes on to compute a digest, which saves
// the next one a scan. Its client is gone, or waits for it to end.
const hashGrace = time.Second

// Run serves until the client asks it to end, or the client's process has ended.
func (c *kernelServeCmd) Run(ctx context.Context, a *app) error {
	if file, ok := a.in.(*os.File); ok && c.ConnectionFile == "" && isScreen(file) {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "a kernel is started and spoken to by other programs, and this is a terminal"),
			"open the workbench with: profilemate serve, or offer the kernel to JupyterLab and VS Code with: profilemate kernel install")
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := c.Memory.apply(); err != nil {
		return err
	}
	conn, err := c.connect(a)
	if err != nil {
		return err
	}
	e := a.engine()
	err = kernel.Serve(process.WithParent(ctx), conn, kernel.Options{Languages: languages(e, dir, c.Memory), Default: gocell.Marker, Version: version()})
	hashed := make(chan struct{})
	go func() { defer close(hashed); e.Wait() }()
	select {
	case <-hashed:
	case <-time.After(hashGrace):
	}
	return err
}

func (c *kernelServeCmd) connect(a *app) (jupyter.Conn, error) {
	if c.ConnectionFile == "" {
		conn := jupyter.NewStream(a.in, os.Stdout)
		os.Stdout = os.Stderr // what prints by accident must not fall between messages
		return conn, nil
	}
	connection, err := zmq.ReadConnection(c.ConnectionFile)
	if err != nil {
		return nil, err
	}
	return zmq.Listen(connection)
}

// languages are the languages of cells, in the order in which they are offered.
// Paths in cells are meant from dir.
func languages(e *engine.Engine, dir string, memory memorySize) []kernel.Language {
	params := kernel.NewParams()
	var sql *sqlcell.Runner
	goCells := gocell.NewLanguage(gocell.Options{Engine: e, Dir: dir, Draw: drawGo, MaxMemory: memory.ofValues(), Named: func(name string) (*result.Result, error) {
		return sql.Result(name, api.MaxFrameRows)
	}})
	sql = sqlcell.New(sqlcell.Config{Engine: e, Dir: dir, Frames: goCells.Frames})
	return []kernel.Language{
		params.In(kernel.Analyses(runner{e, sql}, dir)),
		params.In(sql.Language(drawSQL)),
		goCells,
		params,
	}
}

// drawGo gives what a Go cell shows in the forms that clients show.
func drawGo(b result.Bundle) (kernel.Data, error) {
	d := kernel.Data{result.MIME: b, "text/html": render.HTML(b, render.HTMLOptions{}), "text/plain": bundleText(b)}
	if len(b.Charts) > 0 {
		svg, err := render.SVG(b.Charts[0], render.Options{})
		if err != nil {
			return nil, err
		}
		d["image/svg+xml"] = string(svg)
	}
	return d, nil
}

// runner gives the kernel the engine, and results in the forms that clients show.
// What cells name is kept by the runner of SQL cells.
type runner struct {
	*engine.Engine
	names *sqlcell.Runner
}

// Analyses lists what can be run.
func (r runner) Analyses() []analysis.Analysis { return r.Registry.All() }

// Lookup returns the named analysis.
func (r runner) Lookup(name string) (analysis.Analysis, error) { return r.Registry.Get(name) }

// Run runs one call and draws its result.
func (r runner) Run(ctx context.Context, call analysis.Call, dir string, progress func(text string, done, total int64)) (kernel.Outcome, error) {
	if call.As != "" {
		if err := sqlcell.CheckName(call.As); err != nil {
			return kernel.Outcome{}, fmt.Errorf("as=%w", err)
		}
	}
	out, err := r.Engine.Run(ctx, engine.Request{Analysis: call.Analysis, Inputs: call.Inputs, Dir: dir, Params: call.Params}, progress)
	if err != nil {
		return kernel.Outcome{}, r.explain(err, call)
	}
	if call.As != "" {
		if err := r.names.Keep(call.As, out.Result, out.Key); err != nil {
			return kernel.Outcome{}, err
		}
	}
	bundle := out.Bundle(result.PreviewRows)
	drawn := kernel.Outcome{Bundle: bundle, HTML: render.HTML(bundle, render.HTMLOptions{}), Text: bundleText(bundle)}
	if len(bundle.Charts) > 0 {
		drawn.SVG, err = render.SVG(bundle.Charts[0], render.Options{})
	}
	return drawn, err
}

// explain says of an input that is no file but a name of this kernel what to do with
// it: an analysis reads what a profiler wrote.
func (r runner) explain(err error, call analysis.Call) error {
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	for _, in := range call.Inputs {
		if r.names.Holds(in.Path) {
			return fault.WithRemedy(fault.Errorf(fault.Misuse, "%s reads artifacts, and %s is a table of this notebook", call.Analysis, in.Path),
				"read the table with a %%%%sql cell or in Go with profilemate.Frame")
		}
	}
	return err
}

// kernelInstallCmd writes or removes the kernel's spec.
type kernelInstallCmd struct {
	User      bool   `help:"For this user (the default)." xor:"place"`
	Prefix    string `help:"Below this folder, such as /usr/local." placeholder:"DIR" type:"path" xor:"place"`
	SysPrefix bool   `help:"In the Python environment that is active." xor:"place"`
	Name      string `help:"Name by which programs ask for the kernel." default:"profilemate"`
	Remove    bool   `help:"Take it away again."`
}

// Run prints the folder that it wrote or removed.
func (c *kernelInstallCmd) Run(a *app) error {
	data, err := c.data()
	if err != nil {
		return err
	}
	folder, err := kernelspec.Folder(data, c.Name)
	if err != nil {
		return err
	}
	if c.Remove {
		err = kernelspec.Remove(folder)
	} else {
		err = c.install(a, folder)
	}
	if err != nil {
		return err
	}
	_, err = a.out.Write([]byte(folder + "\n"))
	return err
}

func (c *kernelInstallCmd) data() (string, error) {
	switch {
	case c.Prefix != "":
		return kernelspec.PrefixDir(c.Prefix), nil
	case c.SysPrefix:
		for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
			if prefix := os.Getenv(name); prefix != "" {
				return kernelspec.PrefixDir(prefix), nil
			}
		}
		return "", fault.WithRemedy(fault.Errorf(fault.Misuse, "no Python environment is active: neither VIRTUAL_ENV nor CONDA_PREFIX is set"),
			"activate one, or name its folder with --prefix DIR")
	}
	return kernelspec.UserDir()
}

func (c *kernelInstallCmd) install(a *app, folder string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var args []string
	if a.cache != "" {
		cache, err := filepath.Abs(a.cache)
		if err != nil {
			return err
		}
		args = []string{"--cache", cache}
	}
	return kernelspec.Install(folder, kernelspec.New(program, args...))
}
