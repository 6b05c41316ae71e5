package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"profilemate/web/live"

	"profilemate/web"
	"profilemate/workbench/analysis"
)

// event is any message of the server.
type event struct {
	Type, Path, Title, State, Kernel, Message, Text, Modified, Run string
	KernelMessage                                                  string
	Seq, ID, ElapsedNs                                             int64
	Index                                                          int
	Dirty                                                          bool
	Cell                                                           json.RawMessage // an object in a cell event, else an id
	Cells                                                          json.RawMessage // objects in a snapshot, ids in an order
	Error                                                          *struct{ Kind, Message string }
	Completion                                                     *live.Completion
	Inspection                                                     *live.Inspection
	Variables                                                      []live.Variable
}

// cell is a cell as the page sees it.
type cell struct {
	ID, CellType, Source, State, HTML, CallError string
	ExecutionCount                               *int
	StartedAt                                    *string
	ElapsedNs                                    int64
	Outputs                                      []map[string]any
	Call                                         *struct {
		Analysis string
		Inputs   []struct{ Role, Path string }
		Params   map[string]string
	}
}

func (e event) cell() cell {
	var c cell
	_ = json.Unmarshal(e.Cell, &c) // an id leaves it empty
	return c
}

func (e event) cells(t *testing.T) map[string]cell {
	t.Helper()
	var list []cell
	if err := json.Unmarshal(e.Cells, &list); err != nil {
		t.Fatal(err)
	}
	byID := map[string]cell{}
	for _, c := range list {
		byID[c.ID] = c
	}
	return byID
}

// viewer is one client of a live document.
type viewer struct {
	t    *testing.T
	conn *websocket.Conn
	next int64
	seen []event
	seq  int64
}

// watch connects a client and takes its snapshot.
func (s *site) watch(path string) (*viewer, event) {
	s.t.Helper()
	url := "ws" + strings.TrimPrefix(s.http.URL, "http") + "/api/workbench/live/" + path + "?token=" + token
	conn, response, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		s.t.Fatalf("connecting: %v (%v)", err, response)
	}
	s.t.Cleanup(func() { conn.Close() })
	v := &viewer{t: s.t, conn: conn}
	first := v.receive()
	if first.Type != "snapshot" || first.Path != path {
		s.t.Fatalf("the first event is %+v", first)
	}
	v.seq = first.Seq
	return v, first
}

func (v *viewer) receive() event {
	v.t.Helper()
	if err := v.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		v.t.Fatal(err)
	}
	_, text, err := v.conn.ReadMessage()
	if err != nil {
		v.t.Fatalf("receiving: %v; seen %s", err, v.story())
	}
	var e event
	if err := json.Unmarshal(text, &e); err != nil {
		v.t.Fatalf("%s: %v", text, err)
	}
	if e.Type != "snapshot" && e.Type != "reply" && e.Type != "progress" {
		if v.seq++; e.Seq != v.seq {
			v.t.Errorf("event %s has number %d, want %d", text, e.Seq, v.seq)
		}
	}
	v.seen = append(v.seen, e)
	return e
}

func (v *viewer) story() string {
	var b strings.Builder
	for _, e := range v.seen {
		b.WriteString(e.Type + " " + e.State + e.cell().ID + " " + e.cell().State + "; ")
	}
	return b.String()
}

// until receives events until one satisfies enough.
func (v *viewer) until(enough func(event) bool) event {
	v.t.Helper()
	for {
		if e := v.receive(); enough(e) {
			return e
		}
	}
}

// settled waits for a state of a cell.
func (v *viewer) settled(id, state string) cell {
	v.t.Helper()
	return v.until(func(e event) bool { return e.Type == "cell" && e.cell().ID == id && e.cell().State == state }).cell()
}

// ask sends an operation, given as JSON without its id, and returns the reply.
func (v *viewer) ask(op string) event {
	v.t.Helper()
	id := v.send(op)
	return v.until(func(e event) bool { return e.Type == "reply" && e.ID == id })
}

func (v *viewer) send(op string) int64 {
	v.t.Helper()
	v.next++
	var fields map[string]any
	if err := json.Unmarshal([]byte(op), &fields); err != nil {
		v.t.Fatalf("%s: %v", op, err)
	}
	fields["id"] = v.next
	if err := v.conn.WriteJSON(fields); err != nil {
		v.t.Fatal(err)
	}
	return v.next
}

// do sends an operation that must succeed.
func (v *viewer) do(op string) event {
	v.t.Helper()
	reply := v.ask(op)
	if reply.Error != nil {
		v.t.Fatalf("%s: %+v", op, reply.Error)
	}
	return reply
}

