package standin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

// engine is the value of Variable in a child process that stands for an engine.
const engine = "engine"

// engineLife bounds the life of an engine that nobody ends.
const engineLife = 5 * time.Minute

// Main is a program that stands for vllm: `vllm serve MODEL [--flag value]…` and
// `python -m vllm.entrypoints.openai.api_server --model MODEL …` begin it alike. It
// serves until SIGINT or SIGTERM. Its behavior is in the environment variable
// Variable; --host, --port, --model, --served-model-name, --max-model-len,
// --enable-return-routed-experts and --profiler-config count as with vLLM, all other
// flags are let pass. Args are without the program's name. It returns the exit
// status.
func Main(args []string, out io.Writer) int {
	text := os.Getenv(Variable)
	if text == engine {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		select {
		case <-signals:
		case <-time.After(engineLife):
		}
		return 0
	}
	var o Options
	if text != "" {
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			fmt.Fprintf(out, "%s: %v\n", Variable, err)
			return 2
		}
	}
	address, err := o.flags(args)
	if err != nil {
		fmt.Fprintln(out, "vllm: error:", err)
		return 2
	}
	return o.serve(address, out)
}

func (o Options) serve(address string, out io.Writer) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	engines, err := o.engines()
	defer endAll(engines)
	if err != nil {
		fmt.Fprintln(out, "starting engines:", err)
		return 1
	}
	fmt.Fprintf(out, "INFO Loading weights of %s\n", o.withDefaults().Models[0])
	if o.CrashAtOnce {
		fmt.Fprintln(out, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.")
		return 1
	}
	if o.ended(signals, time.After(o.Loading)) {
		return 0
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(out, "OSError:", err)
		return 1
	}
	s, crashed := New(o), make(chan time.Time)
	defer s.Close()
	s.crash = sync.OnceFunc(func() { close(crashed) })
	server := &http.Server{Handler: s}
	defer server.Close()
	go func() { _ = server.Serve(listener) }() // it ends when it is closed
	fmt.Fprintln(out, "INFO Application startup complete.")
	if o.ended(signals, crashed) {
		fmt.Fprintln(out, "INFO Shutting down")
		return 0
	}
	fmt.Fprintln(out, "EngineDeadError: EngineCore encountered an issue.")
	return 1
}

// ended waits for a signal to end, unless it is deaf, or for the other event; it
// tells which came.
func (o Options) ended(signals <-chan os.Signal, other <-chan time.Time) bool {
	if o.Deaf {
		signals = nil
	}
	select {
	case <-signals:
		return true
	case <-other:
		return false
	}
}

// engines starts the child processes.
func (o Options) engines() ([]*os.Process, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var started []*os.Process
	for range o.Workers {
		p, err := os.StartProcess(path, os.Args[:1], &os.ProcAttr{
			Env:   append([]string{Variable + "=" + engine}, os.Environ()...), // of a name that stands twice, the first counts
			Files: []*os.File{nil, os.Stdout, os.Stderr}})
		if err != nil {
			return started, err
		}
		started = append(started, p)
	}
	return started, nil
}

func endAll(engines []*os.Process) {
	for _, p := range engines {
		_ = p.Signal(syscall.SIGTERM) // it may have ended already
		_, _ = p.Wait()
	}
}

// flags reads those of vLLM's flags that change what a client sees.
func (o *Options) flags(args []string) (address string, err error) {
	host, port := "127.0.0.1", "8000"
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		args = args[1:]
		if !joined && len(args) > 0 && !strings.HasPrefix(args[0], "--") {
			value = args[0]
		}
		switch name {
		case "--host":
			host = value
		case "--port":
			port = value
		case "serve", "--model", "--served-model-name":
			if value != "" {
				o.Models = []string{value}
			}
		case "--max-model-len":
			if _, err := fmt.Sscan(value, &o.MaxModelLen); err != nil {
				return "", fmt.Errorf("argument --max-model-len: %q is no number", value)
			}
		case "--profiler-config", "--profiler-config.profiler":
			o.Profiler = true
		case "--enable-return-routed-experts":
			if o.Experts.Layers == 0 {
				o.Experts = Experts{Layers: 2, TopK: 2, Count: 8}
			}
		}
	}
	if host == "" || port == "" {
		return "", errors.New("argument --host or --port: expected one argument")
	}
	return net.JoinHostPort(host, port), nil
}
