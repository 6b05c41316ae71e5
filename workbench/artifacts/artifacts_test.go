package artifacts_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func identify(t *testing.T, path string) artifacts.Identity {
	t.Helper()
	id, err := artifacts.Identify(path)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func digest(t *testing.T, path string) string {
	t.Helper()
	d, err := artifacts.Digest(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// An edit in place, even one that keeps size and time, is another identity; a copy
// is another identity with the same digest.
func TestIdentityAndDigest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "a"), "hello")
	id := identify(t, file)
	if identify(t, file) != id {
		t.Error("an untouched file changed its identity")
	}
	// sha256 of "hello", as sha256sum prints it.
	if got, want := digest(t, file), "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	other := write(t, filepath.Join(dir, "b"), "hello")
	if identify(t, other) == id || digest(t, other) != digest(t, file) {
		t.Error("a copy must have its own identity and the same digest")
	}
	stamp := time.Now().Add(-time.Hour)
	if err := os.Chtimes(file, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	before := identify(t, file)
	time.Sleep(10 * time.Millisecond) // so that ctime moves on
	write(t, file, "HELLO")
	if err := os.Chtimes(file, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	if identify(t, file) == before {
		t.Error("an edit that keeps size and mtime went unseen")
	}
}

// Links to nowhere and in circles hold nothing: a folder has the identity and the digest
// that it has without them.
func TestLinksToNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a"), "hello")
	id, sum := identify(t, dir), digest(t, dir)
	for _, name := range []string{"circle", "gone"} {
		target := map[string]string{"circle": "circle", "gone": "nowhere"}[name]
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if identify(t, dir) != id || digest(t, dir) != sum {
		t.Error("links to nowhere changed what the folder holds")
	}
	if _, err := artifacts.Identify(filepath.Join(dir, "gone")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a link to nowhere that is opened itself: %v", err)
	}
}

// A folder's identity and digest cover the names and contents of all its files.
func TestFolderDigest(t *testing.T) {
	t.Parallel()
	make := func(files map[string]string) string {
		dir := t.TempDir()
		for name, content := range files {
			write(t, filepath.Join(dir, name), content)
		}
		return dir
	}
	base := make(map[string]string{"x": "1", "sub/y": "2"})
	same := make(map[string]string{"sub/y": "2", "x": "1"})
	if digest(t, base) != digest(t, same) {
		t.Error("equal folders differ")
	}
	for name, files := range map[string]map[string]string{
		"content": {"x": "1", "sub/y": "3"},
		"name":    {"x": "1", "sub/z": "2"},
		"more":    {"x": "1", "sub/y": "2", "w": ""},
		"moved":   {"x": "12", "sub/y": ""},
	} {
		if digest(t, make(files)) == digest(t, base) {
			t.Errorf("a folder of other %s has the same digest", name)
		}
	}
	if got := artifacts.Size(base); got != 2 {
		t.Errorf("the folder has %d bytes, want 2", got)
	}
}

func TestDigestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := artifacts.Digest(ctx, write(t, filepath.Join(t.TempDir(), "a"), "x"))
	if fault.KindOf(err) != fault.Canceled {
		t.Errorf("got %v", err)
	}
}

// A file that no format claims is named with what it looks like.
func TestDetectNamesWhatItSaw(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ content, want string }{
		"picture":   {"\x89PNG\r\n\x1a\n rest", "a PNG picture"},
		"empty":     {"", "the file is empty"},
		"zeroes":    {strings.Repeat("\x00", 4096), "begins with zero bytes"},
		"report":    {"NVR\x00\x02\x00\x00\x00", "an Nsight Compute report (.ncu-rep)"},
		"text":      {"hello world\nmore", `begins with "hello world"`},
		"wide text": {"\xff\xfeh\x00i\x00", "text in UTF-16"},
		"unmarked":  {"h\x00e\x00l\x00l\x00o\x00\n\x00", "text in UTF-16"},
		"turned":    {"\x00h\x00e\x00l\x00l\x00o", "text in UTF-16"},
		"numbers":   {"\x01\x00\x02\x00\x03\x00", `begins with "\x01\x00`},
		"long line": {strings.Repeat("y", 500), `begins with "` + strings.Repeat("y", 60) + `"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, filepath.Join(t.TempDir(), "x.sqlite"), tc.content)
			_, err := artifacts.Formats{}.Detect(path)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want the path and …%s…", err, tc.want)
			}
			if fault.KindOf(err) != fault.Unsupported {
				t.Errorf("kind %s", fault.KindOf(err))
			}
		})
	}
	if _, err := (artifacts.Formats{}).Detect(os.DevNull); fault.KindOf(err) != fault.Unsupported || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a device: %v", err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b.sqlite"), "")
	write(t, filepath.Join(dir, "a.ncu-rep"), "")
	write(t, filepath.Join(dir, "notes.txt"), "")
	if _, err := (artifacts.Formats{}).Detect(dir); err == nil || !strings.Contains(err.Error(), "a folder, give a file in it: a.ncu-rep, b.sqlite;") {
		t.Errorf("a folder of captures: %v", err)
	}
	_, err := artifacts.Formats{}.Detect(filepath.Join(t.TempDir(), "none"))
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("a file that is not there: %v", err)
	}
}
