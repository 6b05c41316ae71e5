package artifacts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"profilemate/workbench/fault"
)

const headBytes = 64 << 10

// Formats is the list of formats that this program reads, asked in order.
type Formats []Format

// Open recognizes the file or folder at path by its content and opens it. A file
// of no known format is Unsupported, with what was seen.
func (f Formats) Open(ctx context.Context, path string) (Artifact, error) {
	format, err := f.Detect(path)
	if err != nil {
		return nil, err
	}
	a, err := format.Open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// Detect returns the format of the file or folder at path.
func (f Formats) Detect(path string) (Format, error) {
	c, err := candidate(path)
	if err != nil {
		return nil, err
	}
	if c.Head != nil && len(c.Head) == 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "%s: the file is empty", path),
			"was the capture cut off before it was written?")
	}
	var seen []string
	for _, format := range f {
		claim, saw := format.Detect(c)
		if claim {
			return format, nil
		}
		if saw != "" {
			seen = append(seen, saw)
		}
	}
	if len(seen) == 0 {
		seen = []string{describe(c)}
	}
	return nil, fault.WithRemedy(
		fault.Errorf(fault.Unsupported, "%s: not an artifact this program reads: it is %s", path, strings.Join(seen, "; ")),
		"it reads nsys reports and exports (nsys export --type sqlite, arrowdir or parquetdir), ncu reports (.ncu-rep) and print-outs (ncu --csv), and MoE routing (tracker folders, routed experts of vLLM and SGLang, arrays of ids or router logits, server logs)")
}

func candidate(path string) (Candidate, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Candidate{}, fileFault(path, err)
	}
	c := Candidate{Path: path, Info: info}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return c, fileFault(path, err)
		}
		c.Names = make([]string, len(entries))
		for i, e := range entries {
			c.Names[i] = e.Name()
		}
		return c, nil
	}
	if !info.Mode().IsRegular() { // opening a pipe waits for its writer, and no signal ends that
		return c, fault.WithRemedy(fault.Errorf(fault.Unsupported, "%s: a pipe or a device, not a file", path),
			"write what it delivers to a file first")
	}
	c.Head, err = readHead(path)
	return c, err
}

func readHead(path string) ([]byte, error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fileFault(path, err)
	}
	defer file.Close()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fault.Errorf(fault.Denied, "reading %s: %w", path, err)
	}
	return head[:n], nil
}

// magics are the first bytes of files that people pick by mistake.
var magics = []struct{ prefix, what string }{
	{"\x89PNG", "a PNG picture"},
	{"%PDF", "a PDF document"},
	{"NVR\x00", "an Nsight Compute report (.ncu-rep)"},
	{"PK\x03\x04", "a ZIP archive"},
	{"\x1f\x8b", "a gzip file; unpack it first"},
	{"\x7fELF", "a program"},
	{"ARROW1", "an Arrow file"},
	{"PAR1", "a Parquet file"},
	{"SQLite format 3\x00", "a SQLite database without nsys tables"},
}

// wideLook is how many bytes are looked at to tell text of two bytes a character.
const wideLook = 128

// isWide reports whether every other byte is 0 and the rest is printable ASCII. A file
// that begins with a byte order mark may hold anything else behind it.
func isWide(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return true
	}
	head = head[:min(len(head), wideLook)&^1]
	at := 0 // of the zeros, when the high byte comes first
	if len(head) > 0 && head[0] != 0 {
		at = 1
	}
	for i := 0; i < len(head); i += 2 {
		if c := head[i+1-at]; head[i+at] != 0 || c > '~' || c < ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return len(head) > 2
}

// readable are the endings of files that are likely artifacts by themselves.
var readable = []string{".sqlite", ".ncu-rep", ".csv", ".npz", ".safetensors", ".jsonl"}

// describeFolder names what a folder holds that can be opened by itself.
func describeFolder(names []string) string {
	var files []string
	for _, name := range names {
		if slices.Contains(readable, filepath.Ext(name)) {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	const shown = 3
	switch n := len(files); {
	case n == 0:
		return fmt.Sprintf("a folder of %d entries, none of which is known", len(names))
	case n > shown:
		return fmt.Sprintf("a folder of many files, give one of them: %s or %d more", strings.Join(files[:shown], ", "), n-shown)
	default:
		return "a folder, give a file in it: " + strings.Join(files, ", ")
	}
}

// describe says in a phrase what a file that nobody claimed looks like.
func describe(c Candidate) string {
	if c.Info.IsDir() {
		return describeFolder(c.Names)
	}
	head := string(c.Head)
	for _, m := range magics {
		if strings.HasPrefix(head, m.prefix) {
			return m.what
		}
	}
	if strings.TrimLeft(head, "\x00") == "" {
		return "a file that begins with zero bytes: a killed export leaves such a header"
	}
	if isWide(c.Head) {
		return "text in UTF-16, as PowerShell's > writes it; save it as UTF-8"
	}
	line, _, _ := strings.Cut(head, "\n")
	if len(line) > 60 {
		line = line[:60]
	}
	return fmt.Sprintf("a file that begins with %q", line)
}
