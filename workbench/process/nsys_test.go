package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/process"
)

// fakeNsys writes a script that stands for nsys.
func fakeNsys(t *testing.T, script string) process.Nsys {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nsys")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return process.Nsys{Path: path}
}

func TestNsysExport(t *testing.T) {
	t.Parallel()
	output := filepath.Join(t.TempDir(), "out put.sqlite")
	nsys := fakeNsys(t, `for word; do last=$word; done; printf '%s\n' "$@" >"$7"; yes | head -c 300000`)
	if err := nsys.Export(context.Background(), "a b.nsys-rep", output); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(output)
	if want := "export\n--type\nsqlite\n--quiet\ntrue\n--output\n" + output + "\na b.nsys-rep\n"; err != nil || string(got) != want {
		t.Errorf("nsys was given\n%s, %v, want\n%s", got, err, want)
	}
}

func TestNsysExportFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		nsys process.Nsys
		kind fault.Kind
		want string
	}{
		{"failing", fakeNsys(t, "echo working; echo 'the report is too new' >&2; exit 3"), fault.Unsupported, "exit status 3: the report is too new"},
		{"absent", process.Nsys{Path: filepath.Join(t.TempDir(), "nsys")}, fault.NotFound, "no such file"},
	} {
		err := c.nsys.Export(context.Background(), "a.nsys-rep", "a.sqlite")
		if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Stopping ends nsys and what it started.
func TestNsysExportStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := fakeNsys(t, "sleep 60 & sleep 60").Export(ctx, "a.nsys-rep", "a.sqlite")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}
