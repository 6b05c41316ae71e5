package serverlog

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// FormatName is what the format of this package is called.
const FormatName = "server-log"

// Format returns the format of server logs.
func Format() artifacts.Format { return format{} }

type format struct{}

// Name implements artifacts.Format.
func (format) Name() string { return FormatName }

// searchBytes is how much of a log is searched for a line that counts: a server writes
// much before its first step.
const searchBytes = 16 << 20

// Detect implements artifacts.Format. A log whose first lines are a server's is searched
// further.
func (format) Detect(c artifacts.Candidate) (claim bool, saw string) {
	if c.Info.IsDir() {
		return false, ""
	}
	if marked(c.Head) {
		return true, ""
	}
	if !looksLikeServer(c.Head) {
		return false, ""
	}
	if found(c.Path) {
		return true, ""
	}
	return false, "the log of a server without iteration details or balancedness (start vLLM with --enable-logging-iteration-details)"
}

// marks are what the messages of the wanted lines hold.
func marks() [][]byte {
	return [][]byte{[]byte("Iteration("), []byte("EPLB step:"), []byte("[Expert Balancedness]")}
}

// marked reports whether text holds a line that is read.
func marked(text []byte) bool {
	for line := range bytes.Lines(text) {
		if wanted(line) {
			if _, ok := parseLine(string(line)); ok {
				return true
			}
		}
	}
	return false
}

func wanted(line []byte) bool {
	return slices.ContainsFunc(marks(), func(m []byte) bool { return bytes.Contains(line, m) })
}

// looksLikeServer reports whether the first bytes are text of a server.
func looksLikeServer(head []byte) bool {
	if bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	for _, word := range []string{"vllm", "vLLM", "EngineCore", "APIServer", "sglang", "SGLang"} {
		if bytes.Contains(head, []byte(word)) {
			return bytes.Contains(head, []byte("INFO")) || bytes.Contains(head, []byte("Init"))
		}
	}
	return false
}

func found(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	ok := false
	_ = eachLine(io.LimitReader(file, searchBytes), func(_ int, line []byte) error {
		if !ok && wanted(line) {
			_, ok = parseLine(string(line))
		}
		return nil
	})
	return ok
}

// lineBytes is the most of a line that is looked at; a longer one is the dump of a
// configuration.
const lineBytes = 64 << 10

// eachLine calls f with every line that is not too long.
func eachLine(in io.Reader, f func(number int, line []byte) error) error {
	lines := bufio.NewReaderSize(in, lineBytes)
	long := false
	for number := 1; ; {
		line, err := lines.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if !full && !long && len(line) > 0 {
			if err := f(number, line); err != nil {
				return err
			}
		}
		if long = full; !full {
			number++
		}
		if err != nil && !full {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// Open implements artifacts.Format. It reads the whole log.
func (format) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	defer file.Close()
	l := newLog()
	err = eachLine(file, func(number int, line []byte) error {
		if number%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		l.add(line)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	return l.artifact()
}

// artifact is an open log, in memory.
type artifact struct {
	info   artifacts.Info
	tables []*frames.Frame
}

// Info implements artifacts.Artifact.
func (a *artifact) Info() artifacts.Info { return a.info }

// Tables implements artifacts.Artifact.
func (a *artifact) Tables() []artifacts.TableInfo {
	list := make([]artifacts.TableInfo, len(a.tables))
	for i, f := range a.tables {
		list[i] = artifacts.TableInfo{Name: f.Name(), Doc: tableDoc(f.Name()), Schema: f.Schema(), Rows: int64(f.Len())}
	}
	return list
}

// Scan implements artifacts.Artifact. Worker 0 does it all.
func (a *artifact) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	i := slices.IndexFunc(a.tables, func(f *frames.Frame) bool { return f.Name() == r.Table })
	if i < 0 {
		_, err := artifacts.Lookup(a, r.Table)
		return err
	}
	f := a.tables[i]
	if r.Columns != nil {
		var err error
		if f, err = f.Select(r.Columns...); err != nil {
			return fault.Errorf(fault.Misuse, "scanning %s: %w", r.Table, err)
		}
	}
	done := int64(0)
	for b := range f.Batches(frames.BatchRows) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := emit(0, b); err != nil {
			return err
		}
		if done += int64(b.Len()); r.Progress != nil {
			r.Progress(done, int64(f.Len()))
		}
	}
	return nil
}

// Close implements artifacts.Artifact. There is nothing to give back.
func (a *artifact) Close() error { return nil }

// warn makes a warning.
func warn(remedy, format string, args ...any) result.Finding {
	return result.Finding{Severity: result.Warning, Text: fmt.Sprintf(format, args...), Remedy: remedy}
}
