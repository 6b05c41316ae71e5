package tokens

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe/arrays"
	"profilemate/workbench/fault"
)

// FormatName is what the format of this package is called.
const FormatName = "moe-tokens"

// Format returns the format of token-level routing: a file of responses or of arrays, or
// a folder of them.
func Format() artifacts.Format { return format{} }

type format struct{}

// Name implements artifacts.Format.
func (format) Name() string { return FormatName }

// Detect implements artifacts.Format. A file that torch.save wrote is claimed, so that
// opening it names the converter.
func (format) Detect(c artifacts.Candidate) (claim bool, saw string) {
	if !c.Info.IsDir() {
		form := sniff(c.Path, c.Head)
		if form == "" && bytes.HasPrefix(c.Head, []byte("{")) && bytes.Contains(c.Head, []byte(`"choices"`)) {
			return false, "responses of a server without routed_experts"
		}
		return form != "" && !form.hint(), ""
	}
	for i, name := range c.Names {
		if i == folderLook {
			break
		}
		if Holds(filepath.Join(c.Path, name)) {
			return true, ""
		}
	}
	return false, ""
}

// folderLook is how many files of a folder are looked at to know it; folderFiles is how
// many are read.
const (
	folderLook  = 256
	folderFiles = 100_000
)

// form is the shape of one file.
type form string

// The forms. modelForm is a config.json and trackerForm the metadata of profilemate's
// tracker: they help but are no routing.
const (
	npyForm         form = "npy"
	npzForm         form = "npz"
	safetensorsForm form = "safetensors"
	responsesForm   form = "responses"
	torchForm       form = "torch"
	modelForm       form = "model"
	trackerForm     form = "tracker"
)

// hint reports whether a file only says what others hold.
func (f form) hint() bool { return f == modelForm || f == trackerForm }

// headBytes of a file suffice to know it, but for the place of routed_experts in a
// response, which may follow a long text.
const (
	headBytes   = 64 << 10
	searchBytes = 64 << 20
)

// Holds reports whether the file at path holds token-level routing, by its first bytes.
// What cannot be read holds none.
func Holds(path string) bool {
	form := sniffFile(path)
	return form != "" && !form.hint() && form != torchForm
}

func sniffFile(path string) form {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(file, head)
	if err != nil && n == 0 {
		return ""
	}
	return sniff(path, head[:n])
}

// sniff knows a file by its first bytes.
func sniff(path string, head []byte) form {
	switch {
	case bytes.HasPrefix(head, []byte(arrays.NpyMagic)):
		return npyForm
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return sniffZip(head)
	case bytes.HasPrefix(head, []byte("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")):
		return torchForm // before PyTorch 1.6
	case len(head) > 9 && head[8] == '{' && binary.LittleEndian.Uint64(head) < 100<<20 && bytes.Contains(head, []byte(`"data_offsets"`)):
		return safetensorsForm
	}
	text := bytes.TrimLeft(head, " \t\r\n[")
	if !bytes.HasPrefix(text, []byte("{")) && !isEvents(head) {
		return ""
	}
	if _, ok := parseModel(head); ok {
		return modelForm
	}
	if bytes.Contains(head, []byte(`"tracker_version"`)) {
		return trackerForm
	}
	answer := bytes.Contains(head, []byte(`"choices"`)) || bytes.Contains(head, []byte(`"meta_info"`)) || bytes.Contains(head, []byte(`"response"`)) || bytes.Contains(head, []byte(`"text"`))
	if bytes.Contains(head, []byte(routedKey)) || answer && len(head) >= headBytes && contains(path, routedKey) {
		return responsesForm
	}
	return ""
}

const routedKey = `"routed_experts"`

// sniffZip tells NumPy's archives from PyTorch's by their first entry.
func sniffZip(head []byte) form {
	if len(head) < 30 {
		return ""
	}
	n := int(binary.LittleEndian.Uint16(head[26:]))
	if len(head) < 30+n {
		return ""
	}
	switch name := string(head[30 : 30+n]); {
	case strings.HasSuffix(name, ".npy"):
		return npzForm
	case strings.HasSuffix(name, "/data.pkl"):
		return torchForm
	}
	return ""
}

// contains searches the beginning of a file.
func contains(path, text string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	in := io.LimitReader(file, searchBytes)
	room, kept := make([]byte, 1<<20), 0
	for {
		n, err := in.Read(room[kept:])
		if bytes.Contains(room[:kept+n], []byte(text)) {
			return true
		}
		if err != nil {
			return false
		}
		end := kept + n
		kept = copy(room, room[max(end-len(text), 0):end])
	}
}

// Open implements artifacts.Format.
func (format) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	l := loader{ctx: ctx}
	if err := l.addPath(path); err != nil {
		return nil, err
	}
	r, err := l.recording()
	if err != nil {
		return nil, err
	}
	return newArtifact(r), nil
}

// addPath adds a file, or the files of a folder in the order of their names.
func (l *loader) addPath(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fault.Errorf(fault.NotFound, "%w", err)
	}
	if !info.IsDir() {
		form := sniffFile(path)
		if form == torchForm {
			return torchFault(path)
		}
		return l.addFile(path, form)
	}
	entries, err := readFolder(path)
	if err != nil {
		return err
	}
	return l.addFolder(path, entries)
}

func readFolder(path string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	if len(entries) > folderFiles {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "a folder of %d files", len(entries)), "join the responses to one file, a line each")
	}
	return entries, nil
}

// torchFault refuses what torch.save wrote: a pickle is a program, and is not run here.
func torchFault(path string) error {
	return fault.WithRemedy(fault.Errorf(fault.Unsupported, "%s was written by torch.save, which only PyTorch reads", filepath.Base(path)),
		"convert a dump of SGLang's expert distribution recorder where PyTorch is installed: profilemate tracker convert-sglang >convert_sglang.py, then python3 convert_sglang.py %s", filepath.Base(path))
}
