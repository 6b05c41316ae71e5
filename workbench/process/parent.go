package process

import (
	"context"
	"os"
	"strconv"
	"time"
)

// ParentVariable names the environment variable in which a Jupyter client says
// whose child its kernel is.
const ParentVariable = "JPY_PARENT_PID"

// parentEvery is how often it is looked whether the parent lives.
const parentEvery = 500 * time.Millisecond

// WithParent returns a context that ends when the process that ParentVariable names
// has ended. Without that variable it is ctx: the process may outlive its parent.
//
// The signal that Linux can send at a parent's death is not used: it comes when the
// thread that started the child ends, which in a Go parent is any time.
func WithParent(ctx context.Context) context.Context {
	pid, err := strconv.Atoi(os.Getenv(ParentVariable))
	if err != nil || pid <= 1 {
		return ctx
	}
	watched, cancel := context.WithCancel(ctx)
	direct := os.Getppid() == pid
	go func() {
		defer cancel()
		for ctx.Err() == nil && (os.Getppid() == pid || !direct && alive(pid)) {
			select {
			case <-ctx.Done():
			case <-time.After(parentEvery):
			}
		}
	}()
	return watched
}
