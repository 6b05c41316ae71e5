package export

import (
	"fmt"

	"profilemate/notebooks"
	"profilemate/notebooks/graph"
	"profilemate/workbench/result"
)

// markWords says that a notebook is reproduced, where it has the mark and nothing has
// changed since; empty for any other.
func markWords(n *notebooks.Notebook) string {
	m, ok := graph.MarkOf(n)
	if !ok || !graph.Holds(n) {
		return ""
	}
	return fmt.Sprintf("Reproduced: every cell ran in order in a fresh kernel, from %s, with build %s.",
		result.Count(int64(len(m.Inputs)), "file"), m.Build)
}
