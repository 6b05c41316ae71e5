package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"profilemate/notebooks/demo"
	"profilemate/web"
	"profilemate/workbench/fault"
	"profilemate/workbench/process"
	"profilemate/workbench/render"
)

// serveCmd opens the workbench.
type serveCmd struct {
	Folder    string `arg:"" optional:"" help:"Folder of the notebooks (default: the working directory)."`
	Demo      bool   `help:"Open a notebook over embedded captures of one H100."`
	Port      int    `help:"Port on the loopback address; 0 picks a free one." default:"0"`
	NoBrowser bool   `help:"Only print the URL."`

	KernelMemory memorySize `help:"Most memory that a kernel may take, such as 16GiB (default: four fifths of the machine's). Linux only." env:"PROFILEMATE_KERNEL_MEMORY" placeholder:"SIZE"`
}

// defaultPort is tried first when no port is asked for, so that a bookmark or an
// SSH tunnel finds the workbench again.
const defaultPort = 8899

// Run serves until it is interrupted. The first line of standard output is the URL.
func (c *serveCmd) Run(ctx context.Context, a *app) error {
	folder, opened, err := c.root(a)
	if err != nil {
		return err
	}
	jobs, err := a.jobsIn(folder)
	if err != nil {
		return err
	}
	token, key := rand.Text(), a.cookieKey()
	b := backend{a.engine(), a.cache, c.KernelMemory}
	server, err := web.New(web.Config{Backend: b, Token: token, CookieKey: key, Root: folder, Opened: opened,
		Captures: captures{jobs, a}, Facts: cellFacts(a.registry), Stamp: b.stamp, Build: buildID(),
		Version: version(), Markdown: render.Markdown, Log: slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	listener, err := c.listen()
	if err != nil {
		return err
	}
	address := fmt.Sprintf("http://%s/?token=%s", listener.Addr(), url.QueryEscape(token))
	forget := a.announce(listener.Addr().String(), token, folder)
	defer forget()
	fmt.Fprintln(a.out, address)
	fmt.Fprintf(a.err, "Serving %s. Ctrl-C ends it.\n", folder)
	if !c.NoBrowser {
		if err := process.OpenBrowser(address); err != nil {
			fmt.Fprintf(a.err, "No browser could be opened (%v); open the URL above.\n", err)
		}
	}
	return serve(ctx, listener, server)
}

// root returns the folder to serve and the notebook to show first.
func (c *serveCmd) root(a *app) (folder, opened string, err error) {
	if !c.Demo {
		if c.Folder == "" {
			c.Folder = "."
		}
		folder, err = filepath.Abs(c.Folder)
		return folder, "", err
	}
	folder = c.Folder
	if folder == "" {
		cache, err := a.cacheDir()
		if err != nil {
			return "", "", err
		}
		folder = filepath.Join(cache, "demo")
	}
	kept, err := demo.Write(folder)
	if kept {
		fmt.Fprintf(a.err, "%s has a %s of its own, which is kept and opened; rename it to see the demo's.\n", folder, demo.Notebook)
	}
	return folder, demo.Notebook, err
}

// listen opens the asked port, or the usual one, or, where that is taken, any.
func (c *serveCmd) listen() (net.Listener, error) {
	port := c.Port
	if port == 0 {
		port = defaultPort
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil && c.Port == 0 {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fault.WithRemedy(fault.Errorf(fault.Denied, "listening on port %d: %w", port, err), "choose another with --port")
	}
	return listener, nil
}

// stopTime is how long saving and ending kernels may take when the server ends.
const stopTime = 10 * time.Second

func serve(ctx context.Context, listener net.Listener, server *web.Server) error {
	h := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(listener) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	stopCtx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	saved := server.Shutdown(stopCtx)
	closed := h.Shutdown(stopCtx)
	if errors.Is(closed, context.DeadlineExceeded) {
		closed = h.Close()
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, saved, closed)
}
