package live

import (
	"profilemate/notebooks"
	"profilemate/workbench/result"
)

// repin holds on to the stored results that clients see, and lets go of those that
// they no longer do. The caller holds d.mu.
func (d *Document) repin() {
	if d.opts.Pin == nil {
		return
	}
	shown := map[string]bool{}
	if len(d.clients) > 0 && !d.closed {
		shown = d.resultKeys()
	}
	for key, unpin := range d.pins {
		if !shown[key] {
			unpin()
			delete(d.pins, key)
		}
	}
	for key := range shown {
		if d.pins[key] == nil {
			d.pins[key] = d.opts.Pin(key)
		}
	}
}

// resultKeys returns the store's keys of the results in the document's outputs.
func (d *Document) resultKeys() map[string]bool {
	keys := map[string]bool{}
	for _, c := range d.book.Cells {
		if c.Type != notebooks.Code {
			continue
		}
		for _, o := range c.Outputs {
			// Only the key is looked at: decoding whole results would cost each change.
			bundle, _ := o.Data()[result.MIME].(map[string]any)
			if key, _ := bundle["key"].(string); key != "" {
				keys[key] = true
			}
		}
	}
	return keys
}
