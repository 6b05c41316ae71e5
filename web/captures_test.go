package web_test

import (
	"context"
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"profilemate/web"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
)

// captures makes no captures, but keeps jobs as a test wants them.
type captures struct {
	mu     sync.Mutex
	jobs   []job.Job
	events []job.Event
	more   chan job.Event // events to come; closed at the end
	closer string         // path and kernel of the last proposal
}

func newCaptures() *captures { return &captures{more: make(chan job.Event)} }

func (c *captures) Recipes() []job.Recipe {
	return []job.Recipe{{Name: "act", Title: "acting", Params: []analysis.Param{{Name: "port", Kind: analysis.IntParam, Default: "8000"}},
		Groups: []job.Group{{Title: "Server", Params: []string{"port"}}}}}
}

func (c *captures) Plan(recipe string, values analysis.Values) (job.Plan, error) {
	switch {
	case recipe != "act":
		return job.Plan{}, fault.Errorf(fault.NotFound, "there is no capture called %q", recipe)
	case values["port"] == "0":
		return job.Plan{}, fault.Errorf(fault.Misuse, "act: parameter port: 0 is below 1")
	}
	return job.Plan{Recipe: recipe, Title: "acting", Values: values, Folder: values["output-dir"], Phases: []job.Phase{{Name: "one", Title: "do it", Expect: time.Minute}},
		Commands: []job.Command{{Phase: "one", Args: []string{"true"}}}}, nil
}

func (c *captures) CommandLine(p job.Plan) string { return "profilemate profile " + p.Recipe }

func (c *captures) Checks(context.Context, job.Plan) []web.Check {
	return []web.Check{{Name: "disk", Status: "failed", Said: "The disk is full.", Remedy: "Make room."}}
}

func (c *captures) Closer(_ context.Context, path, kernel string) (web.Proposal, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closer = path + " " + kernel
	return web.Proposal{Recipe: "act", Values: analysis.Values{"kernels": kernel}, Said: "One launch."}, nil
}

