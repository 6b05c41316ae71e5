package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"profilemate/web/wire"
	"profilemate/workbench/jupyter"
)

type kernelModel struct {
	ID, Name    string
	State       string `json:"execution_state"`
	Connections int
}

type sessionModel struct {
	ID, Path, Name, Type string
	Kernel               kernelModel
}

// post sends a body, wants a status and decodes the answer.
func post[T any](s *site, method, path, body string, want int) T {
	s.t.Helper()
	status, header, text := s.do(method, path, body, withToken)
	var value T
	if err := json.Unmarshal([]byte(text), &value); status != want || err != nil {
		s.t.Fatalf("%s %s: %d %s (%v), want %d", method, path, status, text, err, want)
	}
	if want == 201 && header.Get("Location") == "" {
		s.t.Errorf("%s %s has no Location", method, path)
	}
	return value
}

func TestServerSaysWhatItIs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.talk([]request{
		{"GET", "/api", "", 200, `{"version":"2.`},
		{"GET", "/api/me", "", 200, `"permissions":{}`},
		{"GET", "/api/status", "", 200, `"kernels":0`},
		{"GET", "/api/kernelspecs", "", 200, `"default":"profilemate"`},
		{"GET", "/api/kernelspecs/profilemate", "", 200, `"logo-svg":"/kernelspecs/profilemate/logo-svg.svg"`},
		{"GET", "/api/kernelspecs/none", "", 404, ""},
		{"GET", "/kernelspecs/profilemate/kernel.json", "", 404, ""},
		{"GET", "/api/terminals", "", 200, "[]"},
		{"POST", "/api/terminals", "", 404, ""},
		{"GET", "/api/config/notebook", "", 200, "{}"},
		{"GET", "/api/nbconvert", "", 200, "text/html"},
		{"GET", "/nbconvert/html/a.ipynb?download=true", "", 200, "<html>"},
	})
	if status, _, body := s.do("GET", "/api", ""); status != 200 {
		t.Errorf("the version without a token: %d %s", status, body)
	}
}

