package notebooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"syscall"

	"github.com/google/uuid"

	"profilemate/workbench/fault"
)

// Write writes the document as Jupyter does, so that a document it did not change
// keeps its text: UTF-8, one space of indent, sorted keys, texts as lists of lines,
// a line feed at the end.
func (n *Notebook) Write(w io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(n.toJSON(inLines)); err != nil {
		return fmt.Errorf("writing the notebook: %w", err)
	}
	_, err := w.Write(plainSeparators(b.Bytes()))
	return err
}

// Model is the document as Jupyter's servers and clients exchange it: what Write
// writes, with every text in one piece.
func (n *Notebook) Model() map[string]any { return n.toJSON(whole) }

// form is how texts of a document stand in JSON.
type form int

const (
	inLines form = iota // lists of lines, as in a file
	whole               // one text, as in an exchange
)

func (f form) text(text string) any {
	if f == inLines {
		return splitText(text)
	}
	return text
}

func (f form) bundle(bundle map[string]any) map[string]any {
	if f == inLines {
		return split(bundle)
	}
	return bundle
}

// plainSeparators writes U+2028 and U+2029 as they are: Go escapes them for
// browsers of old, Jupyter does not.
func plainSeparators(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\u202`)) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch rest := text[i:]; {
		case bytes.HasPrefix(rest, []byte(`\u2028`)):
			out, i = append(out, "\u2028"...), i+5
		case bytes.HasPrefix(rest, []byte(`\u2029`)):
			out, i = append(out, "\u2029"...), i+5
		case rest[0] == '\\' && len(rest) > 1: // any other escape, a backslash's own among them
			out, i = append(out, rest[:2]...), i+1
		default:
			out = append(out, rest[0])
		}
	}
	return out
}

func (n *Notebook) toJSON(f form) map[string]any {
	cells := make([]any, len(n.Cells))
	for i, c := range n.Cells {
		cells[i] = c.toJSON(f)
	}
	root := map[string]any{}
	maps.Copy(root, n.Extra)
	root["cells"], root["metadata"] = cells, orEmpty(n.Metadata)
	root["nbformat"], root["nbformat_minor"] = Major, max(n.Minor, Minor)
	return root
}

func (c *Cell) toJSON(f form) map[string]any {
	raw := map[string]any{}
	maps.Copy(raw, c.Extra)
	raw["cell_type"], raw["id"] = string(c.Type), c.ID
	raw["source"], raw["metadata"] = f.text(c.Source), orEmpty(c.Metadata)
	if c.Type == Code {
		outputs := make([]any, len(c.Outputs))
		for i, o := range c.Outputs {
			outputs[i] = o.toJSON(f)
		}
		raw["outputs"], raw["execution_count"] = outputs, c.ExecutionCount
		return raw
	}
	if c.Attachments != nil {
		files := map[string]any{}
		for name, value := range c.Attachments {
			if bundle, ok := value.(map[string]any); ok {
				value = f.bundle(bundle)
			}
			files[name] = value
		}
		raw["attachments"] = files
	}
	return raw
}

func (o Output) toJSON(f form) map[string]any {
	raw := maps.Clone(map[string]any(o))
	if data, ok := raw["data"].(map[string]any); ok {
		raw["data"] = f.bundle(data)
	}
	if text, ok := raw["text"].(string); ok {
		raw["text"] = f.text(text)
	}
	return raw
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// Load reads the document at a path with forward slashes within root.
func Load(root *os.Root, name string) (*Notebook, error) {
	if info, err := root.Stat(name); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil, fault.Errorf(fault.Unsupported, "%s: a pipe or a device, not a notebook", name) // opening a pipe waits for its writer
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, fileFault("opening", name, err)
	}
	defer file.Close()
	n, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

// Save writes the document to a path within root; see Replace.
func Save(root *os.Root, name string, n *Notebook) (fs.FileInfo, error) {
	var b bytes.Buffer
	if err := n.Write(&b); err != nil {
		return nil, err
	}
	return Replace(root, name, b.Bytes())
}

// Replace writes a file within root in one step: a reader sees the old content or
// the new one, and a crash leaves one of them. It returns the file's state after
// the write.
func Replace(root *os.Root, name string, data []byte) (fs.FileInfo, error) {
	mode := fs.FileMode(0o644)
	if old, err := root.Stat(name); err == nil {
		mode = old.Mode().Perm()
	}
	temp := path.Join(path.Dir(name), "."+path.Base(name)+"."+uuid.NewString()[:8]+".tmp")
	err := writeTemp(root, temp, mode, data)
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		return nil, errors.Join(saveFault(name, err), withoutPath(removeIfThere(root, temp)))
	}
	return root.Stat(name)
}

// saveFault says why a file could not be replaced, without the name of the temporary
// file that stood in for it.
func saveFault(name string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fault.WithRemedy(fault.Errorf(fault.Denied, "%s cannot be saved: the folder is not writable", name),
			"export it, or serve a folder that you may write")
	}
	return fileFault("saving", name, withoutPath(err))
}

// withoutPath is what went wrong in an error of the file system, without the paths
// that it names.
func withoutPath(err error) error {
	var onPath *fs.PathError
	var onLink *os.LinkError
	switch {
	case errors.As(err, &onPath):
		return onPath.Err
	case errors.As(err, &onLink):
		return onLink.Err
	}
	return err
}

func writeTemp(root *os.Root, temp string, mode fs.FileMode, data []byte) error {
	file, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func removeIfThere(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// fileFault gives an error of the file system its kind.
func fileFault(doing, name string, err error) error {
	kind := fault.Denied // also what os.Root says to a path that leads out
	if errors.Is(err, fs.ErrNotExist) {
		kind = fault.NotFound
	}
	return fault.Errorf(kind, "%s %s: %w", doing, name, err)
}

// Clone returns a copy that shares nothing with the document.
func (n *Notebook) Clone() (*Notebook, error) {
	var b bytes.Buffer
	if err := n.Write(&b); err != nil {
		return nil, err
	}
	return Read(&b)
}
