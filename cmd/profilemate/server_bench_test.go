package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/result"
)

// cellsOf are the cells that a kernel is measured with.
type cellsOf struct {
	kernel, empty, lines string
	table, again         string // makes and shows a table of 10,000,000 rows; shows it again
	page, sorted         string // rows from its middle, and its first ones by time; empty: the server pages
}

func goCells() cellsOf {
	table := "%%sql\n-- name: many\nWITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 10000000)\n" +
		"SELECT i AS id, (i * 7919) % 1000003 AS time FROM n"
	return cellsOf{kernel: "profilemate", lines: `for i := 0; i < 100000; i++ { fmt.Println("line", i) }`, table: table, again: table}
}

func pythonCells() cellsOf {
	return cellsOf{kernel: "python3", empty: "pass", lines: "for i in range(100000): print('line', i)",
		table: "import numpy as np, pandas as pd\nids = np.arange(10_000_000)\nrows = pd.DataFrame({'id': ids, 'time': ids * 7919 % 1000003})\nrows",
		again: "rows", page: "rows.iloc[5_000_000:5_000_050]", sorted: "rows.sort_values('time', ascending=False).head(50)"}
}

// BenchmarkBesideJupyterServer measures this server with its own kernel and with
// ipykernel, and jupyter-server with ipykernel, by the same client: from asking for a
// kernel to its first answer, an empty cell there and back (the median of 200), 100,000
// lines of text, and a table of 10,000,000 rows: made and shown, shown again, 50 rows
// from its middle, and its first 50 by a column.
func BenchmarkBesideJupyterServer(b *testing.B) {
	_, ours := startServer(b, b.TempDir())
	for _, row := range []struct {
		name   string
		server *url.URL
		cells  cellsOf
	}{{"ours", ours, goCells()}, {"ours-ipykernel", ours, pythonCells()}, {"jupyter-server-ipykernel", startJupyterServer(b), pythonCells()}} {
		b.Run(row.name, func(b *testing.B) {
			sums, runs := map[string]time.Duration{}, 0
			for b.Loop() {
				k := &runningKernel{t: b, url: row.server}
				k.measure(row.cells, func(name string, d time.Duration) { sums[name] += d })
				runs++
			}
			for name, sum := range sums {
				b.ReportMetric(sum.Seconds()*1e3/float64(runs), name+"-ms")
			}
		})
	}
}

// startJupyterServer starts Debian's jupyter-server and returns its URL.
func startJupyterServer(b *testing.B) *url.URL {
	b.Helper()
	folder, port := b.TempDir(), freePort(b)
	cmd := exec.Command("jupyter-server", "--no-browser", "--allow-root", "--port", port, "--ServerApp.token=t", "--ServerApp.root_dir="+folder)
	cmd.Env = append(os.Environ(), "JUPYTER_RUNTIME_DIR="+filepath.Join(folder, "runtime"))
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it ends its kernels
		time.AfterFunc(time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
	})
	waitForPort(b, port)
	return &url.URL{Scheme: "http", Host: "127.0.0.1:" + port, Path: "/", RawQuery: "token=t"}
}

// measure starts a kernel, times its cells and ends it.
func (k *runningKernel) measure(c cellsOf, tell func(name string, d time.Duration)) {
	k.t.Helper()
	begun := time.Now()
	k.open(c.kernel)
	k.settle(k.send("shell", "kernel_info_request", map[string]any{}), "kernel_info_reply")
	tell("start", time.Since(begun))
	var empty []time.Duration
	for range 200 {
		took, _ := k.timed(c.empty)
		empty = append(empty, took)
	}
	slices.Sort(empty)
	tell("empty", empty[len(empty)/2])
	took, shown := k.timed(c.lines)
	if n := strings.Count(shown.text, "\n"); n != 100_000 {
		k.t.Errorf("%d of 100,000 lines came", n)
	}
	tell("lines", took)
	took, shown = k.timed(c.table)
	tell("table", took)
	k.measureTable(c, shown, tell)
	request, err := http.NewRequest("DELETE", k.address("/api/kernels/"+k.id), nil)
	if err != nil {
		k.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		k.t.Fatal(err)
	}
	response.Body.Close()
}

// measureTable times what is done with a table that has been shown.
func (k *runningKernel) measureTable(c cellsOf, shown showing, tell func(name string, d time.Duration)) {
	k.t.Helper()
	took, _ := k.timed(c.again)
	tell("again", took)
	if c.page != "" {
		took, _ = k.timed(c.page)
		tell("page", took)
		took, _ = k.timed(c.sorted)
		tell("sorted", took)
		return
	}
	table := fmt.Sprintf("/api/workbench/results/%s/tables/%s", shown.bundle.Key, shown.bundle.Tables[0].Name)
	tell("page", k.get(table, "offset=5000000&limit=50", `[5000000,`))
	tell("sorted", k.get(table, "sort=-time&limit=50", `,1000002]`))
}

func (k *runningKernel) address(path string) string {
	return k.url.Scheme + "://" + k.url.Host + path + "?" + k.url.RawQuery
}

// get asks for a part of a table, whose rows hold a text, and says how long that took.
func (k *runningKernel) get(path, query, holds string) time.Duration {
	k.t.Helper()
	begun := time.Now()
	response, err := http.Get(k.address(path) + "&" + query)
	if err != nil {
		k.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || !bytes.Contains(body, []byte(holds)) {
		k.t.Fatalf("%s: %s (%v): %.300s", query, response.Status, err, body)
	}
	return time.Since(begun)
}

// showing is what a cell showed.
type showing struct {
	text   string
	bundle result.Bundle
}

// timed runs a cell and says how long it took, to its reply and its idle.
func (k *runningKernel) timed(code string) (time.Duration, showing) {
	k.t.Helper()
	begun := time.Now()
	shown := k.settle(k.execute(code), "execute_reply")
	return time.Since(begun), shown
}

// settle waits for the reply to a request and the idle after it.
func (k *runningKernel) settle(id, replyType string) showing {
	k.t.Helper()
	var text strings.Builder
	var s showing
	for replied, idle := false, false; !replied || !idle; {
		k.conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
		var m struct {
			Header struct {
				ID   string `json:"msg_id"`
				Type string `json:"msg_type"`
			}
			ParentHeader struct {
				ID string `json:"msg_id"`
			} `json:"parent_header"`
			Content struct {
				Status string                     `json:"status"`
				Value  string                     `json:"evalue"`
				State  string                     `json:"execution_state"`
				Text   string                     `json:"text"`
				Data   map[string]json.RawMessage `json:"data"`
			}
		}
		if err := k.conn.ReadJSON(&m); err != nil {
			k.t.Fatal(err)
		}
		if m.ParentHeader.ID != id {
			continue
		}
		if m.Header.Type == replyType && m.Content.Status != "ok" {
			k.t.Fatalf("the answer is %s: %s", m.Content.Status, m.Content.Value)
		}
		replied, idle = replied || m.Header.Type == replyType, idle || m.Content.State == "idle"
		text.WriteString(m.Content.Text)
		if raw := m.Content.Data[result.MIME]; raw != nil {
			if err := json.Unmarshal(raw, &s.bundle); err != nil {
				k.t.Fatal(err)
			}
		}
	}
	s.text = text.String()
	return s
}