func TestKernels(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	k := post[kernelModel](s, "POST", "/api/kernels", `{"path":"runs/b.ipynb"}`, 201)
	path := "/api/kernels/" + k.ID
	if k.Name != "profilemate" || k.State != "idle" {
		t.Errorf("the kernel %+v", k)
	}
	again := post[kernelModel](s, "POST", path+"/restart", "", 200)
	if again.ID != k.ID {
		t.Errorf("restarted, it is %s, not %s", again.ID, k.ID)
	}
	s.talk([]request{
		{"GET", "/api/kernels", "", 200, k.ID},
		{"GET", path, "", 200, `"execution_state":"idle"`},
		{"POST", path + "/interrupt", "", 204, ""},
		{"POST", "/api/kernels", `{"name":"none"}`, 404, "none"},
		{"DELETE", path, "", 204, ""},
		{"DELETE", path, "", 404, ""},
		{"GET", path, "", 404, "Kernel does not exist"},
		{"GET", "/api/kernels", "", 200, "[]"},
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const body = `{"path":"a.ipynb","name":"a.ipynb","type":"notebook","kernel":{"name":"profilemate"}}`
	first := post[sessionModel](s, "POST", "/api/sessions", body, 201)
	if again := post[sessionModel](s, "POST", "/api/sessions", body, 201); again != first {
		t.Errorf("the same path gives %+v, not %+v", again, first)
	}
	path := "/api/sessions/" + first.ID
	s.talk([]request{
		{"POST", "/api/sessions", `{"type":"notebook"}`, 400, "path"},
		{"POST", "/api/sessions", `{"path":"x"}`, 400, "type"},
		{"POST", "/api/sessions", strings.ReplaceAll(strings.ReplaceAll(body, "profilemate", "none"), "a.ipynb", "n.ipynb"), 501, "short_message"},
		{"GET", path, "", 200, `"notebook":{"path":"a.ipynb"`},
		{"PATCH", path, `{"path":"b.ipynb","name":"b"}`, 200, `"path":"b.ipynb","name":"b"`},
		{"PATCH", path, `{"kernel":{"name":"none"}}`, 501, ""},
	})
	changed := post[sessionModel](s, "PATCH", path, `{"kernel":{"name":"other"}}`, 200)
	s.talk([]request{
		{"GET", "/api/kernels/" + first.Kernel.ID, "", 404, ""}, // the old one is shut down
		{"GET", "/api/kernels/" + changed.Kernel.ID, "", 200, `"name":"other"`},
		{"DELETE", path, "", 204, ""},
		{"GET", path, "", 404, ""},
		{"DELETE", path, "", 404, ""},
		{"GET", "/api/kernels", "", 200, "[]"},
	})
	orphan := post[sessionModel](s, "POST", "/api/sessions", body, 201)
	s.talk([]request{
		{"DELETE", "/api/kernels/" + orphan.Kernel.ID, "", 204, ""},
		{"GET", "/api/sessions", "", 200, "[]"},
		{"DELETE", "/api/sessions/" + orphan.ID, "", 410, "before session"},
	})
}

// socket is a Jupyter client's connection to a kernel.
type socket struct {
	t       *testing.T
	conn    *websocket.Conn
	session string
	v1      bool
}

func (s *site) channels(kernel, session string, v1 bool) *socket {
	s.t.Helper()
	d := websocket.Dialer{}
	if v1 {
		d.Subprotocols = []string{wire.V1}
	}
	conn, response, err := d.Dial("ws"+strings.TrimPrefix(s.http.URL, "http")+"/api/kernels/"+kernel+"/channels?session_id="+session+"&token="+token, nil)
	if err != nil {
		s.t.Fatalf("connecting: %v (%v)", err, response)
	}
	if got := conn.Subprotocol() == wire.V1; got != v1 {
		s.t.Errorf("subprotocol %q", conn.Subprotocol())
	}
	s.t.Cleanup(func() { conn.Close() })
	return &socket{s.t, conn, session, v1}
}

// send sends a message and returns its id.
func (c *socket) send(channel, msgType string, content any) string {
	c.t.Helper()
	m := jupyter.NewMessage(channel, msgType, c.session, nil, content)
	frame, binary, err := wire.Encode(m, c.v1)
	if err != nil {
		c.t.Fatal(err)
	}
	kind := websocket.TextMessage
	if binary {
		kind = websocket.BinaryMessage
	}
	if err := c.conn.WriteMessage(kind, frame); err != nil {
		c.t.Fatal(err)
	}
	return m.Header.MsgID
}

func (c *socket) execute(code string) string {
	return c.send(jupyter.Shell, jupyter.ExecuteRequest, jupyter.Execute{Code: code})
}

// until reads messages up to the first that is wanted, and returns all.
func (c *socket) until(wanted func(jupyter.Message) bool) []jupyter.Message {
	c.t.Helper()
	var seen []jupyter.Message
	for {
		_ = c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		kind, frame, err := c.conn.ReadMessage()
		if err != nil {
			c.t.Fatalf("after %d messages: %v", len(seen), err)
		}
		m, err := wire.Decode(frame, kind == websocket.BinaryMessage, c.v1)
		if err != nil {
			c.t.Fatal(err)
		}
		if seen = append(seen, m); wanted(m) {
			return seen
		}
	}
}

// answerTo wants the reply to a request.
func answerTo(id string) func(jupyter.Message) bool {
	return func(m jupyter.Message) bool {
		return m.Channel == jupyter.Shell && m.ParentHeader != nil && m.ParentHeader.MsgID == id
	}
}

// state wants a status.
func state(name string) func(jupyter.Message) bool {
	return func(m jupyter.Message) bool {
		s, err := jupyter.Decode[jupyter.Status](m)
		return m.Header.MsgType == jupyter.StatusType && err == nil && s.ExecutionState == name
	}
}

func TestChannelsRouteMessages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	k := post[kernelModel](s, "POST", "/api/kernels", "", 201)
	for _, v1 := range []bool{false, true} {
		asker, listener := s.channels(k.ID, "asker", v1), s.channels(k.ID, "listener", !v1)
		id := asker.execute("%%analysis act a.sqlite")
		asker.until(answerTo(id))
		for _, m := range listener.until(state("idle")) {
			if m.Channel != jupyter.IOPub || m.ParentHeader == nil || m.ParentHeader.MsgID != id {
				t.Errorf("the other client got %s on %s", m.Header.MsgType, m.Channel)
			}
		}
		if got := get[kernelModel](s, "/api/kernels/"+k.ID); got.Connections != 2 {
			t.Errorf("%d connections", got.Connections)
		}
		asker.conn.Close()
		listener.conn.Close()
	}
}

func TestChannelsLetControlOvertake(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	k := post[kernelModel](s, "POST", "/api/kernels", "", 201)
	c := s.channels(k.ID, "c", true)
	id := c.execute("%%analysis act do=wait a.sqlite")
	c.until(func(m jupyter.Message) bool { return m.Header.MsgType == jupyter.ExecuteInput })
	if got := get[kernelModel](s, "/api/kernels/"+k.ID); got.State != "busy" {
		t.Errorf("while a cell runs the kernel is %s", got.State)
	}
	c.send(jupyter.Control, jupyter.InterruptRequest, struct{}{})
	seen := c.until(answerTo(id))
	if !strings.Contains(string(seen[len(seen)-1].Content), jupyter.InterruptErrorName) {
		t.Errorf("the reply %s", seen[len(seen)-1].Content)
	}
}

// A client that comes back gets what it has missed; another socket of the same session
// takes it over.
func TestChannelsReplay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	k := post[kernelModel](s, "POST", "/api/kernels", "", 201)
	c := s.channels(k.ID, "same", false)
	id := c.execute("%%analysis act do=step a.sqlite")
	c.until(func(m jupyter.Message) bool { return m.Header.MsgType == jupyter.ExecuteInput })
	c.conn.Close()
	for get[kernelModel](s, "/api/kernels/"+k.ID).Connections > 0 {
		time.Sleep(time.Millisecond)
	}
	s.backend.steps <- "go"
	for get[kernelModel](s, "/api/kernels/"+k.ID).State != "idle" {
		time.Sleep(time.Millisecond)
	}
	back := s.channels(k.ID, "same", true)
	displayed := false
	for _, m := range back.until(state("idle")) {
		displayed = displayed || m.Header.MsgType == jupyter.DisplayData && m.ParentHeader.MsgID == id
	}
	if !displayed {
		t.Error("what was displayed meanwhile is lost")
	}
	next := s.channels(k.ID, "same", true)
	if _, _, err := back.conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the socket that was replaced: %v", err)
	}
	next.until(answerTo(next.execute("%%analysis act a.sqlite")))
}

