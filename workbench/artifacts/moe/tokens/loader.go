package tokens

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// loader gathers what the files of an artifact hold.
type loader struct {
	ctx       context.Context
	model     config                 // of a config.json in the folder
	numbers   []int64                // of the layers of arrays in the folder, as a tracker says; nil: unknown
	skip      func(path string) bool // files of a folder that somebody else reads; nil: none
	parts     []*part
	payloads  []payload
	arrays    []string // files of the parts
	answers   []string // files of the payloads
	responses int
	config    config // what the files themselves declare
	findings  []result.Finding
	refused   int // files or responses left out
	why       error
}

func (l *loader) warn(remedy, format string, args ...any) {
	l.findings = append(l.findings, result.Finding{Severity: result.Warning, Text: fmt.Sprintf(format, args...), Remedy: remedy})
}

func (l *loader) info(format string, args ...any) {
	l.findings = append(l.findings, result.Finding{Severity: result.Info, Text: fmt.Sprintf(format, args...)})
}

// addFolder adds the files of a folder; those that help to read them go first, wherever
// they stand. A file that cannot be read is left out and counted.
func (l *loader) addFolder(dir string, entries []fs.DirEntry) error {
	forms := make([]form, len(entries))
	l.numbers = nil
	for i, e := range entries {
		path := filepath.Join(dir, e.Name())
		if forms[i] = sniffFile(path); forms[i].hint() {
			l.addHint(path, forms[i])
		}
	}
	for i, e := range entries {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(dir, e.Name())
		if forms[i] == "" || forms[i].hint() || l.skip != nil && (forms[i] == torchForm || l.skip(path)) {
			continue
		}
		err := error(nil)
		if forms[i] == torchForm {
			err = torchFault(path)
		} else {
			err = l.addFile(path, forms[i])
		}
		if errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			l.refuse(fmt.Errorf("%s: %w", e.Name(), err))
		}
	}
	return nil
}

// addHint takes what a config.json or a tracker's metadata says of the other files.
func (l *loader) addHint(path string, form form) {
	data, err := os.ReadFile(path)
	if err != nil {
		return // the search has read it, so that it has just gone
	}
	if form == modelForm {
		l.model, _ = parseModel(data)
		return
	}
	l.numbers = parseTracker(data)
}

func (l *loader) refuse(why error) {
	if l.refused == 0 {
		l.why = why
	}
	l.refused++
}

// addFile adds one file.
func (l *loader) addFile(path string, form form) error {
	switch form {
	case responsesForm:
		return l.addResponses(path)
	case npyForm, npzForm, safetensorsForm:
		return l.addArrays(path, form)
	}
	return fault.Errorf(fault.Unsupported, "%s is no file of routing", filepath.Base(path))
}

// addResponses adds the responses of a file, and tells what of it cannot be read.
func (l *loader) addResponses(path string) error {
	a, err := readResponses(l.ctx, path)
	if err != nil {
		return err
	}
	if a.cut != nil {
		l.warn("What came before is used; write the file again to have all.", "%s breaks off %v.", filepath.Base(path), a.cut)
	}
	if a.bad.count > 0 {
		l.findings = append(l.findings, a.bad.finding(filepath.Base(path)))
	}
	l.payloads, l.responses, l.answers = append(l.payloads, a.list...), l.responses+a.responses, append(l.answers, path)
	return nil
}

func (l *loader) addArrays(path string, form form) error {
	c, err := readContents(path, form)
	if err != nil {
		return err
	}
	c.tracked = l.numbers
	p, err := c.part(l.model)
	if err != nil {
		return err
	}
	for _, name := range c.passed {
		l.info("%s: array %q is passed over: it is neither ids, weights nor router logits.", filepath.Base(path), name)
	}
	l.config = c.config
	p.segment.name, p.segment.prompt = filepath.Base(path), -1
	if len(l.parts) > 0 && (l.parts[0].shape != p.shape || (l.parts[0].segment.steps == nil) != (p.segment.steps == nil)) {
		return fault.Errorf(fault.Unsupported, "%d layers with top-%d, not %d with top-%d as in the files before", p.shape.Layers, p.shape.TopK, l.parts[0].shape.Layers, l.parts[0].shape.TopK)
	}
	if len(l.parts) > 0 && !slices.Equal(l.parts[0].layers, p.layers) {
		return fault.Errorf(fault.Unsupported, "its layers have the numbers %v, not %v as in the files before", p.layers, l.parts[0].layers)
	}
	p.segment.request = int64(len(l.parts))
	l.parts, l.arrays = append(l.parts, p), append(l.arrays, path)
	return nil
}

// recording joins what was added.
func (l *loader) recording() (*recording, error) {
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	var r *recording
	var err error
	switch {
	case len(l.parts) > 0:
		r = l.fromArrays()
		if len(l.payloads) > 0 {
			l.warn("Open the responses in a folder of their own.", "%s with routed experts are left out: the folder holds arrays too.", result.Count(int64(len(l.payloads)), "response"))
		}
	case len(l.payloads) > 0:
		r, err = l.fromPayloads()
	default:
		err = l.nothing()
	}
	if err != nil {
		return nil, err
	}
	if l.refused > 0 {
		l.warn("Mend those parts or record them again, and keep each model in a folder of its own; the others are used.",
			"%s of the recording cannot be used, the first: %v.", result.Count(int64(l.refused), "part"), l.why)
	}
	r.close()
	if r.tokens() == 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Corrupt, "reading token-level routing: there is no token"), "record it again")
	}
	r.facts.findings = l.findings
	r.facts.means = r.divide()
	return r, nil
}

