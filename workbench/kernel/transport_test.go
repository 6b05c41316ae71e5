package kernel_test

import (
	"context"
	"testing"
	"time"

	"profilemate/workbench/jupyter"
	"profilemate/workbench/jupyter/jupytertest"
	"profilemate/workbench/jupyter/zmq"
	"profilemate/workbench/kernel"
)

// listen serves a kernel over ZeroMQ until the test ends.
func listen(t *testing.T, r kernel.Runner) zmq.Connection {
	t.Helper()
	conn, err := zmq.Listen(zmq.Connection{IP: "127.0.0.1", Key: "k-" + t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- kernel.Serve(ctx, conn, options(r)) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the kernel ended with %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("the kernel did not end")
		}
	})
	return conn.Connection()
}

func dial(t *testing.T, c zmq.Connection) jupyter.Conn {
	t.Helper()
	conn, err := zmq.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestConformanceOverZeroMQ(t *testing.T) {
	t.Parallel()
	jupytertest.Run(t, cells(), func(t *testing.T) jupyter.Conn { return dial(t, listen(t, newRunner(t))) })
}

func TestThousandReconnects(t *testing.T) { // not parallel: it counts goroutines
	jupytertest.Reconnect(t, 1000, false, cells(), func(t *testing.T) jupyter.Conn {
		conn, _ := start(t, newRunner(t))
		return conn
	})
}

func TestThousandReconnectsOverZeroMQ(t *testing.T) { // not parallel: it counts goroutines
	c := listen(t, newRunner(t))
	jupytertest.Reconnect(t, 1000, true, cells(), func(t *testing.T) jupyter.Conn { return dial(t, c) })
}
