package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// runningKernel is a kernel of the server and its socket, as Jupyter's clients use
// them.
type runningKernel struct {
	t    testing.TB
	url  *url.URL
	id   string
	conn *websocket.Conn
}

func (k *runningKernel) post(path, body string) map[string]any {
	k.t.Helper()
	response, err := http.Post(k.url.Scheme+"://"+k.url.Host+path+"?"+k.url.RawQuery, "application/json", strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		k.t.Fatalf("POST %s: %s", path, response.Status)
	}
	var answer map[string]any
	_ = json.NewDecoder(response.Body).Decode(&answer) // an interrupt has no answer
	return answer
}

// send sends a request and returns its id.
func (k *runningKernel) send(channel, msgType string, content map[string]any) string {
	k.t.Helper()
	id := uuid.NewString()
	request := map[string]any{"channel": channel, "parent_header": map[string]any{}, "metadata": map[string]any{}, "buffers": []any{}, "content": content,
		"header": map[string]any{"msg_id": id, "msg_type": msgType, "username": "", "session": "s", "version": "5.3", "date": ""}}
	if err := k.conn.WriteJSON(request); err != nil {
		k.t.Fatal(err)
	}
	return id
}

func (k *runningKernel) execute(code string) string {
	k.t.Helper()
	return k.send("shell", "execute_request", map[string]any{"code": code, "silent": false, "store_history": true, "allow_stdin": false,
		"stop_on_error": true, "user_expressions": map[string]any{}})
}

// reply waits for the reply to a cell. each sees the types of the messages before it;
// nil for nobody.
func (k *runningKernel) reply(id string, each func(msgType string)) map[string]any {
	k.t.Helper()
	for {
		k.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		var m struct {
			Header  map[string]any `json:"header"`
			Parent  map[string]any `json:"parent_header"`
			Content map[string]any `json:"content"`
		}
		if err := k.conn.ReadJSON(&m); err != nil {
			k.t.Fatal(err)
		}
		msgType, _ := m.Header["msg_type"].(string)
		switch {
		case m.Parent["msg_id"] != id:
		case msgType == "execute_reply":
			return m.Content
		case each != nil:
			each(msgType)
		}
	}
}

// ask runs a cell and returns its reply. An interrupt is sent after so long; zero sends
// none. It says how long after the interrupt the reply came.
func (k *runningKernel) ask(code string, during time.Duration) (reply map[string]any, took time.Duration) {
	k.t.Helper()
	id := k.execute(code)
	told := make(chan time.Time, 1)
	if during > 0 {
		time.AfterFunc(during, func() {
			told <- time.Now()
			k.post("/api/kernels/"+k.id+"/interrupt", "")
		})
	}
	reply = k.reply(id, nil)
	if during > 0 {
		took = time.Since(<-told)
	}
	return reply, took
}

// startRunning starts a server on a folder, a kernel of it and a socket to that.
func startRunning(t testing.TB, folder string) *runningKernel {
	t.Helper()
	_, address := startServer(t, folder)
	k := &runningKernel{t: t, url: address}
	k.open("profilemate")
	return k
}

// open starts a kernel and connects a socket to it.
func (k *runningKernel) open(name string) {
	k.t.Helper()
	k.id, _ = k.post("/api/kernels", `{"name":"`+name+`"}`)["id"].(string)
	conn, _, err := websocket.DefaultDialer.Dial(fmt.Sprintf("ws://%s/api/kernels/%s/channels?session_id=s&%s", k.url.Host, k.id, k.url.RawQuery), nil)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { conn.Close() })
	k.conn = conn
}

// writeZeros writes routing whose ids take 16 GiB, all zero, and no room on disk.
func writeZeros(t *testing.T, path string) {
	t.Helper()
	const tokens, choices, width = 1 << 30, 8, 2
	header := fmt.Sprintf("{'descr': '<i2', 'fortran_order': False, 'shape': (%d, 1, %d), }", tokens, choices)
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	if err := os.WriteFile(path, []byte("\x93NUMPY\x01\x00"+string([]byte{byte(len(header)), 0})+header), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(10+len(header)+tokens*choices*width)); err != nil {
		t.Fatal(err)
	}
}

// soon is how long an interrupt may take among all tests at once. The aim is half a
// second, and docs/performance.md says what it takes on a quiet machine.
const soon = 3 * time.Second

// A long scan of an analysis stops soon, however the interrupt comes, and the kernel
// keeps what it held.
func TestInterruptOfAScan(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeZeros(t, filepath.Join(folder, "routing.npy"))
	k := startRunning(t, folder)
	if reply, _ := k.ask("kept := 6 * 7", 0); reply["status"] != "ok" {
		t.Fatalf("the first cell gives %v", reply)
	}
	for way, interrupt := range map[string]func(){
		"REST":      func() { k.post("/api/kernels/"+k.id+"/interrupt", "") },
		"WebSocket": func() { k.send("control", "interrupt_request", map[string]any{}) },
	} {
		var told time.Time
		reply := k.reply(k.execute("%%analysis expert-activation routing.npy"), func(msgType string) {
			if msgType == "display_data" && told.IsZero() { // it says how far it is
				told = time.Now()
				interrupt()
			}
		})
		took := time.Since(told)
		if reply["ename"] != "KeyboardInterrupt" || told.IsZero() {
			t.Fatalf("%s: %v %v", way, reply["ename"], reply["evalue"])
		}
		if took > soon {
			t.Errorf("%s: the scan ends %v after the interrupt", way, took)
		}
		if reply, _ := k.ask("if kept != 42 { panic(\"lost\") }", 0); reply["status"] != "ok" {
			t.Errorf("after %s: %v", way, reply)
		}
	}
}

// Whatever a cell does, an interrupt through the server ends it soon, and the next cell
// runs.
func TestInterruptThroughServer(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(captures)); err != nil {
		t.Fatal(err)
	}
	k := startRunning(t, folder)
	if reply, _ := k.ask("n := 1\nnext := func() int { n++; return n }\nnext()", 0); reply["status"] != "ok" {
		t.Fatalf("the first cell gives %v", reply)
	}
	for _, code := range []string{
		"for { n = 1 }", "for { next(); n = 1 }", "time.Sleep(time.Hour)", "<-make(chan int)", "for { fmt.Println(n) }",
		"go func() { for { } }()\nselect {}",
		"%%sql demo_cudagraph.sqlite\nSELECT count(*) FROM kernels a, kernels b WHERE a.start + b.start > 5",
		"%%sql\nWITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i+1 FROM n) SELECT median(i) FROM n",
		`for { profilemate.Load("demo_cudagraph.sqlite").Frame("kernels") }`,
	} {
		reply, took := k.ask(code, 700*time.Millisecond)
		if reply["status"] != "error" || reply["ename"] != "KeyboardInterrupt" || took > soon {
			t.Errorf("%s: %v %v, %v after the interrupt", code, reply["ename"], reply["evalue"], took)
		}
		if reply, _ := k.ask("n = 1\nif next() != 2 { panic(\"lost\") }", 0); reply["status"] != "ok" {
			t.Errorf("after %s: %v", code, reply)
		}
	}
}