func TestSocketIsGuarded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	url := "ws" + strings.TrimPrefix(s.http.URL, "http") + "/api/workbench/live/a.ipynb"
	cookies := s.login()
	table := []struct {
		name, url string
		header    http.Header
		ok        bool
	}{
		{"nothing", url, nil, false},
		{"a wrong token", url + "?token=x", nil, false},
		{"a foreign origin", url + "?token=" + token, http.Header{"Origin": {"http://evil.example"}}, false},
		{"a foreign origin with the cookie", url, http.Header{"Origin": {"http://localhost:1"}, "Cookie": {cookies.all}}, false},
		{"the token", url + "?token=" + token, nil, true},
		{"own origin with the cookie", url, http.Header{"Origin": {s.http.URL}, "Cookie": {cookies.all}}, true},
	}
	for _, row := range table {
		conn, response, err := websocket.DefaultDialer.Dial(row.url, row.header)
		if (err == nil) != row.ok || err != nil && response.StatusCode != 403 {
			t.Errorf("%s: %v, %v", row.name, err, response)
		}
		if err == nil {
			conn.Close()
		}
	}
}

func TestSocketRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, _ := s.watch("a.ipynb")
	table := []struct{ op, kind string }{
		{`{"op":"dance"}`, "misuse"},
		{`{"op":"run","cell":"none"}`, "not-found"},
		{`{"op":"edit","cell":"c1"}`, "misuse"},
		{`{"op":"edit","cell":"none","source":""}`, "not-found"},
		{`{"op":"insert","cellType":"song","source":""}`, "misuse"},
		{`{"op":"insert","index":-1,"cellType":"code","source":""}`, "misuse"},
		{`{"op":"move","cell":"c1"}`, "misuse"},
		{`{"op":"move","cell":"c1","index":-2}`, "misuse"},
		{`{"op":"delete","cell":"none"}`, "not-found"},
		{`{"op":"clear","cell":"none"}`, "not-found"},
		{`{"op":"edit","cell":7}`, "misuse"},
		{`{"op":"form","cell":"c1","call":{"analysis":"none"}}`, "not-found"},
		{`{"op":"form","cell":"c1","call":{"analysis":"act","params":{"top":"99"}}}`, "misuse"},
		{`{"op":"form","cell":"c1","call":{"analysis":"act","params":{"depth":"1"}}}`, "misuse"},
	}
	for _, row := range table {
		reply := v.ask(row.op)
		if reply.Error == nil || reply.Error.Kind != row.kind || reply.Error.Message == "" {
			t.Errorf("%s: %+v, want %s", row.op, reply.Error, row.kind)
		}
	}
	if err := v.conn.WriteMessage(websocket.TextMessage, []byte("{")); err != nil {
		t.Fatal(err)
	}
	if e := v.receive(); e.Type != "reply" || e.Error == nil {
		t.Errorf("broken JSON got %+v", e)
	}
}

// counting counts how often the analyses are asked for.
type counting struct {
	*backend
	asked *atomic.Int32
}

func (c counting) Analyses() []analysis.Analysis {
	c.asked.Add(1)
	return c.backend.Analyses()
}

// Without a Markdown function the source is shown, escaped; and the analyses are
// looked up in one registry, however many forms are written.
func TestDefaultsOfAServer(t *testing.T) {
	t.Parallel()
	b := counting{newBackend(), &atomic.Int32{}}
	root := t.TempDir()
	write(t, root, "a.ipynb", book("%%analysis act a.sqlite"))
	server, err := web.New(web.Config{Backend: b, Token: token, Root: root})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(server.Handler())
	defer h.Close()
	s := &site{t: t, server: server, http: h, backend: b.backend, root: root}
	v, first := s.watch("a.ipynb")
	var cells []struct{ HTML string }
	if err := json.Unmarshal(first.Cells, &cells); err != nil {
		t.Fatal(err)
	}
	if want := "<pre># A run\n\n&lt;script&gt;x&lt;/script&gt;</pre>"; cells[0].HTML != want {
		t.Errorf("the text reads %q, want %q", cells[0].HTML, want)
	}
	for i := range 3 {
		v.do(fmt.Sprintf(`{"op":"form","cell":"c1","call":{"analysis":"act","params":{"top":"%d"}}}`, i+4))
	}
	if n := b.asked.Load(); n != 1 {
		t.Errorf("the analyses were asked for %d times", n)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
