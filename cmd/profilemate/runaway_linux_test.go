package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// writeCells writes a notebook of code cells.
func writeCells(t *testing.T, cells ...string) string {
	t.Helper()
	var list []map[string]any
	for i, source := range cells {
		list = append(list, map[string]any{"cell_type": "code", "id": fmt.Sprintf("cell-%d", i), "metadata": map[string]any{},
			"execution_count": nil, "outputs": []any{}, "source": source})
	}
	data, err := json.Marshal(map[string]any{"nbformat": 4, "nbformat_minor": 5, "cells": list,
		"metadata": map[string]any{"kernelspec": map[string]any{"name": "profilemate", "display_name": "ProfileMate", "language": "go"}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cells.ipynb")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A cell that asks for more memory than there may be ends its kernel, not the
// document: what ran before is saved, and the cell says what happened.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	path := writeCells(t, "6 * 7", "b := make([]byte, 3<<30)\nlen(b)", "1 + 1")
	cmd := exec.Command(binary, "notebook", "run", path, "--cache", t.TempDir(), "--kernel-memory", "1GiB")
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, %v", code, err)
	}
	saved := readFile(t, path)
	if !strings.Contains(saved, `"42"`) {
		t.Errorf("the output of the first cell is not saved:\n%s", saved)
	}
	if !strings.Contains(saved+string(out), "the kernel ran out of memory (limit 1.07 GB); the document is kept") {
		t.Errorf("nothing says why the kernel ended:\n%s\n%s", out, saved)
	}
}

// The limit holds for a kernel that verifies, too: the cell that asks for more differs.
func TestVerifyOutOfMemory(t *testing.T) {
	t.Parallel()
	path := writeCells(t, "b := make([]byte, 3<<30)\nlen(b)")
	cmd := exec.Command(binary, "notebook", "verify", path, "--kernel-memory", "1GiB")
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(out), "the kernel ran out of memory (limit 1.07 GB)") {
		t.Errorf("exit code %d (%v):\n%s", code, err, out)
	}
}

// Values that grow bit by bit end the cell before they end the kernel.
func TestMemoryOfValues(t *testing.T) {
	t.Parallel()
	k := startKernel(t, "--memory", "1GiB")
	_, failure := k.run("held := [][]byte{}\nfor { held = append(held, make([]byte, 4<<20)); time.Sleep(2 * time.Millisecond) }")
	if !strings.Contains(failure, "the values of this kernel take more than 768 MiB") {
		t.Errorf("the cell ended with %q", failure)
	}
	if shown, failure := k.run("held = nil\n2"); shown != "2" {
		t.Errorf("the next cell shows %q and fails with %q", shown, failure)
	}
}

// A kernel that is killed in the middle of a cell leaves the document as it was.
func TestKernelKilled(t *testing.T) {
	t.Parallel()
	path := writeCells(t, "6 * 7", "for { }")
	cmd := exec.Command(binary, "notebook", "run", path, "--cache", t.TempDir())
	words, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(words)
	for lines.Scan() && !strings.Contains(lines.Text(), "[1/2]") { // the line of a cell that has ended
	}
	kernel := kernelOf(t, cmd.Process.Pid)
	for began := ticks(t, kernel); ticks(t, kernel) < began+20; { // into the loop
		time.Sleep(20 * time.Millisecond)
	}
	if err := syscall.Kill(kernel, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	said := ""
	for lines.Scan() {
		said += lines.Text() + "\n"
	}
	cmd.Wait()
	saved := readFile(t, path)
	if !strings.Contains(saved, `"42"`) || !strings.Contains(saved+said, "the kernel ended: signal: killed") {
		t.Errorf("after the kernel was killed:\n%s\n%s", said, saved)
	}
}

// kernelOf returns the kernel that a process has started. (A program that starts
// another may have a child before it, with which the library tries the system out.)
func kernelOf(t *testing.T, pid int) int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		for _, word := range strings.Fields(readFile(t, task)) {
			line, _ := os.ReadFile("/proc/" + word + "/cmdline") // it may just have ended
			if child, err := strconv.Atoi(word); err == nil && strings.Contains(string(line), "\x00kernel\x00") {
				return child
			}
		}
	}
	t.Fatal("no kernel was started")
	return 0
}

// ticks is how long a process has computed, in hundredths of a second.
func ticks(t *testing.T, pid int) int {
	t.Helper()
	_, rest, _ := strings.Cut(readFile(t, fmt.Sprintf("/proc/%d/stat", pid)), ") ")
	const user = 11 // behind the name
	n, err := strconv.Atoi(strings.Fields(rest)[user])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A cell that prints without end is bounded, says so, and can be interrupted.
func TestPrintsWithoutEnd(t *testing.T) {
	t.Parallel()
	k := startKernel(t)
	var told time.Time
	interrupt := sync.OnceFunc(func() {
		told = time.Now()
		go func() {
			if err := k.Interrupt(t.Context()); err != nil {
				t.Error(err)
			}
		}()
	})
	shown, failure := k.watch("for { fmt.Println(\"again\") }", func(bytes int) {
		if bytes > 4<<20 {
			interrupt()
		}
	})
	if took := time.Since(told); took > 5*time.Second {
		t.Errorf("the cell ended %v after the interrupt", took)
	}
	if failure != "the cell was interrupted" || len(shown) > 12<<20 || !strings.Contains(shown[max(0, len(shown)-1000):], "more than 4 MiB of text") {
		t.Errorf("it failed with %q and showed %d bytes, at the end %q", failure, len(shown), shown[max(0, len(shown)-200):])
	}
}

// A value of 512 MB is cut before it is shown.
func TestHugeValue(t *testing.T) {
	t.Parallel()
	k := startKernel(t)
	for _, code := range []string{"b := make([]byte, 512<<20)\nb", `strings.Repeat("long ", 100<<20)`} {
		began := time.Now()
		shown, failure := k.run(code)
		if failure != "" || len(shown) > 64<<10 || !strings.Contains(shown, "…") {
			t.Errorf("%s fails with %q and shows %d bytes", code, failure, len(shown))
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s took %v", code, took)
		}
	}
}
