package process

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"

	"profilemate/workbench/fault"
)

// Nsys runs the nsys of this machine. The zero value finds it on the PATH when it
// is needed. It is safe for concurrent use.
type Nsys struct {
	Path string // program; empty: the nsys on the PATH
}

// Export writes the SQLite export of a report to a file that is not there yet. It
// is Missing when there is no nsys, Unsupported with nsys's own words when nsys
// fails, and ctx's error, nsys being ended, when ctx ends.
func (n Nsys) Export(ctx context.Context, path, output string) error {
	program := n.Path
	if program == "" {
		found, err := exec.LookPath("nsys")
		if err != nil {
			return fault.Errorf(fault.Missing, "there is no nsys on the PATH")
		}
		program = found
	}
	child, err := Start(Command{Path: program, Args: []string{"export", "--type", "sqlite", "--quiet", "true", "--output", output, path}})
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, child.Kill)
	defer stop()
	defer child.Stdout().Close()
	child.Stdin().Close()
	said, err := io.ReadAll(io.LimitReader(child.Stdout(), stderrKept))
	if err == nil {
		_, err = io.Copy(io.Discard, child.Stdout()) // a pipe that nobody reads would stop it
	}
	err = errors.Join(err, child.Wait())
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fault.Errorf(fault.Unsupported, "nsys export: %w: %s", err, lastLine(string(said)+"\n"+child.Stderr()))
	}
	return nil
}

// lastLine returns the last line with words in it.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
