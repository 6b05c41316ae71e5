package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// runningKernel is a kernel of the server and its socket, as Jupyter's clients use
// them.
type runningKernel struct {
	t    *testing.T
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

// ask runs a cell and returns its reply. An interrupt is sent after so long; zero sends
// none. It says how long after the interrupt the reply came.
func (k *runningKernel) ask(code string, during time.Duration) (reply map[string]any, took time.Duration) {
	k.t.Helper()
	id := uuid.NewString()
	request := map[string]any{"channel": "shell", "parent_header": map[string]any{}, "metadata": map[string]any{}, "buffers": []any{},
		"header":  map[string]any{"msg_id": id, "msg_type": "execute_request", "username": "", "session": "s", "version": "5.3", "date": ""},
		"content": map[string]any{"code": code, "silent": false, "store_history": true, "allow_stdin": false, "stop_on_error": true, "user_expressions": map[string]any{}}}
	if err := k.conn.WriteJSON(request); err != nil {
		k.t.Fatal(err)
	}
	told := make(chan time.Time, 1)
	if during > 0 {
		time.AfterFunc(during, func() {
			told <- time.Now()
			k.post("/api/kernels/"+k.id+"/interrupt", "")
		})
	}
	for {
		k.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		var m struct {
			Header  map[string]any `json:"header"`
			Parent  map[string]any `json:"parent_header"`
			Content map[string]any `json:"content"`
		}
		if err := k.conn.ReadJSON(&m); err != nil {
			k.t.Fatalf("%s: %v", code, err)
		}
		if m.Header["msg_type"] == "execute_reply" && m.Parent["msg_id"] == id {
			if during > 0 {
				took = time.Since(<-told)
			}
			return m.Content, took
		}
	}
}

// Whatever a cell does, an interrupt through the server ends it in half a second,
// and the next cell runs.
func TestInterruptThroughServer(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(captures)); err != nil {
		t.Fatal(err)
	}
	_, address := startServer(t, folder)
	k := &runningKernel{t: t, url: address}
	k.id, _ = k.post("/api/kernels", `{"name":"profilemate"}`)["id"].(string)
	conn, _, err := websocket.DefaultDialer.Dial(fmt.Sprintf("ws://%s/api/kernels/%s/channels?session_id=s&%s", address.Host, k.id, address.RawQuery), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	k.conn = conn
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
		if reply["status"] != "error" || reply["ename"] != "KeyboardInterrupt" || took > 500*time.Millisecond {
			t.Errorf("%s: %v %v, %v after the interrupt", code, reply["ename"], reply["evalue"], took)
		}
		if reply, _ := k.ask("n = 1\nif next() != 2 { panic(\"lost\") }", 0); reply["status"] != "ok" {
			t.Errorf("after %s: %v", code, reply)
		}
	}
}
