package hub_test

import (
	"encoding/json"
	"testing"

	"profilemate/web/hub"
	"profilemate/workbench/jupyter"
)

// A client that does not read loses all that waits and its connection, rather than a
// part from the middle of the story; the server keeps no more than the limit.
func TestMailboxIsBounded(t *testing.T) {
	t.Parallel()
	b := hub.NewMailbox(10 << 10)
	m := jupyter.Message{Content: json.RawMessage(make([]byte, 4<<10))} // 5 KiB with its headers
	if !b.Put(m) || !b.Put(m) {
		t.Error("10 KiB do not fit")
	}
	b.Take()
	if !b.Put(m) {
		t.Error("what was taken still counts")
	}
	if b.Put(m) {
		t.Error("15 KiB fit into 10")
	}
	if ok, closed := b.Peek(); ok || !closed {
		t.Errorf("after too much there is a message: %t; closed: %t", ok, closed)
	}
}
