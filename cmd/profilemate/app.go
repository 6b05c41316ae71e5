package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/history"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/artifacts/moe/serverlog"
	"profilemate/workbench/artifacts/moe/tokens"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/process"
	"profilemate/workbench/store"
)

// storeBytes is the most that stored results may take on disk.
const storeBytes = 4 << 30

// app is what every verb works with.
type app struct {
	streams
	registry *analysis.Registry
	cache    string // --cache, empty for the user's cache folder
	selected *kong.Node
}

// formats lists the artifact formats, asked in this order. Reports of nsys are
// exported into the cache.
func (a *app) formats(options ...nsys.Option) artifacts.Formats {
	var exporter nsys.Exporter
	dir, err := a.cacheDir()
	if err == nil {
		exporter = process.Nsys{}
	}
	return artifacts.Formats{nsys.Format(options...), nsys.FolderFormat(options...),
		nsys.ReportFormat(exporter, filepath.Join(dir, "exports"), options...), ncu.ReportFormat(), ncu.Format(), moe.Format(), tokens.Format(), serverlog.Format(), history.Format()}
}

// cacheDir returns the folder for what may be deleted at any time.
func (a *app) cacheDir() (string, error) {
	if a.cache != "" {
		return a.cache, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fault.WithRemedy(fault.Errorf(fault.Missing, "no cache folder: %w", err), "name one with --cache DIR")
	}
	return filepath.Join(dir, "profilemate"), nil
}

// engine opens the store and returns an engine. A store that cannot be opened is
// said and done without.
func (a *app) engine() *engine.Engine {
	c := engine.Config{Registry: a.registry, Formats: a.formats(), Build: buildID()}
	dir, err := a.cacheDir()
	if err == nil {
		c.Store, err = store.Open(filepath.Join(dir, "results"), store.Options{MaxBytes: storeBytes})
	}
	if err != nil {
		fmt.Fprintln(a.err, "profilemate: results are not kept:", err)
	}
	return engine.New(c)
}

// version returns the module version, or the revision it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := vcs(info)
	switch {
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	case revision == "":
		return "devel"
	case modified:
		return revision[:min(12, len(revision))] + "+modified"
	}
	return revision[:min(12, len(revision))]
}

func vcs(info *debug.BuildInfo) (revision string, modified bool) {
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	return revision, modified
}

// buildID identifies the code that computes results. A build from a clean revision
// is that revision; any other is told apart by its executable file.
func buildID() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if revision, modified := vcs(info); revision != "" && !modified {
			return revision
		}
	}
	exe, err := os.Executable()
	if err != nil {
		return version()
	}
	info, err := os.Stat(exe)
	if err != nil {
		return version()
	}
	return fmt.Sprintf("%s %d %d", version(), info.Size(), info.ModTime().UnixNano())
}
