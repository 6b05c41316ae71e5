package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// cookieKey returns the key that keeps pages logged in when the server is started
// again. It is made once and kept in the cache, readable for the user alone. Where it
// cannot be kept, each server has a key of its own, and pages must be opened again.
func (a *app) cookieKey() string {
	cache, err := a.cacheDir()
	if err != nil {
		return rand.Text()
	}
	path := filepath.Join(cache, "servers", "cookie.key")
	if key, ok := readKey(path); ok {
		return key
	}
	key := rand.Text()
	if err := writeKey(path, key); errors.Is(err, fs.ErrExist) {
		if other, ok := readKey(path); ok {
			return other // of a server that was started at the same time
		}
	}
	return key
}

// readKey refuses a key that others may read or that is cut short.
func readKey(path string) (key string, ok bool) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return "", false
	}
	text, err := os.ReadFile(path)
	key = strings.TrimSpace(string(text))
	return key, err == nil && len(key) >= len(rand.Text())
}

// writeKey puts the key at the path unless one is there; others never see half of it.
func writeKey(path, key string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "cookie.*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(key + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
