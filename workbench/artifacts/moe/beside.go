package moe

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe/tokens"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// besides is the choices of each token that lie in a folder with counts.
type besides struct {
	*tokens.Recording
	name   string // of its files, below the folder
	verb   string // that goes with the name
	tables []string
}

// has reports whether a table is counted or read from the tokens; nil has none.
func (b *besides) has(table string) bool { return b != nil && slices.Contains(b.tables, table) }

// scanFindings is what reading the tokens has told so far.
func (b *besides) scanFindings() []result.Finding {
	if f, ok := b.Artifact.(artifacts.Finder); ok {
		return f.ScanFindings()
	}
	return nil
}

// openTokens opens the files of the folders that hold the choices of each token: those
// of the shallowest folders that have any, since a copy further down would count them
// twice. It is nil where there are none, or none that can be read, which is a finding.
func (f *found) openTokens(ctx context.Context, root string) (*besides, error) {
	for _, folders := range f.folders {
		r, err := tokens.OpenFolders(ctx, folders, f.uses)
		switch {
		case fault.KindOf(err) == fault.Canceled && err != nil:
			return nil, err
		case err != nil:
			f.warn("The choices of each token beside the counts are left out: %v.", err)
			return nil, nil
		case r != nil:
			b := &besides{Recording: r, name: r.Files[0], verb: "holds"}
			if short, err := filepath.Rel(root, b.name); err == nil {
				b.name = short
			}
			if n := len(r.Files); n > 1 {
				b.name, b.verb = fmt.Sprintf("%s, the first %s,", result.Count(int64(n), "file"), b.name), "hold"
			}
			return b, nil
		}
	}
	return nil, nil
}

// uses reports whether a file fills a table.
func (f *found) uses(path string) bool {
	return slices.ContainsFunc(f.sources, func(s source) bool { return s.path == path })
}

// take adds the choices of each token to what the counts say. Tables that the counts do
// not have are counted from them where both are of the same tokens; no table is of both.
// What contradicts the counts is left out, with nil.
func (f *facts) take(b *besides) *besides {
	if why := f.contradicts(b); why != "" {
		f.warn("Open "+b.Files[0]+" by itself to analyze the tokens.", "%s %s the choices of each token, but %s: they are left out.", b.name, b.verb, why)
		return nil
	}
	info := b.Info()
	f.addRouter(info.Metadata)
	whole := f.metadata["tokens"] == info.Metadata["tokens"]
	var counted []string
	for _, t := range b.Tables() {
		own := slices.ContainsFunc(f.frames, frameNamed(t.Name))
		single := t.Name == "tokens" || t.Name == "requests" || t.Name == "weights"
		if own || !single && !whole && f.hasCounts() {
			continue
		}
		b.tables = append(b.tables, t.Name)
		if !single {
			counted = append(counted, t.Name)
		}
	}
	f.tellTokens(b, whole, counted)
	for _, told := range info.Findings {
		if told.Text != b.Steps || slices.Contains(counted, "steps") {
			f.findings = append(f.findings, told)
		}
	}
	f.addModel(b, info.Metadata)
	return b
}

// addRouter takes what the choices know of the router and the counts do not.
func (f *facts) addRouter(metadata map[string]string) {
	single := routing.ModelOf(metadata)
	if f.experts == 0 && single.Experts > 0 {
		f.experts = int64(single.Experts)
		f.set("experts", metadata["experts"], "the choices of each token")
	}
	if f.topK == 0 {
		f.topK = int64(single.TopK)
		f.set("top_k", metadata["top_k"], metadata["top_k_source"])
		f.findTokens()
		f.checkPairs()
	}
}

// hasCounts reports whether there are tables whose counts those of other tokens would
// contradict.
func (f *facts) hasCounts() bool {
	return f.activations != nil || f.steps != nil || f.coselection != nil || slices.ContainsFunc(f.frames, frameNamed("affinity"))
}

// contradicts says why the choices cannot be of the run that was counted, "" where they
// can be.
func (f *facts) contradicts(b *besides) string {
	counts, single := routing.ModelOf(f.metadata), routing.ModelOf(b.Info().Metadata)
	switch {
	case f.topK > 0 && int64(single.TopK) != f.topK:
		return fmt.Sprintf("they are top-%d, the counts top-%d", single.TopK, f.topK)
	case f.experts > 0 && single.Experts > 0 && int64(single.Experts) != f.experts:
		return fmt.Sprintf("they are of %s, the counts of %d", result.Count(int64(single.Experts), "expert"), f.experts)
	case counts.Level != "" && single.Level != "" && counts.Level != single.Level:
		return fmt.Sprintf("they are %s experts, the counts of %s ones", single.Level, counts.Level)
	}
	for _, l := range f.layers {
		if l >= 0 && !slices.Contains(b.Layers, l) {
			return fmt.Sprintf("the counts have a layer %d, and theirs are %v", l, b.Layers)
		}
	}
	return ""
}

// tellTokens says what the choices of each token are used for.
func (f *facts) tellTokens(b *besides, whole bool, counted []string) {
	n, err := strconv.ParseInt(b.Info().Metadata["tokens"], 10, 64)
	if err != nil {
		n = 0
	}
	text := fmt.Sprintf("%s %s the choices of %s", b.name, b.verb, result.Count(n, "token"))
	switch all, known := strconv.ParseInt(f.metadata["tokens"], 10, 64); {
	case len(counted) > 0:
		text += fmt.Sprintf("; what the counts lack is counted from them: %s", joined(counted))
	case whole:
		text += ", as many as are counted; nothing is counted twice"
	case known == nil:
		text += fmt.Sprintf(", and the counts are of %s: only what needs single tokens is worked out from the former", result.Grouped(all))
	default:
		text += "; only what needs single tokens is worked out from them"
	}
	f.findings = append(f.findings, result.Finding{Severity: result.Info, Text: text + "."})
}

func joined(words []string) string {
	text := words[0]
	for i, w := range words[1:] {
		if i == len(words)-2 {
			text += " and " + w
		} else {
			text += ", " + w
		}
	}
	return text
}

// addModel says what the recording allows with the choices of each token.
func (f *facts) addModel(b *besides, metadata map[string]string) {
	m, single := routing.ModelOf(f.metadata), routing.ModelOf(metadata)
	m.Tokens, f.single = true, metadata["tokens"]
	for _, table := range b.tables {
		switch table {
		case "steps":
			m.Steps = single.Steps
		case "coselection":
			m.Pairs = single.Pairs
		case "affinity":
			m.Next = single.Next
		case "weights":
			m.Weights = true
		}
	}
	if len(f.layers) == 0 {
		m.Layers, f.layers = single.Layers, b.Layers
	}
	if f.metadata["tokens"] == "" {
		f.set("tokens", metadata["tokens"], b.name)
	}
	if m.Source == "" {
		m.Source = single.Source
	}
	m.Write(f.metadata)
}
