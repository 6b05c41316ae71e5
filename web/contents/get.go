package contents

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

// maxContent is the largest file, in bytes, that is sent within JSON. Larger ones are
// there under /files.
const maxContent = 256 << 20

// Query says what Get shall return.
type Query struct {
	Content bool   // also the content
	Type    Type   // empty: what the entry is
	Format  Format // of a file: Text or Base64; empty: Text where it is UTF-8
	Hash    bool   // also the hash of a file
}

// Get returns an entry. A type or format that does not fit is Misuse.
func (s *Store) Get(name string, q Query) (Model, error) {
	name, err := clean(name)
	if err != nil {
		return Model{}, err
	}
	if path.Ext(name) == ".ipynb" {
		if err := s.documents.Settle(name); err != nil {
			return Model{}, err
		}
	}
	info, err := s.stat(name)
	if err != nil {
		return Model{}, err
	}
	m, err := describe(name, info, q.Type)
	if err != nil {
		return Model{}, err
	}
	if m.Type == Directory {
		if q.Content {
			err = s.list(&m, name)
		}
		return m, err
	}
	return m, s.fill(&m, name, q)
}

// describe returns an entry without content. want is the type that is asked for;
// empty for what it is.
func describe(name string, info fs.FileInfo, want Type) (Model, error) {
	is := typeOf(name, info)
	switch {
	case want == "" || want == is:
	case is == Directory:
		return Model{}, fault.Errorf(fault.Misuse, "%s is a directory, not a %s", name, want)
	case want == Directory:
		return Model{}, fault.Errorf(fault.Misuse, "%s is not a directory", name)
	case want == File || want == Notebook:
		is = want
	default:
		return Model{}, fault.Errorf(fault.Misuse, "Type %q is invalid", want)
	}
	changed := info.ModTime().UTC().Format(timeLayout)
	m := Model{Name: path.Base(name), Path: name, Type: is, Writable: info.Mode().Perm()&0o200 != 0, Created: changed, LastModified: changed}
	if name == "." {
		m.Name, m.Path = "", ""
	}
	if is != Directory {
		size := info.Size()
		m.Size = &size
	}
	if is == File {
		m.MIMEType = guess(name)
	}
	return m, nil
}

// timeLayout keeps nanoseconds: two saves within a microsecond must differ.
const timeLayout = time.RFC3339Nano

// guess tells the type of a file by its name; nil where that does not tell.
func guess(name string) *string {
	own := map[string]string{".ipynb": "application/x-ipynb+json", ".md": "text/markdown", ".txt": "text/plain", ".csv": "text/csv",
		".py": "text/x-python", ".go": "text/x-go", ".json": "application/json", ".sqlite": "application/vnd.sqlite3"}
	ext := strings.ToLower(path.Ext(name))
	t := own[ext]
	if t == "" {
		t, _, _ = strings.Cut(mime.TypeByExtension(ext), ";")
	}
	if t == "" {
		return nil
	}
	return &t
}

// list fills a folder with its entries, without theirs. What is hidden, or cannot be
// looked at, is left out.
func (s *Store) list(m *Model, name string) error {
	entries, err := fs.ReadDir(s.root.FS(), name)
	if err != nil {
		return fileFault(name, err)
	}
	list := []Model{}
	for _, e := range entries {
		full := path.Join(name, e.Name())
		info, err := s.stat(full)
		if hidden(e.Name()) || err != nil {
			continue
		}
		if entry, err := describe(full, info, ""); err == nil {
			list = append(list, entry)
		}
	}
	m.setContent(list, JSON)
	return nil
}

func (m *Model) setContent(content any, format Format) { m.Content, m.Format = content, &format }

// fill adds what is asked for of a file.
func (s *Store) fill(m *Model, name string, q Query) error {
	if !q.Content && !q.Hash {
		return nil
	}
	if q.Content && *m.Size > maxContent {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "%s has %d bytes, more than a reply may hold (%d)", name, *m.Size, maxContent),
			"download it from /files/%s", name)
	}
	file, err := s.root.Open(name)
	if err != nil {
		return fileFault(name, err)
	}
	defer file.Close()
	sum := sha256.New()
	if !q.Content {
		_, err = io.Copy(sum, file)
		m.setHash(sum.Sum(nil))
		return err
	}
	data, err := io.ReadAll(io.TeeReader(file, sum))
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	if q.Hash {
		m.setHash(sum.Sum(nil))
	}
	if m.Type == Notebook {
		return m.fillNotebook(name, data)
	}
	return m.fillFile(name, data, q.Format)
}

func (m *Model) setHash(sum []byte) {
	hash, algorithm := hex.EncodeToString(sum), "sha256"
	m.Hash, m.HashAlgorithm = &hash, &algorithm
}

func (m *Model) fillNotebook(name string, data []byte) error {
	book, err := notebooks.Read(bytes.NewReader(data))
	if err != nil {
		return fault.Errorf(fault.Misuse, "Unreadable Notebook: %s: %w", name, err)
	}
	m.setContent(book.Model(), JSON)
	return nil
}

func (m *Model) fillFile(name string, data []byte, format Format) error {
	text := utf8.Valid(data)
	switch {
	case format == Text && !text:
		return fault.Errorf(fault.Misuse, "%s is not UTF-8 encoded", name)
	case format != "" && format != Text && format != Base64:
		return fault.Errorf(fault.Misuse, "%q is no format of a file: it is text or base64", format)
	case format == Text || format == "" && text:
		m.setContent(string(data), Text)
	default:
		m.setContent(base64.StdEncoding.EncodeToString(data), Base64)
	}
	if m.MIMEType == nil {
		fallback := map[Format]string{Text: "text/plain", Base64: "application/octet-stream"}[*m.Format]
		m.MIMEType = &fallback
	}
	return nil
}

// Open opens a file to be sent as it is, with its type. The caller closes it.
func (s *Store) Open(name string) (file *os.File, info fs.FileInfo, contentType string, err error) {
	if name, err = clean(name); err != nil {
		return nil, nil, "", err
	}
	if err := s.documents.Settle(name); err != nil {
		return nil, nil, "", err
	}
	if info, err = s.stat(name); err != nil {
		return nil, nil, "", err
	}
	if info.IsDir() {
		return nil, nil, "", fault.Errorf(fault.NotFound, "%s is a directory", name)
	}
	if file, err = s.root.Open(name); err != nil {
		return nil, nil, "", fileFault(name, err)
	}
	contentType = "application/octet-stream"
	if guessed := guess(name); guessed != nil {
		contentType = *guessed
	}
	if strings.HasPrefix(contentType, "text/") {
		contentType += "; charset=utf-8"
	}
	return file, info, contentType, nil
}
