package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

//go:embed python/profilemate.py
var pythonClient string

// pythonClientCmd prints the Python client.
type pythonClientCmd struct{}

// Help is the long help.
func (pythonClientCmd) Help() string {
	return "profilemate python-client >profilemate.py, then in Python: import profilemate; profilemate.Client().run(\"kernel-summary\", \"run.sqlite\").table(). See docs/python.md."
}

// Run prints the file.
func (pythonClientCmd) Run(a *app) error {
	_, err := a.out.Write([]byte(pythonClient))
	return err
}

// announce writes for clients of this user where a server listens and what its token
// is, and returns what takes that away. Without it clients need the URL, so that a
// failure is only said.
func (a *app) announce(address, token, folder string) (forget func()) {
	path, err := a.writeAnnouncement(address, token, folder)
	if err != nil {
		fmt.Fprintf(a.err, "Python clients need the URL above: %v\n", err)
		return func() {}
	}
	return func() { os.Remove(path) }
}

func (a *app) writeAnnouncement(address, token, folder string) (path string, err error) {
	cache, err := a.cacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "servers")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"url": "http://" + address, "token": token, "folder": folder, "pid": os.Getpid()})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, strconv.Itoa(os.Getpid())+".json")
	_ = os.Remove(path) // left by a process of the same number; its mode may be another
	return path, os.WriteFile(path, text, 0o600)
}
