package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"profilemate/web"
	"profilemate/web/live"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/jupyter/zmq"
	"profilemate/workbench/kernel/kernelspec"
	"profilemate/workbench/process"
)

// ownKernel is the name of this program's kernel.
const ownKernel = "profilemate"

// KernelSpecs lists this program's kernel, then those that are installed on this
// machine.
func (b backend) KernelSpecs() []web.KernelSpec {
	program, err := os.Executable()
	if err != nil {
		program = ownKernel // the spec is shown; starting says what is wrong
	}
	list := []web.KernelSpec{{Name: ownKernel, Spec: kernelspec.New(program), Files: kernelspec.Logos()}}
	for _, found := range kernelspec.Find(kernelspec.Dirs()) {
		if found.Name != ownKernel {
			list = append(list, web.KernelSpec{Name: found.Name, Spec: found.Spec, Files: os.DirFS(found.Dir)})
		}
	}
	return list
}

// StartKernel starts a kernel in dir: this very program on standard input and output,
// or an installed one over ZeroMQ.
func (b backend) StartKernel(ctx context.Context, name, dir string) (live.Kernel, error) {
	if name == ownKernel {
		return b.startOwn(dir)
	}
	for _, found := range kernelspec.Find(kernelspec.Dirs()) {
		if found.Name == name {
			return startInstalled(ctx, found, dir)
		}
	}
	return live.Kernel{}, fault.Errorf(fault.NotFound, "no kernel %q is installed", name)
}

func (b backend) startOwn(dir string) (live.Kernel, error) {
	self, err := os.Executable()
	if err != nil {
		return live.Kernel{}, fmt.Errorf("finding this program: %w", err)
	}
	args := []string{"kernel"}
	if b.cache != "" {
		cache, err := filepath.Abs(b.cache)
		if err != nil {
			return live.Kernel{}, fmt.Errorf("the cache folder: %w", err)
		}
		args = append(args, "--cache", cache)
	}
	if b.memory > 0 {
		args = append(args, "--memory", strconv.FormatInt(int64(b.memory), 10))
	}
	child, err := process.Start(process.Command{Path: self, Args: args, Dir: dir})
	if err != nil {
		return live.Kernel{}, err
	}
	return live.Kernel{Conn: jupyter.NewStream(child.Stdout(), child.Stdin()), Kill: child.Kill,
		Exit: func() string { return exitWords(child, b.memory) }}, nil
}

// startInstalled starts another program's kernel with a connection file of its own,
// which goes when the kernel has ended.
func startInstalled(ctx context.Context, found kernelspec.Found, dir string) (k live.Kernel, err error) {
	connection, err := zmq.NewConnection()
	if err != nil {
		return live.Kernel{}, err
	}
	connection.KernelName = found.Name
	folder, err := os.MkdirTemp("", "profilemate-kernel-")
	if err != nil {
		return live.Kernel{}, fmt.Errorf("making a place for the connection file: %w", err)
	}
	file := filepath.Join(folder, "connection.json")
	if err := connection.Write(file); err != nil {
		return live.Kernel{}, errors.Join(err, os.RemoveAll(folder))
	}
	child, err := process.Start(installedCommand(found, file, dir))
	if err != nil {
		return live.Kernel{}, errors.Join(err, os.RemoveAll(folder))
	}
	go func() {
		<-child.Done()
		_ = os.RemoveAll(folder) // the system's temporary folder is cleared anyway
	}()
	conn, err := dialWhileAlive(ctx, child, connection)
	if err != nil {
		child.Kill()
		return live.Kernel{}, fmt.Errorf("starting the kernel %s: %w", found.Name, err)
	}
	_ = child.Stdout().Close() // what it prints there is nobody's output
	k = live.Kernel{Conn: conn, Kill: child.Kill, Exit: func() string { return exitWords(child, 0) }}
	if found.Spec.InterruptMode != "message" {
		k.Interrupt = child.Interrupt
	}
	return k, nil
}

// installedCommand is the command of a spec with its words filled in.
func installedCommand(found kernelspec.Found, file, dir string) process.Command {
	fill := strings.NewReplacer("{connection_file}", file, "{resource_dir}", found.Dir)
	c := process.Command{Path: found.Spec.Argv[0], Dir: dir, Env: []string{process.ParentVariable + "=" + strconv.Itoa(os.Getpid())}}
	for _, arg := range found.Spec.Argv[1:] {
		c.Args = append(c.Args, fill.Replace(arg))
	}
	for name, value := range found.Spec.Env {
		c.Env = append(c.Env, name+"="+os.Expand(value, func(key string) string { return os.Getenv(key) }))
	}
	return c
}

// dialWhileAlive connects to a kernel that may end before it listens.
func dialWhileAlive(ctx context.Context, child *process.Child, c zmq.Connection) (jupyter.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-child.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	conn, err := zmq.Dial(ctx, c)
	if err != nil {
		select {
		case <-child.Done():
			return nil, fault.Errorf(fault.Missing, "%s", exitWords(child, 0))
		default:
		}
	}
	return conn, err
}
