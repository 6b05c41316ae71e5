package kernel_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"profilemate/workbench/jupyter"
	"profilemate/workbench/jupyter/jupytertest"
	"profilemate/workbench/kernel"
	"profilemate/workbench/process"
)

// childRole makes the test binary a kernel on its standard input and output.
const childRole = "PROFILEMATE_TEST_KERNEL"

func TestMain(m *testing.M) {
	if os.Getenv(childRole) == "" {
		os.Exit(m.Run())
	}
	registry, err := newRegistry()
	if os.Getenv(childRole) == "say" {
		err = serveSay()
	} else if err == nil {
		err = kernel.Serve(context.Background(), jupyter.NewStream(os.Stdin, os.Stdout),
			options(newRunnerOf(registry)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func startChild(t testing.TB) (*process.Child, jupyter.Conn) {
	t.Helper()
	child, err := process.Start(process.Command{Path: os.Args[0], Env: []string{childRole + "=1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(child.Kill)
	return child, jupyter.NewStream(child.Stdout(), child.Stdin())
}

func TestConformanceOfAChild(t *testing.T) {
	t.Parallel()
	connect := func(t *testing.T) jupyter.Conn {
		_, conn := startChild(t)
		return conn
	}
	jupytertest.Run(t, cells(), connect)
	jupytertest.Ordered(t, cells(), connect)
}

func TestChildEndsWithItsInput(t *testing.T) {
	t.Parallel()
	child, conn := startChild(t)
	c := jupyter.NewClient(conn)
	if _, err := c.KernelInfo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := child.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-child.Done():
		if err := child.Wait(); err != nil {
			t.Errorf("the kernel ended with %v: %s", err, child.Stderr())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the kernel did not end")
	}
}

func TestChildRefusesGarbage(t *testing.T) {
	t.Parallel()
	child, _ := startChild(t)
	if _, err := child.Stdin().Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil || child.Stderr() == "" {
		t.Errorf("the kernel took garbage: %v %q", err, child.Stderr())
	}
}

// BenchmarkKernelStart is the time from the start of a kernel to its first answer.
func BenchmarkKernelStart(b *testing.B) {
	for b.Loop() {
		child, conn := startChild(b)
		c := jupyter.NewClient(conn)
		if _, err := c.KernelInfo(b.Context()); err != nil {
			b.Fatal(err)
		}
		c.Close()
		child.Kill()
	}
}

// BenchmarkCell is the cost of a cell beside its analysis.
func BenchmarkCell(b *testing.B) {
	_, conn := startChild(b)
	c := jupyter.NewClient(conn)
	defer c.Close()
	for b.Loop() {
		if _, err := c.Execute(b.Context(), "%%analysis act a.sqlite", nil); err != nil {
			b.Fatal(err)
		}
	}
}