// nothing says why there is no routing at all.
func (l *loader) nothing() error {
	if l.why != nil {
		return l.why
	}
	return fault.WithRemedy(fault.Errorf(fault.Missing, "reading token-level routing: none of %s has routed experts", result.Count(int64(l.responses), "response")),
		"start vLLM with --enable-return-routed-experts, or SGLang with --enable-return-routed-experts and ask for return_routed_experts")
}

func (l *loader) fromArrays() *recording {
	first := l.parts[0]
	r := &recording{shape: first.shape, layers: first.layers}
	for _, p := range l.parts {
		r.segments = append(r.segments, p.segment)
	}
	r.facts = facts{source: "array of ids", experts: l.config.experts, topKFrom: "the last axis of the ids", narrow: first.narrow, weights: first.weights}
	if l.config.scoring != "" && l.config.topK == first.shape.TopK && first.weights {
		r.facts.source, r.facts.topKFrom = logitsSource, l.config.from
		l.info("The experts are the %d highest of %d logits, and the weights their %s; a router that adds a bias or limits groups (as DeepSeek-V3's) chose otherwise.",
			first.shape.TopK, l.config.experts, scores(l.config))
	}
	if first.order != tokensFirst && first.order != oneEach {
		l.info("The axes of the array are taken as %s: %s.", first.order, result.Count(int64(first.shape.Layers), "layer"))
	}
	return r
}

func scores(c config) string {
	if c.renorm {
		return c.scoring + " scores, brought to a sum of 1"
	}
	return c.scoring + " scores"
}

// fromPayloads decodes every payload once, to know that it can be.
func (l *loader) fromPayloads() (*recording, error) {
	r := &recording{facts: facts{source: "vLLM routed_experts", topKFrom: "the shape of routed_experts", level: routing.Logical, experts: l.model.experts}}
	if l.payloads[0].flat {
		r.facts.source = "SGLang routed_experts"
		if err := l.flatShape(r); err != nil {
			return nil, err
		}
	}
	told := lengths{}
	for _, p := range l.payloads {
		if err := l.ctx.Err(); err != nil {
			return nil, err
		}
		planes, shape, tokens, err := p.decode(r.shape)
		if err == nil && len(r.segments) > 0 && shape != r.shape {
			err = fmt.Errorf("%d layers with top-%d, not %d with top-%d as before: another model", shape.Layers, shape.TopK, r.shape.Layers, r.shape.TopK)
		}
		if err != nil {
			l.refuse(fmt.Errorf("%s: %w", p.name(), err))
			continue
		}
		r.shape, r.facts.narrow = shape, planes[0].array.Type.Bytes == 1
		told.add(p, tokens)
		r.segments = append(r.segments, p.segment(int64(len(r.segments)), shape, tokens))
		r.facts.requests = append(r.facts.requests, request{p.id, tokens, p.usage})
	}
	if len(r.segments) == 0 {
		return nil, l.nothing()
	}
	if many := told.many(); many > 0 {
		l.info("%s several choices: the tokens of a prompt count once for each choice.", result.Count(int64(many), "response")+has(many))
	}
	if short := told.short(); short > 0 {
		l.warn("Check the server's version: external KV caches and disaggregated prefill lose rows.",
			"In %s the tokens are not those of the usage field less one: rows are missing or shifted there.", result.Count(int64(short), "response"))
	}
	if without := l.responses - len(l.payloads); without > 0 {
		l.info("%s no routed experts.", result.Count(int64(without), "response")+has(without))
	}
	r.layers = make([]int64, r.shape.Layers)
	for i := range r.layers {
		r.layers[i] = int64(i)
	}
	return r, nil
}

func has(n int) string {
	if n == 1 {
		return " has"
	}
	return " have"
}

// flatShape finds the shape of SGLang's ids from the usage fields, and top-k from the
// model's config.json or the ids themselves.
func (l *loader) flatShape(r *recording) error {
	var err error
	for i, p := range l.payloads {
		var data []byte
		if data, err = l.answerData(i); err != nil {
			err = fmt.Errorf("%s: %w", p.name(), err)
			continue
		}
		var width int
		if width, err = p.width(len(data) / 4); err != nil {
			continue
		}
		k, from := l.model.topK, l.model.from
		if k == 0 || width%k != 0 {
			k, from = inferTopK(data, width), "the ids: the longest rows that name no expert twice"
		}
		if k == 0 {
			err = fault.WithRemedy(fault.Errorf(fault.Missing, "%s has too few tokens to tell %d ids a token apart into layers", p.name(), width),
				"put the responses into a folder with the model's config.json")
			continue
		}
		r.shape, r.facts.topKFrom = routing.Shape{Layers: width / k, TopK: k}, from
		if err = checkShape(r.shape); err == nil {
			return nil
		}
	}
	return err
}

// answerData gives the ids of all choices of the response that payload i belongs to.
func (l *loader) answerData(i int) ([]byte, error) {
	p := l.payloads[i]
	if p.choices <= 1 {
		return p.load()
	}
	var all []byte
	for _, q := range l.payloads {
		if q.path != p.path || q.answer != p.answer {
			continue
		}
		data, err := q.load()
		if err != nil {
			return nil, err
		}
		all = append(all, data...)
	}
	return all, nil
}
