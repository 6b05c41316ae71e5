package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// labClient is the folder with JupyterLab's own client library.
const labClient = "testdata/lab"

// Cells for the client to run: one that works, one that fails, one that fails after a
// while, one that runs until it is interrupted.
func labCells() []string {
	const count = "%%sql\nWITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 2000000) "
	return []string{"--code", "%%sql\nSELECT 6*7 AS answer", "--expect", "", "--expect-result", "", "--error-code", "%%analysis none",
		"--slow-error-code", count + "SELECT abs(-9223372036854775807 - (count(*) > 0)) AS n FROM c",
		"--sleep-code", strings.Replace(count, "LIMIT 2000000", "", 1) + "SELECT count(*) AS n FROM c"}
}

// smoke drives a server by JupyterLab's client library and returns what it says.
func smoke(t *testing.T, address string, args ...string) (string, error) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(labClient, "node_modules")); err != nil {
		t.Fatalf("JupyterLab's client library is not installed; make setup does it: %v", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	args = append([]string{"services_smoke.mjs", "--url", "http://" + u.Host, "--token", u.Query().Get("token")}, args...)
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Dir = labClient
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestLabClient(t *testing.T) {
	t.Parallel()
	jupyterPython(t) // brings the kernel that is not ours
	const all, butOne = "49 passed, 0 failed, 0 skipped\n", "48 passed, 0 failed, 1 skipped\n"
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"v1":      {labCells(), all},
		"default": {append(labCells(), "--legacy-ws"), all},
		// ipykernel goes on aborting for a while after the queue is empty.
		"other kernel": {[]string{"--kernel", "python3", "--skip", "stop-on-error"}, butOne},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := smoke(t, serveDemo(t, t.TempDir()), test.args...)
			if err != nil || !strings.HasSuffix(out, test.want) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// The client notices servers that break the protocol: the test above can fail.
func TestLabClientNoticesFaults(t *testing.T) {
	t.Parallel()
	address := serveDemo(t, t.TempDir())
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	for fault, cells := range map[string][]string{"dupbusy": labCells(), "count": labCells(), "status200": labCells(), "noauth": labCells(),
		"parent": nil, "session": nil, // these are of text, which the library's own Go cells print
	} {
		port := freePort(t)
		proxy := exec.Command("node", "faultproxy.mjs", port, u.Port(), fault)
		proxy.Dir = labClient
		if err := proxy.Start(); err != nil {
			t.Fatal(err)
		}
		waitForPort(t, port)
		through := *u
		through.Host = net.JoinHostPort("127.0.0.1", port)
		out, err := smoke(t, through.String(), append(cells, "--legacy-ws", "--skip", "interrupt,stop-on-error,other", "--timeout", "5000")...)
		if err == nil || !strings.Contains(out, "FAIL") {
			t.Errorf("the fault %s passes:\n%s", fault, out)
		}
		if err := proxy.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = proxy.Wait() // it was killed
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func waitForPort(t testing.TB, port string) {
	t.Helper()
	for range 200 {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nothing listens on port %s", port)
}

// startServer starts the program on a folder and returns its process and its URL.
func startServer(t testing.TB, folder string) (*exec.Cmd, *url.URL) {
	t.Helper()
	cmd := exec.Command(binary, "serve", folder, "--no-browser", "--port", freePort(t), "--cache", filepath.Join(folder, ".cache"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return cmd, u
}

// live opens the socket of a notebook's live document, as a browser does.
func liveSocket(t *testing.T, u *url.URL, notebook string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+u.Host+"/api/workbench/live/"+notebook+"?"+u.RawQuery, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// await reads events of a live document up to one that holds a text.
func await(t *testing.T, conn *websocket.Conn, text string) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		_, event, err := conn.ReadMessage()
		if err != nil {
			t.Fatalf("waiting for %s: %v", text, err)
		}
		if bytes.Contains(event, []byte(text)) {
			return
		}
	}
}

// kernelProcess finds the kernel that a server has started.
func kernelProcess(t *testing.T, server int) int {
	t.Helper()
	raw, err := exec.Command("pgrep", "-P", strconv.Itoa(server)).Output()
	if err != nil {
		t.Fatalf("the server has no kernel: %v", err)
	}
	pid, err := strconv.Atoi(strings.Fields(string(raw))[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

const threeCells = `{"cells":[
 {"cell_type":"code","id":"ok","metadata":{},"source":"%%sql\nSELECT 6*7 AS answer","outputs":[],"execution_count":null},
 {"cell_type":"code","id":"slow","metadata":{},"source":"%%sql\nWITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*) AS n FROM c","outputs":[],"execution_count":null}
],"metadata":{},"nbformat":4,"nbformat_minor":5}`

// Kill -9 of the kernel, of the browser and of the server, each while a cell runs: what
// was computed before is in the document, which goes on from there.
func TestKilledInMidRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "n.ipynb"), []byte(threeCells), 0o644); err != nil {
		t.Fatal(err)
	}
	server, u := startServer(t, folder)
	page := liveSocket(t, u, "n.ipynb")
	runBoth(t, page)

	kernel, err := os.FindProcess(kernelProcess(t, server.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if err := kernel.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, page, `"state":"dead"`)
	await(t, page, `"ename":"KernelError"`)
	await(t, page, `"dirty":false`) // what follows is of the next runs
	runBoth(t, page)                // a new kernel starts by itself

	page.UnderlyingConn().Close() // the browser is gone without a word
	page = liveSocket(t, u, "n.ipynb")
	await(t, page, `"state":"running"`) // the snapshot: the cell runs on

	pid := kernelProcess(t, server.Process.Pid)
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait()
	awaitEnd(t, pid)
	_, u = startServer(t, folder)
	response, err := http.Get("http://" + u.Host + "/api/contents/n.ipynb?" + u.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || !json.Valid(text) || !bytes.Contains(text, []byte(`"text/plain"`)) || !bytes.Contains(text, []byte("42")) {
		t.Errorf("after the server was killed the document is %s (%v)", text, err)
	}
	runBoth(t, liveSocket(t, u, "n.ipynb"))
}

// runBoth runs the cell that ends and the cell that does not.
func runBoth(t *testing.T, page *websocket.Conn) {
	t.Helper()
	for _, op := range []string{`{"id":1,"op":"run","cell":"ok"}`, `{"id":2,"op":"run","cell":"slow"}`} {
		if err := page.WriteMessage(websocket.TextMessage, []byte(op)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, page, `"text/plain"`) // what the first cell gave; nothing of an earlier run says this
	await(t, page, `"id":"slow","cellType":"code"`)
	await(t, page, `"dirty":false`) // it is on disk
}

// awaitEnd waits for the end of a process whose parent was killed.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	for range 100 {
		if gone(pid) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the kernel outlives its server by 5 s")
}
