// Package standin stands for nsys and ncu in tests of captures: a program that takes
// their command lines, refuses those that are wrong, runs the program as they do, and
// leaves real reports where the profiler would have recorded something.
package standin

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The environment variables that say how the stand-ins behave.
const (
	LogVariable    = "STANDIN_PROFILE_LOG" // file in which the server notes the start of its profiler
	ReportVariable = "STANDIN_REPORT"      // file that stands for what ncu writes
	SQLiteVariable = "STANDIN_SQLITE"      // file that stands for what nsys export writes
	CSVVariable    = "STANDIN_CSV"         // file that stands for what ncu --import prints
	FaultVariable  = "STANDIN_FAULT"       // "crash": the profiler dies at once; "deaf": it ignores interrupts; "empty": it finds no kernel; "export": nsys export fails; "slow-report": the report takes a minute; "slow-export": the export or print-out does
)

// Main is the program; args[0] is the path it was called by. It returns the exit status.
func Main(args []string, out io.Writer) int {
	tool, args := filepath.Base(args[0]), args[1:]
	if len(args) == 0 {
		return complain(out, "no command")
	}
	switch {
	case args[0] == "--version":
		fmt.Fprintf(out, "NVIDIA stand-in for %s version 2026.1.1\n", tool)
		return 0
	case os.Getenv(FaultVariable) == "crash":
		return complain(out, "the profiler has crashed: out of memory")
	case os.Getenv(FaultVariable) == "slow-export" && (args[0] == "--import" || args[0] == "export"):
		time.Sleep(time.Minute)
	case tool == "ncu" && args[0] == "--import":
		return printReport(args, out)
	case tool == "ncu":
		return measure(args, out)
	case args[0] == "export":
		return export(args[1:], out)
	case args[0] == "profile":
		return trace(args[1:], out)
	case args[0] == "start" || args[0] == "stop":
		return note(args, out)
	}
	return complain(out, "unknown command "+args[0])
}

func complain(out io.Writer, words string) int {
	fmt.Fprintln(out, "error:", words)
	return 1
}

// split parts the flags of a profiler from the program's words. Flags named in spaced
// have their value in the next word.
func split(args []string, spaced []string) (flags map[string]string, program []string) {
	flags = map[string]string{}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, joined := strings.Cut(args[0], "=")
		args = args[1:]
		if !joined && slices.Contains(spaced, name) && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		flags[name] = value
	}
	return flags, args
}

// trace is nsys profile: as the real one, it takes no "--", gives the program a session
// of its own and passes interrupts on.
func trace(args []string, out io.Writer) int {
	flags, program := split(args, nil)
	for _, need := range []string{"--trace", "--output", "--force-overwrite", "--cuda-graph-trace"} {
		if flags[need] == "" {
			return complain(out, "missing "+need)
		}
	}
	if _, ok := flags["--"]; ok || len(program) == 0 {
		return complain(out, "option is ambiguous and matches many")
	}
	if len(program) > 1 && program[1] == "serve" && (flags["--trace-fork-before-exec"] != "true" || os.Getenv("VLLM_WORKER_MULTIPROC_METHOD") != "spawn") {
		return complain(out, "workers of the server would not be traced")
	}
	before := starts() // an earlier pass may have its own
	status, err := runProgram(program, true, nil)
	if err != nil {
		return complain(out, err.Error())
	}
	writeSlowly()
	if os.Getenv(FaultVariable) == "empty" || (flags["--capture-range"] == "cudaProfilerApi" || flags["--start-later"] == "true") && starts() == before {
		fmt.Fprintln(out, "No reports were generated")
		return 0
	}
	if err := os.WriteFile(flags["--output"]+".nsys-rep", []byte("a report of the stand-in"), 0o644); err != nil {
		return complain(out, err.Error())
	}
	fmt.Fprintf(out, "Generated:\n    %s.nsys-rep\n", flags["--output"])
	return status
}

// writeSlowly is the time that a report takes.
func writeSlowly() {
	if os.Getenv(FaultVariable) == "slow-report" {
		time.Sleep(time.Minute)
	}
}

// starts counts how often anybody has started the profiler.
func starts() int {
	text, err := os.ReadFile(os.Getenv(LogVariable))
	if err != nil {
		return 0 // nobody has
	}
	return strings.Count(string(text), "start")
}