func (c *captures) Start(recipe string, values analysis.Values) (job.Job, error) {
	plan, err := c.Plan(recipe, values)
	if err != nil {
		return job.Job{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range c.jobs {
		if j.Plan.Folder == plan.Folder {
			return job.Job{}, fault.Errorf(fault.Conflict, "job %s writes to the folder %s", j.ID, plan.Folder)
		}
	}
	now := time.Now()
	c.jobs = append(c.jobs, job.Job{ID: "j" + string(rune('1'+len(c.jobs))), Plan: plan, State: job.Running, Created: now, Started: now,
		Phases: []job.PhaseState{{Name: "one", Started: now}}})
	return c.jobs[len(c.jobs)-1], nil
}

func (c *captures) List() ([]job.Job, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.jobs), nil
}

func (c *captures) Get(id string) (job.Job, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range c.jobs {
		if j.ID == id {
			return j, nil
		}
	}
	return job.Job{}, fault.Errorf(fault.NotFound, "there is no job %q", id)
}

// change changes the only job.
func (c *captures) change(do func(*job.Job)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do(&c.jobs[0])
}

func (c *captures) Events(ctx context.Context, _ string, from int64) iter.Seq2[job.Event, error] {
	return func(yield func(job.Event, error) bool) {
		for _, e := range c.events {
			if e.Seq >= from && !yield(e, nil) {
				return
			}
		}
		for {
			select {
			case e, ok := <-c.more:
				if !ok || !yield(e, nil) {
					return
				}
			case <-ctx.Done():
				yield(job.Event{}, ctx.Err())
				return
			}
		}
	}
}

func (c *captures) Stop(id string) error {
	if _, err := c.Get(id); err != nil {
		return err
	}
	c.change(func(j *job.Job) { j.State = job.Stopping })
	return nil
}

func (c *captures) Remove(id string) error {
	j, err := c.Get(id)
	if err == nil && !j.State.Ended() {
		return fault.Errorf(fault.Conflict, "job %s is %s", id, j.State)
	}
	return err
}

// captureReply is any answer about captures.
type captureReply struct {
	ID, Name, State, Title, Phase, Command, Path, Removed, Kind, Message, Recipe, Said string
	LeftNs                                                                             *int64
	Plan                                                                               job.Plan
	Findings                                                                           []result.Finding
	Artifacts                                                                          []struct{ Name, Path, Template, File string }
}

// ask makes a request about captures and returns its status and answer.
func (s *site) ask(method, path, body string) (int, captureReply) {
	s.t.Helper()
	status, _, text := s.do(method, "/api/workbench/captures"+path, body, withToken)
	var reply captureReply
	if err := json.Unmarshal([]byte(text), &reply); err != nil {
		s.t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
	return status, reply
}

// A folder is meant from the served one; a plan that cannot be is not made.
func TestCapturePlan(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for folder, want := range map[string]string{"": filepath.Join(s.root, "profiling_results_"), "a/b c": filepath.Join(s.root, "a/b c"), "/elsewhere": "/elsewhere"} {
		status, reply := s.ask("POST", "/plan", `{"recipe":"act","values":{"output-dir":"`+folder+`"}}`)
		if status != 200 || !strings.HasPrefix(reply.Plan.Folder, want) || reply.Command != "profilemate profile act" {
			t.Errorf("folder %q: %d %+v, want it in %s", folder, status, reply, want)
		}
	}
	for body, want := range map[string]int{`{"recipe":"none"}`: 404, `{"recipe":"act","values":{"port":"0"}}`: 400, `[]`: 400} {
		if status, reply := s.ask("POST", "/plan", body); status != want || reply.Message == "" {
			t.Errorf("%s: %d %+v, want %d", body, status, reply, want)
		}
	}
	checks := post[[]web.Check](s, "POST", "/api/workbench/captures/checks", `{"recipe":"act"}`, 200)
	if len(checks) != 1 || checks[0].Remedy != "Make room." {
		t.Errorf("checks %+v", checks)
	}
}

// A capture is started, seen, stopped, opened and forgotten.
func TestCaptureLife(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	status, started := s.ask("POST", "", `{"recipe":"act","values":{"output-dir":"run"}}`)
	if status != 201 || started.ID != "j1" || started.LeftNs == nil || *started.LeftNs > int64(time.Minute) {
		t.Fatalf("starting: %d %+v", status, started)
	}
	if status, reply := s.ask("POST", "", `{"recipe":"act","values":{"output-dir":"run"}}`); status != 409 || !strings.Contains(reply.Message, "job j1 writes to the folder") {
		t.Errorf("a second one into the same folder: %d %+v", status, reply)
	}
	list := get[[]captureListed](s, "/api/workbench/captures")
	if len(list) != 1 || list[0].State != "running" || list[0].Phase != "do it" {
		t.Errorf("list %+v", list)
	}
	if status, _ := s.ask("DELETE", "/j1", ""); status != 409 {
		t.Errorf("forgetting what runs: %d", status)
	}
	if status, reply := s.ask("POST", "/j1/stop", "{}"); status != 200 || reply.State != "stopping" {
		t.Errorf("stopping: %d %+v", status, reply)
	}
	folder := filepath.Join(s.root, "run")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	s.captures.change(func(j *job.Job) {
		j.State, j.Ended = job.Done, time.Now()
		j.Findings = []result.Finding{{Severity: result.Info, Text: "A note."}, {Severity: result.Problem, Text: "A problem."}}
		j.Artifacts = []job.Artifact{{Name: "p.sqlite", Path: filepath.Join(folder, "p.sqlite"), Kind: "nsys"}, {Name: "r.html", Path: filepath.Join(folder, "r.html"), Kind: "report"},
			{Name: "x.html", Path: "/elsewhere/x.html", Kind: "report"}}
	})
	_, seen := s.ask("GET", "/j1", "")
	if len(seen.Findings) != 2 || seen.Findings[0].Text != "A problem." || seen.LeftNs != nil || len(seen.Artifacts) != 3 || seen.Artifacts[0].Template != "nsys-tour" ||
		seen.Artifacts[1].File != "run/r.html" || seen.Artifacts[2].File != "" {
		t.Errorf("seen %+v", seen)
	}
	if status, reply := s.ask("DELETE", "/j1", ""); status != 200 || reply.Removed != "j1" {
		t.Errorf("forgetting: %d %+v", status, reply)
	}
}

type captureListed struct{ ID, State, Phase string }

// A notebook of an artifact names it from where the notebook lies, and is made once.
func TestCaptureNotebook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, started := s.ask("POST", "", `{"recipe":"act","values":{"output-dir":"run"}}`)
	folder := started.Plan.Folder
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	s.captures.change(func(j *job.Job) {
		j.Artifacts = []job.Artifact{{Name: "p.sqlite", Path: filepath.Join(folder, "p.sqlite"), Kind: "nsys"}, {Name: "parsed/", Path: folder, Kind: "folder-parsed"}}
	})
	for range 2 {
		if status, reply := s.ask("POST", "/j1/notebook", `{"artifact":"p.sqlite"}`); status != 200 || reply.Path != "run/nsys-tour.ipynb" {
			t.Fatalf("the notebook: %d %+v", status, reply)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "nsys-tour.ipynb"))
	if err != nil || !strings.Contains(string(text), "profile = p.sqlite") {
		t.Errorf("the notebook is %.600s, %v", text, err)
	}
	for body, want := range map[string]int{`{"artifact":"none"}`: 404, `{"artifact":"parsed/"}`: 415} {
		if status, reply := s.ask("POST", "/j1/notebook", body); status != want {
			t.Errorf("%s: %d %+v, want %d", body, status, reply, want)
		}
	}
	s.captures.change(func(j *job.Job) { j.Plan.Folder = "/elsewhere/run7" })
	if status, reply := s.ask("POST", "/j1/notebook", `{"artifact":"p.sqlite"}`); status != 200 || reply.Path != "run7-nsys-tour.ipynb" {
		t.Errorf("the notebook of a capture elsewhere: %d %+v", status, reply)
	}
}

// A closer look takes the path as the cell of the notebook writes it.
func TestCaptureCloser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	status, reply := s.ask("POST", "/closer", `{"path":"a.sqlite","from":"runs/b.ipynb","kernel":"gemm"}`)
	if want := filepath.Join(s.root, "runs/a.sqlite") + " gemm"; status != 200 || reply.Recipe != "act" || s.captures.closer != want {
		t.Errorf("%d %+v, asked for %q, want %q", status, reply, s.captures.closer, want)
	}
}

