package moe

import (
	"profilemate/frames"
)

// coselection is the sink of moe_expert_coselection.csv. Rows are kept in the order
// of their experts at first: a file that holds the whole symmetric matrix says each
// pair twice, and adding the two up would double every count.
type coselection struct {
	tally
	loops int64 // rows that pair an expert with itself
}

func (c *coselection) add(r *row) error {
	k := key{layer: r.layer(), a: r.id(expertACol, 0), b: r.id(expertBCol, 0)}
	n := r.integer(countCol, 0)
	if r.err != nil {
		return r.err
	}
	if k.a == k.b {
		c.loops++
		return nil
	}
	return c.tally.add(k, n)
}

func (c *coselection) schema() frames.Schema {
	return frames.Schema{layerField(), expertField("expert_a"), intField("expert_b", "index of the other expert, above expert_a"), tokensField()}
}

func (c *coselection) finish(n *notes) *frames.Frame {
	c.noteRepeats(n, "layer and pair of experts")
	if c.loops > 0 {
		n.info("%s left out: a token chooses an expert once.",
			agree(c.loops, "row", "pairs an expert with itself and is", "pair an expert with itself and are"))
	}
	c.fold(n)
	b := frames.NewBuilder("coselection", c.schema())
	for _, k := range c.sorted() {
		b.Row(k.layer, k.a, k.b, c.counts[k])
	}
	return b.Frame()
}

// fold brings every pair into ascending order. A whole symmetric matrix is halved; a
// file that has some pairs in both orders with different counts is added up.
func (c *coselection) fold(n *notes) {
	mirrored := c.mirrored()
	unordered := newTally()
	for _, k := range c.sorted() {
		turned := k
		if k.a > k.b {
			if mirrored {
				continue
			}
			turned.a, turned.b = k.b, k.a
		}
		// The total cannot grow beyond that of the rows, which was checked.
		_ = unordered.add(turned, c.counts[k])
	}
	both := unordered.repeated
	switch {
	case mirrored:
		n.info("the file holds each pair in both orders with the same count; each is counted once.")
	case both > 0:
		n.warn("Check which order the tracker meant.", "%s in both orders with different counts; these are added up.", agree(both, "pair", "stands", "stand"))
	}
	c.counts = unordered.counts
}

// mirrored reports whether every pair stands in both orders with the same count.
func (c *coselection) mirrored() bool {
	for k, n := range c.counts {
		turned, ok := c.counts[key{k.layer, k.b, k.a}]
		if !ok || turned != n {
			return false
		}
	}
	return len(c.counts) > 0
}
