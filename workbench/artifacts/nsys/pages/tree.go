package pages

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"profilemate/workbench/fault"
)

// The kinds of b-tree page of a table, and where the page's fields are (section 1.6).
const (
	interiorPage = 5
	leafPage     = 13

	cellsField     = 3
	rightField     = 8
	leafHeader     = 8
	interiorHeader = 12
)

// maxDepth is how many levels SQLite itself reads (BTCURSOR_MAX_DEPTH).
const maxDepth = 20

// node is a page of a tree. The rowids below it are above the high of the node
// before it, and at most its own.
type node struct {
	page uint32 // 0: lost; its damage is noted
	high int64
}

// walk finds the leaves of one tree.
type walk struct {
	file   *File
	root   uint32
	seen   bitmap
	buf    []byte
	damage tally
}

// leaves returns the leaf pages of the tree at root in the order of their rowids,
// and what is damaged above them. It reads the inner pages and the first leaf.
func (f *File) leaves(ctx context.Context, root uint32) ([]node, tally, error) {
	w := &walk{file: f, root: root, seen: newBitmap(f.pages), buf: f.buffer(1)}
	level := []node{{root, math.MaxInt64}}
	if refusal := w.admit(root); refusal != "" {
		w.lose(&level[0], math.MinInt64, fault.Errorf(fault.Corrupt, "its first page, page %d, %s", root, refusal))
	}
	for range maxDepth {
		leaf, err := w.isLeafLevel(level)
		if err != nil || leaf {
			return level, w.damage, err
		}
		if level, err = w.expand(ctx, level); err != nil {
			return nil, w.damage, err
		}
	}
	return nil, w.damage, fault.Errorf(fault.Corrupt, "page %d: the tree is more than %d levels deep", root, maxDepth)
}

// admit marks a page as part of the tree and returns why it cannot be.
func (w *walk) admit(page uint32) (refusal string) {
	switch {
	case page == 0 || page == 1 && w.root != 1:
		return "cannot be part of a table"
	case int64(page) > w.file.pages:
		return fmt.Sprintf("is not in the file, which has %d", w.file.pages)
	case !w.seen.add(page):
		return "stands in the tree twice"
	}
	return ""
}

// adopt admits a child that is named at a byte of its parent. One that cannot be
// admitted is lost.
func (w *walk) adopt(child *node, low int64, parent uint32, at int) {
	if refusal := w.admit(child.page); refusal != "" {
		w.lose(child, low, w.file.corrupt(parent, at, "child page %d %s", child.page, refusal))
	}
}

func (w *walk) lose(n *node, low int64, err error) {
	w.damage.note(err, Span{low, n.high})
	n.page = 0
}

// isLeafLevel decides by the first page of a level that is a page of a table: all
// leaves of a b-tree are equally deep.
func (w *walk) isLeafLevel(level []node) (bool, error) {
	for _, n := range level {
		if n.page == 0 {
			continue
		}
		whole, err := w.file.read(w.buf, n.page, 1)
		if err != nil {
			return false, err
		}
		switch kind := w.buf[headerAt(n.page)]; {
		case whole == 0:
		case kind == leafPage:
			return true, nil
		case kind == interiorPage:
			return false, nil
		}
	}
	return true, nil
}

// headerAt is where the b-tree header of a page begins.
func headerAt(page uint32) int {
	if page == 1 {
		return headerBytes
	}
	return 0
}

// expand returns the children of all nodes of a level.
func (w *walk) expand(ctx context.Context, level []node) ([]node, error) {
	var children []node
	low := int64(math.MinInt64)
	for i := range level {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		n := &level[i]
		if n.page != 0 {
			found, err := w.children(children, *n, low)
			if err != nil {
				return nil, err
			}
			children = found
		}
		if n.page == 0 || len(children) == 0 || children[len(children)-1].high != n.high {
			children = push(children, node{0, n.high})
		}
		if n.high < math.MaxInt64 {
			low = n.high + 1
		}
	}
	return children, nil
}

// children appends the children of an inner page whose rowids are from low on.
func (w *walk) children(list []node, n node, low int64) ([]node, error) {
	p, at := w.buf, headerAt(n.page)
	whole, err := w.file.read(p, n.page, 1)
	if err != nil {
		return nil, err
	}
	if whole == 0 || p[at] != interiorPage {
		w.lose(&n, low, w.file.corrupt(n.page, at, "an inner page of the table was expected"))
		return list, nil
	}
	cells := int(binary.BigEndian.Uint16(p[at+cellsField:]))
	first := at + interiorHeader + 2*cells
	if first > w.file.usable {
		w.lose(&n, low, w.file.corrupt(n.page, at+cellsField, "%d children do not fit in a page", cells+1))
		return list, nil
	}
	for i := range cells {
		pointer := at + interiorHeader + 2*i
		child := node{high: n.high}
		cell := int(binary.BigEndian.Uint16(p[pointer:]))
		if cell < first || cell > w.file.usable-5 {
			w.damage.note(w.file.corrupt(n.page, pointer, "child %d is described outside the page", i), unknown)
			continue
		}
		key, _ := varint(p, cell+4)
		if child.high = int64(key); child.high < low || child.high >= n.high {
			w.damage.note(w.file.corrupt(n.page, cell, "the rowids of child %d are out of order", i), unknown)
			continue
		}
		child.page = binary.BigEndian.Uint32(p[cell:])
		w.adopt(&child, low, n.page, cell)
		list = push(list, child)
		low = child.high + 1
	}
	right := node{binary.BigEndian.Uint32(p[at+rightField:]), n.high}
	w.adopt(&right, low, n.page, at+rightField)
	return push(list, right), nil
}

// push appends a node. Lost ones beside each other become one, so that a list is
// never much longer than the file.
func push(list []node, n node) []node {
	if last := len(list) - 1; n.page == 0 && last >= 0 && list[last].page == 0 {
		list[last].high = n.high
		return list
	}
	return append(list, n)
}

// bitmap is a set of page numbers.
type bitmap []uint64

func newBitmap(pages int64) bitmap { return make(bitmap, pages/64+1) }

// add reports whether the page was not in the set. Pages beyond the file never are.
func (b bitmap) add(page uint32) bool {
	word, bit := page/64, uint64(1)<<(page%64)
	if int64(word) >= int64(len(b)) || b[word]&bit != 0 {
		return false
	}
	b[word] |= bit
	return true
}