// feedMessage is what the socket of a capture says.
type feedMessage struct {
	Type    string
	Capture struct{ State string }
	Events  []job.Event
}

// follow connects to the events of a capture.
func (s *site) follow(from string) *websocket.Conn {
	s.t.Helper()
	url := "ws" + strings.TrimPrefix(s.http.URL, "http") + "/api/workbench/captures/j1/events?from=" + from + "&token=" + token
	conn, response, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		s.t.Fatalf("connecting: %v (%v)", err, response)
	}
	s.t.Cleanup(func() { conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// untilClosed returns the texts of the events and the states that came, and the code
// that the connection was closed with.
func untilClosed(t *testing.T, conn *websocket.Conn, seen func(feedMessage)) (texts, states []string, code int) {
	t.Helper()
	for {
		var m feedMessage
		if err := conn.ReadJSON(&m); err != nil {
			closed, ok := err.(*websocket.CloseError)
			if !ok {
				t.Fatal(err)
			}
			return texts, slices.Compact(states), closed.Code
		}
		for _, e := range m.Events {
			texts = append(texts, e.Text)
		}
		if m.Type == "capture" {
			states = append(states, m.Capture.State)
		}
		if seen != nil {
			seen(m)
		}
	}
}

// A client gets the events from the asked one on, those to come, the state as it
// changes, and a normal end when the capture has ended.
func TestCaptureEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.ask("POST", "", `{"recipe":"act"}`)
	s.captures.events = []job.Event{{Seq: 1, Kind: job.LogEvent, Text: "one"}, {Seq: 2, Kind: job.LogEvent, Text: "two"}}
	conn := s.follow("2")
	sent := false
	texts, states, code := untilClosed(t, conn, func(m feedMessage) {
		if m.Type != "events" || sent {
			return
		}
		sent = true
		go func() {
			s.captures.more <- job.Event{Seq: 3, Kind: job.LogEvent, Text: "three"}
			s.captures.change(func(j *job.Job) { j.State = job.Done })
			close(s.captures.more)
		}()
	})
	if want := []string{"two", "three"}; !cmp.Equal(texts, want) || !cmp.Equal(states, []string{"running", "done"}) || code != websocket.CloseNormalClosure {
		t.Errorf("events %q, want %q; states %q; closed with %d", texts, want, states, code)
	}
}

// The end of the server sends clients to connect again.
func TestCaptureEventsEndWithTheServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.ask("POST", "", `{"recipe":"act"}`)
	conn := s.follow("1")
	var m feedMessage
	if err := conn.ReadJSON(&m); err != nil || m.Type != "capture" {
		t.Fatalf("%+v, %v", m, err)
	}
	if err := s.server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, code := untilClosed(t, conn, nil); code != websocket.CloseServiceRestart {
		t.Errorf("closed with %d", code)
	}
}
