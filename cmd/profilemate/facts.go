package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"profilemate/notebooks/graph"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/engine"
	"profilemate/workbench/gocell"
	"profilemate/workbench/sqlcell"
)

// cellFacts reads what cells of each language depend on.
func cellFacts(registry *analysis.Registry) graph.Analyzer {
	return func(source string) graph.Facts {
		words := strings.Fields(source)
		switch {
		case len(words) == 0:
		case analysis.IsCell(source):
			return analysisFacts(registry, source)
		case words[0] == sqlcell.Marker:
			files, uses, defines, _ := sqlcell.Analyze(source) // what could be read counts
			return graph.Facts{Defines: defines, Uses: uses, Files: files, State: true}
		case words[0] == "%%go" || !strings.HasPrefix(words[0], "%%"):
			return goFacts(source)
		}
		return graph.Facts{}
	}
}

// loaded matches the artifacts that a Go cell names; a path that it computes is not
// known beforehand.
var loaded = regexp.MustCompile(`\bprofilemate\.Load\(("(?:[^"\\\n]|\\.)*")`)

func goFacts(source string) graph.Facts {
	defines, uses, err := gocell.Analyze(source)
	if err != nil {
		return graph.Facts{} // running the cell says what is wrong with it
	}
	f := graph.Facts{Defines: defines, Uses: uses, State: true}
	for _, m := range loaded.FindAllStringSubmatch(source, -1) {
		if path, err := strconv.Unquote(m[1]); err == nil {
			f.Files = append(f.Files, path)
		}
	}
	return f
}

func analysisFacts(registry *analysis.Registry, source string) graph.Facts {
	call, err := analysis.ParseCell(source, registry.Get)
	if err != nil {
		return graph.Facts{}
	}
	f := graph.Facts{State: call.As != ""}
	if call.As != "" {
		f.Defines = []string{call.As}
	}
	for _, in := range call.Inputs {
		f.Files = append(f.Files, in.Path)
	}
	return f
}

// hashAtOnce is the largest file whose digest is taken while somebody waits: about
// 25 ms. Of larger ones it is known once an analysis has read them.
const hashAtOnce = 64 << 20

// stamp tells the content of a file or folder apart.
func (b backend) stamp(path string) graph.Stamp {
	id, err := artifacts.Identify(path)
	if err != nil {
		return graph.Stamp{}
	}
	digest := b.Digest(id)
	if digest == "" && artifacts.Size(path) <= hashAtOnce {
		digest = takeDigest(b.Engine, path, id)
	}
	sum := sha256.Sum256([]byte(id))
	return graph.Stamp{Digest: digest, Quick: hex.EncodeToString(sum[:8])}
}

// takeDigest computes a digest and remembers it; it is empty where that fails.
func takeDigest(e *engine.Engine, path string, id artifacts.Identity) string {
	digest, err := artifacts.Digest(context.Background(), path)
	if err != nil || e.Store == nil {
		return digest
	}
	_ = e.Store.Remember("digest "+string(id), digest) // else it is computed again next time
	return digest
}