// A kernel that dies is started again while a client is connected; one that is shut
// down is said to be dead.
func TestChannelsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	k := post[kernelModel](s, "POST", "/api/kernels", "", 201)
	c := s.channels(k.ID, "c", false)
	c.execute("%%analysis act do=wait a.sqlite")
	c.until(state("busy"))
	s.backend.mu.Lock()
	s.backend.kernels[0].Close()
	s.backend.mu.Unlock()
	c.until(state("restarting"))
	c.until(state("starting"))
	c.until(answerTo(c.execute("%%analysis act a.sqlite")))
	s.talk([]request{{"DELETE", "/api/kernels/" + k.ID, "", 204, ""}})
	c.until(state("dead"))
	if _, _, err := c.conn.ReadMessage(); err == nil {
		t.Error("the socket of a kernel that was shut down stays open")
	}
}

func TestChannelsRefuseWhatIsNoMessage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	k := post[kernelModel](s, "POST", "/api/kernels", "", 201)
	c := s.channels(k.ID, "c", false)
	c.send(jupyter.IOPub, jupyter.StatusType, jupyter.Status{ExecutionState: "dead"}) // left aside
	c.until(answerTo(c.execute("%%analysis act a.sqlite")))
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for {
		if _, _, err := c.conn.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, websocket.CloseUnsupportedData) {
				t.Errorf("closed by %v", err)
			}
			return
		}
	}
}

