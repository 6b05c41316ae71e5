package process

import (
	"context"
	"io"
	"os/exec"
	"path/filepath"
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

// FindIn is Find in the folders of path, a list as in $PATH; an empty one is $PATH.
func FindIn(program, path string) (string, error) {
	if path == "" || filepath.Base(program) != program {
		return Find(program)
	}
	for _, folder := range filepath.SplitList(path) {
		if found, err := exec.LookPath(filepath.Join(folder, program)); err == nil {
			return found, nil
		}
	}
	return "", fault.Errorf(fault.Missing, "there is no program %s on the PATH", program)
}

// mostSaid bounds what Output returns.
const mostSaid = 1 << 20

// Output runs a program to its end, or for at most limit, and returns the first MiB
// of its standard output. Its errors are those of Start, ctx's, and Unsupported with
// the program's last words where it fails.
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
		err = failed(child, string(said), ended)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return string(said), err
}

// failed adds to the way a child ended what it said last.
func failed(child *Child, said string, ended error) error {
	words := lastLine(said + "\n" + child.Stderr())
	if ended == nil || words == "" {
		return ended
	}
	return fault.Errorf(fault.Unsupported, "%w: %s", ended, words)
}
