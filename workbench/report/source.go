package report

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/parse"
	"profilemate/workbench/result"
)

// source is an artifact, or a parsed folder: then results stand in for analyses.
type source struct {
	input  Input
	parsed map[string]*result.Result // by analysis; nil for an artifact
}

// kindName is how a kind of artifact is called in sentences.
func kindName(kind string) string {
	switch kind {
	case artifacts.Nsys:
		return "Nsight Systems profile"
	case artifacts.NCU:
		return "Nsight Compute profile"
	}
	return "MoE routing"
}

// flagOf is the flag of the verb that brings a kind.
func flagOf(kind string) string { return "--" + kind + "-results" }

// resolve finds out what path is: an artifact of the kind, a folder that holds just one,
// or a parsed folder. An empty kind takes any, as a baseline does.
func resolve(ctx context.Context, formats artifacts.Formats, role, kind, path string) (source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return source{}, statFault(path, err)
	}
	s, err := openAs(ctx, formats, role, kind, path)
	if err == nil || fault.KindOf(err) == fault.Canceled || fault.KindOf(err) == fault.Misuse && !info.IsDir() {
		return s, err // a folder of another kind, such as of routing, may hold one of this kind too
	}
	dir := path
	if !info.IsDir() {
		if base := filepath.Base(path); base != parse.SummaryFile && base != parse.NCUSummaryFile {
			return source{}, err
		}
		dir = filepath.Dir(path)
	}
	if inside, found := only(ctx, formats, role, kind, dir); found {
		return inside, nil
	}
	if s, found, err := readParsed(role, kind, dir); found || err != nil {
		return s, err
	}
	return source{}, err
}

func statFault(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Errorf(fault.NotFound, "there is no file or folder %s", path)
	}
	return fault.Errorf(fault.Denied, "reading %s: %w", path, err)
}

// openAs opens an artifact long enough to describe it.
func openAs(ctx context.Context, formats artifacts.Formats, role, kind, path string) (source, error) {
	a, err := formats.Open(ctx, path)
	if err != nil {
		return source{}, err
	}
	defer a.Close()
	info := a.Info()
	if kind != "" && info.Kind != kind {
		return source{}, fault.WithRemedy(fault.Errorf(fault.Misuse, "%s is of kind %s, not the %s that %s wants", path, info.Kind, kindName(kind), flagOf(kind)),
			"give it with %s", flagOf(info.Kind))
	}
	return source{input: Input{Role: role, Kind: info.Kind, Name: filepath.Base(path), Path: path, Format: info.Format,
		Producer: info.Producer, Summary: info.Summary, Bytes: artifacts.Size(path), Metadata: info.Metadata}}, nil
}

// only returns the one artifact of the kind in a folder, if there is just one.
func only(ctx context.Context, formats artifacts.Formats, role, kind, dir string) (source, bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return source{}, false
	}
	var found []source
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() && kind != artifacts.MoE || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		format, err := formats.Detect(path)
		if err != nil || format == nil {
			continue
		}
		if s, err := openAs(ctx, formats, role, kind, path); err == nil {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return source{}, false
	}
	return found[0], true
}

// readParsed reads a folder that profilemate parse, or the scripts before it, wrote.
func readParsed(role, kind, dir string) (source, bool, error) {
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	in := Input{Role: role, Name: filepath.Base(dir), Path: dir}
	switch {
	case (kind == "" || kind == artifacts.Nsys) && has(parse.SummaryFile):
		in.Kind, in.Format = artifacts.Nsys, "parsed folder"
		results, summary, err := parsedNsys(dir)
		in.Summary = summary
		return source{in, results}, true, err
	case (kind == "" || kind == artifacts.NCU) && has(parse.BandwidthFile):
		in.Kind, in.Format = artifacts.NCU, "parsed folder"
		results, summary, err := parsedNCU(dir)
		in.Summary = summary
		return source{in, results}, true, err
	}
	return source{}, false, nil
}