// The open document and Jupyter's clients have one kernel, and each sees what becomes
// of it.
func TestDocumentAndClientShareAKernel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, _ := s.watch("a.ipynb")
	v.ask(`{"op":"run","cell":"c1"}`)
	v.settled("c1", "done")
	session := post[sessionModel](s, "POST", "/api/sessions", `{"path":"a.ipynb","name":"a","type":"notebook","kernel":{"name":"profilemate"}}`, 201)
	s.backend.mu.Lock()
	if s.backend.started != 1 {
		t.Errorf("%d kernels were started for one path", s.backend.started)
	}
	s.backend.mu.Unlock()
	c := s.channels(session.Kernel.ID, "c", false)
	v.ask(`{"op":"run","cell":"c1"}`)
	c.until(func(m jupyter.Message) bool { return m.Header.MsgType == jupyter.DisplayData })
	v.ask(`{"op":"restart"}`)
	c.until(state("restarting"))
	c.until(state("starting"))
	v.until(func(e event) bool { return e.Type == "kernel" && e.State == "idle" })
	post[kernelModel](s, "POST", "/api/kernels/"+session.Kernel.ID+"/restart", "", 200)
	joined := func(e event) bool {
		if e.Type == "kernel" && e.State == "dead" {
			t.Errorf("what a client does shows a dead kernel: %s", e.Message)
		}
		return e.Type == "kernel" && e.State == "idle"
	}
	v.until(joined) // the document joins the new process by itself
	v.ask(`{"op":"run","cell":"c1"}`)
	v.settled("c1", "done")
	v.until(func(e event) bool { return e.Type == "variables" }) // nothing of that run is left to come
	post[sessionModel](s, "PATCH", "/api/sessions/"+session.ID, `{"kernel":{"name":"other"}}`, 200)
	v.until(joined)
	v.ask(`{"op":"run","cell":"c1"}`)
	v.settled("c1", "done")
}

func TestLoginForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, header, body := s.do("GET", "/login?next=/notebooks/a.ipynb", "")
	cookie, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
	xsrf := strings.TrimPrefix(cookie, "_xsrf=")
	if !strings.Contains(body, xsrf) || xsrf == "" {
		t.Fatalf("the form %s with the cookie %q", body, cookie)
	}
	send := func(password, xsrf, next string) (int, http.Header) {
		form := url.Values{"password": {password}, "_xsrf": {xsrf}, "next": {next}}
		status, header, _ := s.do("POST", "/login", form.Encode(), "Cookie: "+cookie, "Content-Type: application/x-www-form-urlencoded")
		return status, header
	}
	for _, row := range []struct {
		password, xsrf, next string
		status               int
		to                   string
	}{
		{token, xsrf, "/notebooks/a.ipynb", 302, "/notebooks/a.ipynb"},
		{token, xsrf, "//evil.example/", 302, "/"},
		{token, xsrf, "https://evil.example/", 302, "/"},
		{token, xsrf, `/\evil.example`, 302, "/"},
		{"wrong", xsrf, "/", 401, ""},
		{token, "wrong", "/", 403, ""},
	} {
		status, header := send(row.password, row.xsrf, row.next)
		loggedIn := strings.Contains(strings.Join(header.Values("Set-Cookie"), " "), "HttpOnly")
		if status != row.status || header.Get("Location") != row.to || loggedIn != (status == 302) {
			t.Errorf("%+v: %d to %q, logged in %t", row, status, header.Get("Location"), loggedIn)
		}
	}
}
