package live

// The events that are kept for clients that come back.
const (
	historyEvents = 400
	historyBytes  = 4 << 20
)

// history is the last events of a document. Its zero value keeps none until it is
// wanted. The document's mu guards it.
type history struct {
	wanted bool // a client was here that may come back
	events []kept
	bytes  int
}

// kept is an event as it was sent, and the document's sequence number then.
type kept struct {
	seq  int64
	text []byte
}

// add keeps an event and drops the oldest ones beyond the limits.
func (h *history) add(seq int64, text []byte) {
	h.events = append(h.events, kept{seq, text})
	h.bytes += len(text)
	for len(h.events) > historyEvents || h.bytes > historyBytes {
		h.bytes -= len(h.events[0].text)
		h.events = h.events[1:]
	}
}

// since returns the events after a sequence number, up to the last one; ok is false
// where some of them are no longer kept.
func (h *history) since(seq, last int64) (missed [][]byte, ok bool) {
	next := seq + 1
	for _, e := range h.events {
		switch {
		case e.seq < next-1 || e.seq == seq:
		case e.seq > next:
			return nil, false // there is a hole
		default:
			missed, next = append(missed, e.text), e.seq+1
		}
	}
	return missed, next > last && seq <= last
}