// note is nsys start and nsys stop.
func note(args []string, out io.Writer) int {
	if len(args) != 2 || !strings.HasPrefix(args[1], "--session=profilemate-") {
		return complain(out, "no such session")
	}
	file, err := os.OpenFile(os.Getenv(LogVariable), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return complain(out, err.Error())
	}
	defer file.Close()
	if _, err := fmt.Fprintln(file, args[0], "session"); err != nil {
		return complain(out, err.Error())
	}
	return 0
}

func export(args []string, out io.Writer) int {
	flags, files := split(args, nil)
	if flags["--type"] != "sqlite" || flags["--output"] == "" || len(files) != 1 {
		return complain(out, "wrong words after export")
	}
	if _, err := os.Stat(files[0]); err != nil || os.Getenv(FaultVariable) == "export" {
		return complain(out, "failed to open the report "+files[0])
	}
	if err := duplicate(os.Getenv(SQLiteVariable), flags["--output"]); err != nil {
		return complain(out, err.Error())
	}
	return 0
}

// measure is ncu: it ends the program once the window has been open for a moment, and
// writes nothing where none ever was.
func measure(args []string, out io.Writer) int {
	spaced := []string{"--set", "--section", "--target-processes", "--graph-profiling", "--clock-control", "--kernel-name-base", "--kernel-name",
		"--launch-skip", "--launch-count", "--profile-from-start", "--kill", "--export"}
	flags, program := split(args, spaced)
	for _, need := range []string{"--kernel-name", "--launch-skip", "--launch-count", "--export", "--target-processes"} {
		if flags[need] == "" {
			return complain(out, "missing "+need)
		}
	}
	if !strings.HasPrefix(flags["--kernel-name"], "regex:") || len(program) == 0 {
		return complain(out, "unrecognized option")
	}
	window, before := flags["--profile-from-start"] == "no", starts() // an earlier pass may have its own
	var done func() bool
	if flags["--kill"] == "yes" && os.Getenv(FaultVariable) != "empty" {
		done = func() bool { return !window || starts() > before }
	}
	if _, err := runProgram(program, false, done); err != nil {
		return complain(out, err.Error())
	}
	writeSlowly()
	if os.Getenv(FaultVariable) == "empty" || window && starts() == before {
		fmt.Fprintln(out, "==WARNING== No kernels were profiled.")
		return 0
	}
	if err := duplicate(os.Getenv(ReportVariable), flags["--export"]+".ncu-rep"); err != nil {
		return complain(out, err.Error())
	}
	fmt.Fprintf(out, "==PROF== Report: %s.ncu-rep\n", flags["--export"])
	return 0
}

func printReport(args []string, out io.Writer) int {
	want := []string{"--import", "", "--csv", "--page", "raw", "--print-units", "base"}
	if len(args) != len(want) || !slices.Equal(slices.Concat(args[:1], args[2:]), slices.Concat(want[:1], want[2:])) {
		return complain(out, "wrong words after --import")
	}
	text, err := os.ReadFile(os.Getenv(CSVVariable))
	if err == nil {
		_, err = out.Write(text)
	}
	if err != nil {
		return complain(out, err.Error())
	}
	return 0
}

// settle is how long a window is open before ncu has all it wants.
const settle = 300 * time.Millisecond

// runProgram runs a program to its end, or ends it once done. Interrupts go to it. It
// returns its exit status, 1 for one that was killed.
func runProgram(program []string, session bool, done func() bool) (int, error) {
	path := program[0]
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if at := filepath.Join(dir, path); !strings.Contains(path, "/") && executable(at) {
			path = at
			break
		}
	}
	interrupts := make(chan os.Signal, 8)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	p, err := os.StartProcess(path, program, &os.ProcAttr{Env: os.Environ(), Files: []*os.File{nil, os.Stdout, os.Stderr}, Sys: &syscall.SysProcAttr{Setsid: session}})
	if err != nil {
		return 0, fmt.Errorf("starting %s: %w", program[0], err)
	}
	ended := make(chan int, 1)
	go func() {
		status := 1
		if state, err := p.Wait(); err == nil && state.Exited() {
			status = state.ExitCode()
		}
		ended <- status
	}()
	ticks := time.NewTicker(settle)
	defer ticks.Stop()
	for {
		select {
		case status := <-ended:
			return status, nil
		case s := <-interrupts:
			if os.Getenv(FaultVariable) != "deaf" {
				_ = p.Signal(s) // it may have ended
			}
		case <-ticks.C:
			if done != nil && done() {
				_ = p.Kill()
			}
		}
	}
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

func duplicate(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}
