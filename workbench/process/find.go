package process

import (
	"context"
	"io"
	"os/exec"
	"time"

	"profilemate/workbench/fault"
)

// Find returns the path of a program: one with a slash as it is, any other from the
// PATH. A program that is not there, or cannot be run, is Missing.
func Find(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fault.Errorf(fault.Missing, "there is no program %s on the PATH", program)
	}
	return path, nil
}

// mostSaid bounds what Output returns.
const mostSaid = 1 << 20

// Output runs a program to its end, or for at most limit, and returns the first MiB
// of its standard output. Its errors are those of Start and of Wait, and ctx's.
func Output(ctx context.Context, limit time.Duration, c Command) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	child, err := Start(c)
	if err != nil {
		return "", err
	}
	defer context.AfterFunc(ctx, child.Kill)()
	defer child.Stdout().Close()
	child.Stdin().Close()
	said, err := io.ReadAll(io.LimitReader(child.Stdout(), mostSaid))
	if err == nil {
		_, err = io.Copy(io.Discard, child.Stdout())
	}
	if ended := child.Wait(); err == nil {
		err = ended
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return string(said), err
}
