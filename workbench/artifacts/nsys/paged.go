package nsys

import (
	"context"
	"errors"

	"profilemate/workbench/artifacts/nsys/pages"
)

// paged is a SQLite export read straight from its pages, several times faster than
// the library steps through rows. What the page reader declines the library reads.
type paged struct {
	*library
	pages *pages.File // nil: the whole file is declined
	only  bool        // what is declined is an error
}

func newPaged(l *library, only bool) *paged {
	p := &paged{library: l, only: only}
	if f, err := pages.OpenFile(l.file.path); err == nil {
		p.pages = f
	}
	return p
}

func (p *paged) close() error {
	err := p.library.close()
	if p.pages != nil {
		err = errors.Join(err, p.pages.Close())
	}
	return err
}

// scan reads pages, and by the library what the page reader declines: all of a
// table, or the rows that it has not delivered.
func (p *paged) scan(ctx context.Context, table string, wants []want, workers int, deliver deliver) (loss, error) {
	lost, err := p.scanPages(ctx, table, wants, workers, deliver)
	var declined *pages.Declined
	if p.only || !errors.As(err, &declined) {
		return lost, err
	}
	if declined.Rest == nil {
		return p.library.scan(ctx, table, wants, workers, deliver)
	}
	parts := make([]span, len(declined.Rest))
	for i, rest := range declined.Rest {
		parts[i] = span{rest.Low, rest.High}
	}
	lost, err = p.library.parts(ctx, table, wants, parts, deliver)
	if declined.Hurt {
		lost.hurt, lost.open = true, true
	}
	return lost, err
}

func (p *paged) scanPages(ctx context.Context, table string, wants []want, workers int, deliver deliver) (loss, error) {
	if p.pages == nil {
		return loss{}, &pages.Declined{Table: table, Reason: "the file as a whole is declined"}
	}
	t, err := p.pages.Table(table)
	if err != nil {
		return loss{}, &pages.Declined{Table: table, Reason: err.Error()}
	}
	list := make([]pages.Want, len(wants))
	for i, w := range wants {
		list[i] = pages.Want{Column: t.Index(w.column), As: storageOf(w.as)}
		if list[i].Column < 0 {
			return loss{}, &pages.Declined{Table: table, Reason: "no column " + w.column}
		}
	}
	chunks := make([]chunk, max(workers, 1))
	err = t.Scan(ctx, list, workers, func(worker int, b *pages.Rows) error {
		c := &chunks[worker]
		c.fill(b, wants)
		return deliver(worker, c)
	})
	var damage *pages.Damage
	if errors.As(err, &damage) {
		return loss{rows: damage.Lost, open: damage.Open, hurt: true}, nil
	}
	return loss{}, err
}

func storageOf(as kind) pages.Kind {
	return [...]pages.Kind{whole: pages.Int, real: pages.Float, words: pages.Text, blob: pages.Blob}[as]
}

// fill makes the chunk show a batch of the page reader.
func (c *chunk) fill(b *pages.Rows, wants []want) {
	c.rows = b.Len()
	if c.vectors == nil {
		c.vectors = make([]vector, len(wants))
	}
	for i, w := range wants {
		v := vector{nulls: b.Nulls(i)}
		switch w.as {
		case whole:
			v.ints = b.Ints(i)
		case real:
			v.reals = b.Floats(i)
		case words, blob:
			v.bytes = func(row int) []byte { return b.Bytes(i, row) }
		}
		c.vectors[i] = v
	}
}
