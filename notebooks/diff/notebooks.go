package diff

import (
	"slices"
	"strings"

	"profilemate/notebooks"
)

// Change is a cell that two notebooks do not have in common as it is.
type Change struct {
	Kind    string   `json:"kind"`              // one of the Change kinds
	Cell    string   `json:"cell"`              // id: in the newer notebook, or in the older one for a cell that is gone
	Type    string   `json:"type"`              // "code", "markdown" or "raw"
	From    int      `json:"from,omitempty"`    // place in the older notebook, counted from 1; 0: it was not there
	To      int      `json:"to,omitempty"`      // place in the newer notebook, counted from 1; 0: it is not there
	Source  []Line   `json:"source,omitempty"`  // the text, line by line, of a cell that is new, gone or edited
	Outputs []string `json:"outputs,omitempty"` // how the results differ, a sentence each
}

// The kinds of changes.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed" // text, type or outputs
	Moved   = "moved"   // as it was, at another place
)

// Line is a line of a cell's text.
type Line struct {
	Mark string `json:"mark"` // "+" it is new, "-" it is gone, " " it stayed
	Text string `json:"text"`
}

// Notebooks lists what differs from the older to the newer notebook, in the order
// of the newer one. Cells belong together by their id, and, where ids differ, by
// their text.
func Notebooks(a, b *notebooks.Notebook) []Change {
	pairs := align(a, b)
	moved := outOfOrder(pairs)
	var changes []Change
	for i, c := range a.Cells {
		if !slices.Contains(pairs, i) {
			changes = append(changes, Change{Kind: Removed, Cell: c.ID, Type: string(c.Type), From: i + 1, Source: lines(c.Source, "")})
		}
	}
	for j, c := range b.Cells {
		if pairs[j] < 0 {
			changes = append(changes, Change{Kind: Added, Cell: c.ID, Type: string(c.Type), To: j + 1, Source: lines("", c.Source)})
			continue
		}
		if change, ok := pair(a.Cells[pairs[j]], c, moved[j]); ok {
			change.From, change.To = pairs[j]+1, j+1
			changes = append(changes, change)
		}
	}
	return changes
}

// pair compares a cell with what it has become; ok is false where nothing differs.
func pair(old, now *notebooks.Cell, moved bool) (Change, bool) {
	c := Change{Kind: Changed, Cell: now.ID, Type: string(now.Type)}
	if old.Source != now.Source || old.Type != now.Type {
		c.Source = lines(old.Source, now.Source)
	}
	if old.Type == notebooks.Code && now.Type == notebooks.Code {
		c.Outputs = Outputs(old.Outputs, now.Outputs)
	}
	if c.Source == nil && c.Outputs == nil {
		c.Kind = Moved
		return c, moved
	}
	return c, true
}

// align returns for each cell of b the index of its older self in a, or -1.
func align(a, b *notebooks.Notebook) []int {
	pairs, taken := make([]int, len(b.Cells)), make([]bool, len(a.Cells))
	for j := range pairs {
		pairs[j] = -1
	}
	match := func(same func(old, now *notebooks.Cell) bool) {
		for j, now := range b.Cells {
			for i, old := range a.Cells {
				if pairs[j] < 0 && !taken[i] && same(old, now) {
					pairs[j], taken[i] = i, true
				}
			}
		}
	}
	match(func(old, now *notebooks.Cell) bool { return old.ID == now.ID })
	match(func(old, now *notebooks.Cell) bool {
		return old.Type == now.Type && strings.TrimSpace(now.Source) != "" && strings.TrimSpace(old.Source) == strings.TrimSpace(now.Source)
	})
	match(func(old, now *notebooks.Cell) bool { return old.Type == now.Type && similar(old.Source, now.Source) })
	return pairs
}

// similar reports whether two texts have at least half of their lines, or for a
// single line half of its words, in common.
func similar(a, b string) bool {
	x, y := strings.Split(strings.TrimSpace(a), "\n"), strings.Split(strings.TrimSpace(b), "\n")
	if len(x) == 1 && len(y) == 1 {
		x, y = strings.Fields(a), strings.Fields(b)
	}
	return len(x) > 0 && len(y) > 0 && 2*len(common(x, y)) >= max(len(x), len(y))
}

// outOfOrder reports of each cell of the newer notebook whether it was moved: it is
// not in the longest run of cells that kept their order.
func outOfOrder(pairs []int) map[int]bool {
	best, from := make([]int, len(pairs)), make([]int, len(pairs))
	last := -1
	for j := range pairs {
		from[j] = -1
		if pairs[j] < 0 {
			continue
		}
		best[j] = 1
		for k := range j {
			if pairs[k] >= 0 && pairs[k] < pairs[j] && best[k] >= best[j] {
				best[j], from[j] = best[k]+1, k
			}
		}
		if last < 0 || best[j] > best[last] {
			last = j
		}
	}
	moved := map[int]bool{}
	for j := range pairs {
		moved[j] = pairs[j] >= 0
	}
	for ; last >= 0; last = from[last] {
		moved[last] = false
	}
	return moved
}

// lines compares two texts line by line.
func lines(a, b string) []Line {
	x, y := split(a), split(b)
	list := []Line{}
	i, j := 0, 0
	for _, c := range append(common(x, y), [2]int{len(x), len(y)}) {
		for ; i < c[0]; i++ {
			list = append(list, Line{"-", x[i]})
		}
		for ; j < c[1]; j++ {
			list = append(list, Line{"+", y[j]})
		}
		if i < len(x) && j < len(y) {
			list = append(list, Line{" ", x[i]})
		}
		i, j = i+1, j+1
	}
	return list
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// maxCompared bounds the lines of a cell that are compared with each other; beyond
// it the whole text counts as changed.
const maxCompared = 2000

// common returns the places of a longest common subsequence, as pairs.
func common(x, y []string) [][2]int {
	if len(x) > maxCompared || len(y) > maxCompared {
		return nil
	}
	longest := make([][]int, len(x)+1)
	for i := range longest {
		longest[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var pairs [][2]int
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] == y[j]:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}
