package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// resume connects a client that has seen the events of a run up to a number, and
// returns the first event that it gets.
func (s *site) resume(run string, seq int64) event {
	s.t.Helper()
	address := fmt.Sprintf("ws%s/api/workbench/live/a.ipynb?token=%s&run=%s&since=%d", strings.TrimPrefix(s.http.URL, "http"), token, run, seq)
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	_, text, err := conn.ReadMessage()
	if err != nil {
		s.t.Fatal(err)
	}
	var e event
	if err := json.Unmarshal(text, &e); err != nil {
		s.t.Fatal(err)
	}
	return e
}

func TestReconnectReplaysFromANumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, first := s.watch("a.ipynb")
	if first.Run == "" {
		t.Fatal("the snapshot names no run")
	}
	v.conn.Close()
	other, _ := s.watch("a.ipynb")
	other.ask(`{"op":"run","cell":"c1"}`)
	other.settled("c1", "done")
	if e := s.resume(first.Run, first.Seq); e.Type != "cell" || e.Seq != first.Seq+1 {
		t.Errorf("the first event after %d is a %s with %d", first.Seq, e.Type, e.Seq)
	}
	for _, row := range []struct {
		run string
		seq int64
	}{{"other", first.Seq}, {first.Run, first.Seq + 1000}, {first.Run, -5}} {
		if e := s.resume(row.run, row.seq); e.Type != "snapshot" {
			t.Errorf("run %s, %d: %s", row.run, row.seq, e.Type)
		}
	}
	for range 500 { // more than is kept
		other.ask(`{"op":"edit","cell":"c1","source":"a"}`)
		other.ask(`{"op":"edit","cell":"c1","source":"b"}`)
	}
	if e := s.resume(first.Run, first.Seq); e.Type != "snapshot" {
		t.Errorf("after much: %s", e.Type)
	}
}
