package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"profilemate/notebooks"
	"profilemate/notebooks/diff"
)

// headless returns what runs the copy, and what removes its store. A store of its own
// makes sure that nothing is only read back.
func (c *notebookVerifyCmd) headless(a *app) (h headless, cleanup func(), err error) {
	dir, err := filepath.Abs(filepath.Dir(c.Notebook))
	if err != nil {
		return headless{}, nil, err
	}
	h = headless{app: a, dir: dir, timeout: c.Timeout, keepGoing: true, memory: c.KernelMemory}
	cleanup = func() {}
	if !c.Reuse {
		if h.cache, err = os.MkdirTemp("", "profilemate-verify-"); err != nil {
			return headless{}, nil, err
		}
		cleanup = func() { os.RemoveAll(h.cache) }
	}
	words := a.err
	if c.Quiet {
		words = io.Discard
	}
	h.report(words)
	return h, cleanup, nil
}

// compareRuns lists the differences between what a notebook holds and what it gave
// when it ran, and counts the cells that differ.
func compareRuns(held, ran *notebooks.Notebook) (lines []string, cells int) {
	for i, c := range held.Cells {
		if c.Type != notebooks.Code {
			continue
		}
		now, err := ran.Cell(c.ID)
		if err != nil {
			continue // the run changes no cells
		}
		found := append(changedInputs(c, now), diff.Outputs(c.Outputs, now.Outputs)...)
		if len(found) > 0 {
			cells++
			lines = append(lines, fmt.Sprintf("cell %d (%s): %s", i+1, c.ID, firstLine(c.Source, 90)))
		}
		for _, line := range found {
			lines = append(lines, "  "+line)
		}
	}
	return lines, cells
}

// changedInputs lists the artifacts of a cell whose digest is another than when the
// notebook was saved.
func changedInputs(held, ran *notebooks.Cell) []string {
	before, now := inputDigests(held), inputDigests(ran)
	var lines []string
	for path, digest := range before {
		if other := now[path]; digest != "" && other != "" && other != digest {
			lines = append(lines, "the file "+path+" has another content than when the cell ran")
		}
	}
	return lines
}

// inputDigests returns the digests of a cell's results' inputs by path.
func inputDigests(c *notebooks.Cell) map[string]string {
	digests := map[string]string{}
	for _, o := range c.Outputs {
		if b, ok := o.Data().Result(); ok {
			for _, in := range b.Inputs {
				digests[in.Path] = in.Digest
			}
		}
	}
	return digests
}
