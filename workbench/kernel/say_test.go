package kernel_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/jupyter/zmq"
	"profilemate/workbench/kernel"
	"profilemate/workbench/kernel/kernelspec"
)

// say is a language of few words, one a line: what kernels in general do.
//
//	out TEXT | err TEXT | result TEXT | show ID TEXT | lines N | many N | flood N | wait | panic
type say struct{}

func (say) Marker() string { return "%%say" }

func (say) Execute(ctx context.Context, code string, out kernel.Emitter) error {
	for _, line := range strings.Split(code, "\n") {
		verb, rest, _ := strings.Cut(strings.TrimPrefix(line, "%%say "), " ")
		var n int
		_, _ = fmt.Sscan(rest, &n) // verbs without a number leave it aside
		switch verb {
		case "out":
			fmt.Fprintln(out.Stdout(), rest)
		case "err":
			fmt.Fprintln(out.Stderr(), rest)
		case "result":
			out.Result(kernel.Data{"text/plain": rest})
		case "show":
			id, text, _ := strings.Cut(rest, " ")
			out.Display(strings.TrimPrefix(id, "-"), kernel.Data{"text/plain": text})
		case "lines":
			for i := range n {
				fmt.Fprintln(out.Stdout(), "line", i)
			}
		case "many":
			for i := range n {
				out.Display("", kernel.Data{"text/plain": fmt.Sprint(i)})
			}
		case "flood":
			out.Display("", kernel.Data{"text/plain": strings.Repeat("x", n)})
		case "bytes": // one at a time, so that characters are cut
			for _, b := range []byte(rest) {
				_, _ = out.Stdout().Write([]byte{b})
				time.Sleep(kernelFlush)
			}
		case "half": // of a character of three bytes
			_, _ = out.Stdout().Write([]byte(rest)[:2])
		case "report":
			out.Progress("reading rows", 1, 2)
			time.Sleep(1050 * time.Millisecond)
			out.Progress("reading rows", 1, 2)
		case "wait":
			<-ctx.Done()
			return fmt.Errorf("stopped: %w", ctx.Err())
		case "fail":
			return fault.Errorf(fault.Missing, "%s", rest)
		case "panic":
			panic(rest)
		}
	}
	return nil
}

// kernelFlush is longer than text waits for more.
const kernelFlush = 60 * time.Millisecond

func (say) Complete(_ context.Context, code string, pos int) kernel.Completion {
	if strings.Contains(code, "panic") {
		panic("while typing")
	}
	return kernel.Completion{Matches: []kernel.Match{{Text: "out", Type: "keyword"}}, Start: pos - 1, End: pos}
}

func (say) Inspect(_ context.Context, _ string, pos, detail int) kernel.Data {
	return kernel.Data{"text/plain": fmt.Sprintf("byte %d, detail %d", pos, detail)}
}

func (say) IsComplete(code string) kernel.Completeness {
	if strings.HasSuffix(code, `\`) {
		return kernel.Completeness{State: kernel.Incomplete, Indent: "  "}
	}
	return kernel.Completeness{State: kernel.Complete}
}

func (say) Evaluate(_ context.Context, expression string) (kernel.Data, error) {
	if expression == "bad" {
		return nil, fault.Errorf(fault.Misuse, "no such name")
	}
	return kernel.Data{"text/plain": strings.ToUpper(expression)}, nil
}

func sayOptions() kernel.Options {
	return kernel.Options{Languages: []kernel.Language{say{}}, Default: "%%say", Version: "1"}
}

func startSay(t *testing.T) *jupyter.Client {
	t.Helper()
	conn, client := jupyter.Pipe()
	go func() { _ = kernel.Serve(t.Context(), conn, sayOptions()) }()
	c := jupyter.NewClient(client)
	t.Cleanup(func() { c.Close() })
	return c
}

// outputs writes what a cell showed, a line each: "stdout TEXT", "display ID TEXT".
func outputs(t *testing.T, messages []jupyter.Message) string {
	t.Helper()
	var b strings.Builder
	names := map[string]string{}
	for _, m := range messages {
		switch m.Header.MsgType {
		case jupyter.StreamType:
			s, err := jupyter.Decode[jupyter.Stream](m)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %q\n", s.Name, s.Text)
		case jupyter.DisplayData, jupyter.UpdateDisplayData, jupyter.ExecuteResult:
			d, err := jupyter.Decode[jupyter.Display](m)
			if err != nil {
				t.Fatal(err)
			}
			id := d.Transient.DisplayID
			if len(id) == 36 { // made by the kernel
				names[id] = "progress"
				id = names[id]
			}
			fmt.Fprintf(&b, "%s %s %.25q\n", strings.TrimSuffix(m.Header.MsgType, "_data"), id, d.Data["text/plain"])
		case jupyter.ClearOutputType:
			fmt.Fprintf(&b, "clear %s\n", m.Content)
		}
	}
	return b.String()
}

func TestWhatACellShows(t *testing.T) {
	t.Parallel()
	table := []struct{ name, cell, want string }{
		{"text is joined", "out a\nout b\nerr c\nout d", "stdout \"a\\nb\\n\"\nstderr \"c\\n\"\nstdout \"d\\n\"\n"},
		{"text comes before what follows", "out a\nshow - v\nout b", "stdout \"a\\n\"\ndisplay  \"v\"\nstdout \"b\\n\"\n"},
		{"a result", "result 42", "execute_result  \"42\"\n"},
		{"a display is updated", "show p 1\nshow p 2", "display p \"1\"\nupdate_display p \"2\"\n"},
		{"characters stay whole", "bytes µ€", "stdout \"µ\"\nstdout \"€\"\n"},
		{"a cell may end within a character", "half €", "stdout \"\ufffd\ufffd\"\n"},
		{"progress alone goes", "report", "display progress \"reading rows: 50 % (1 of \"\nclear {\"wait\":false}\n"},
		{"progress goes before a value", "report\nshow - v",
			"display progress \"reading rows: 50 % (1 of \"\nclear {\"wait\":true}\ndisplay  \"v\"\n"},
		{"progress among others settles", "show - v\nreport",
			"display  \"v\"\ndisplay progress \"reading rows: 50 % (1 of \"\nupdate_display progress \"reading rows: ended after\"\n"},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, messages := executed(t, startSay(t), row.cell)
			if got := outputs(t, messages); got != row.want {
				t.Errorf("shown:\n%swant:\n%s", got, row.want)
			}
		})
	}
}

func TestLimitsAreSaid(t *testing.T) {
	t.Parallel()
	table := []struct {
		cell, says string
		most       int // bytes of all messages
	}{
		{"lines 1000000", "more than 4 MiB of text", 6 << 20},
		{"many 1500", "more than 1000 outputs", 1 << 20},
		{fmt.Sprint("flood ", 70<<20), "a value of 70 MiB is longer than is shown (64 MiB)", 1 << 20},
	}
	for _, row := range table {
		t.Run(row.cell, func(t *testing.T) {
			t.Parallel()
			reply, messages := executed(t, startSay(t), row.cell+"\nshow - after")
			size, notes := 0, 0
			for _, m := range messages {
				size += len(m.Content)
				if m.Header.MsgType == jupyter.StreamType && strings.Contains(string(m.Content), row.says) {
					notes++
				}
			}
			if reply.Status != jupyter.ReplyOK || size > row.most || notes != 1 {
				t.Errorf("status %s, %d bytes in %d messages, said %d times", reply.Status, size, len(messages), notes)
			}
		})
	}
}

func TestSilentCellShowsNoResult(t *testing.T) {
	t.Parallel()
	c := startSay(t)
	var messages []jupyter.Message
	request := jupyter.Execute{Code: "result 42\nout a", Silent: true}
	_, err := c.Request(t.Context(), jupyter.Shell, jupyter.ExecuteRequest, request, func(m jupyter.Message) { messages = append(messages, m) })
	if got := outputs(t, messages); err != nil || got != "stdout \"a\\n\"\n" {
		t.Errorf("shown %s (%v)", got, err)
	}
}

func TestUserExpressions(t *testing.T) {
	t.Parallel()
	c := startSay(t)
	request := jupyter.Execute{Code: "out a", UserExpressions: map[string]string{"x": "word", "y": "bad"}}
	m, err := c.Request(t.Context(), jupyter.Shell, jupyter.ExecuteRequest, request, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := jupyter.Decode[struct {
		UserExpressions map[string]struct {
			Status string
			Data   map[string]string
			Name   string `json:"ename"`
		} `json:"user_expressions"`
	}](m)
	x, y := got.UserExpressions["x"], got.UserExpressions["y"]
	if err != nil || x.Status != "ok" || x.Data["text/plain"] != "WORD" || y.Status != "error" || y.Name != "Misuse" {
		t.Errorf("expressions %s (%v)", m.Content, err)
	}
}

// Positions are code points for clients and bytes for languages.
func TestLanguagesGetBytes(t *testing.T) {
	t.Parallel()
	c := startSay(t)
	table := []struct {
		msgType string
		content map[string]any
		holds   string
	}{
		{jupyter.InspectRequest, map[string]any{"code": "µ€a", "cursor_pos": 2, "detail_level": 1}, "byte 5, detail 1"},
		{jupyter.CompleteRequest, map[string]any{"code": "µ€ab", "cursor_pos": 3}, `"cursor_end":3,"cursor_start":2`},
		{jupyter.CompleteRequest, map[string]any{"code": "µ€ab", "cursor_pos": 3}, `{"end":3,"start":2,"text":"out","type":"keyword"}`},
		{jupyter.CompleteRequest, map[string]any{"code": "panic", "cursor_pos": 1}, `"matches":[]`},
		{jupyter.IsCompleteRequest, map[string]any{"code": `out \`}, `{"indent":"  ","status":"incomplete"}`},
	}
	for _, row := range table {
		m, err := c.Request(t.Context(), jupyter.Shell, row.msgType, row.content, nil)
		if err != nil || !strings.Contains(string(m.Content), row.holds) {
			t.Errorf("%s of %v: %s (%v), want %s", row.msgType, row.content, m.Content, err, row.holds)
		}
	}
}

func TestAPanicOrAnInterruptIsTheCells(t *testing.T) {
	t.Parallel()
	c := startSay(t)
	if reply, _ := executed(t, c, "panic of mine"); reply.Name != "InternalError" || !strings.Contains(reply.Value, "of mine") {
		t.Errorf("reply %+v", reply)
	}
	ended := make(chan jupyter.Reply, 1)
	started := make(chan struct{})
	go func() {
		reply, err := c.Execute(t.Context(), "wait", func(m jupyter.Message) {
			if m.Header.MsgType == jupyter.ExecuteInput {
				close(started)
			}
		})
		if err != nil {
			t.Error(err)
		}
		ended <- reply
	}()
	<-started
	if err := c.Interrupt(t.Context()); err != nil {
		t.Fatal(err)
	}
	if reply := <-ended; reply.Name != jupyter.InterruptErrorName {
		t.Errorf("reply %+v", reply)
	}
	if reply, _ := executed(t, c, "fail "+strings.Repeat("x", 1<<20)); reply.Name != "Missing" || len(reply.Value) > 100_000 {
		t.Errorf("an error of %d bytes named %s", len(reply.Value), reply.Name)
	}
}

// jupyter_kernel_test drives this test binary as a kernel in that language: all of
// its tests but those of a pager, which this kernel has none of.
func TestJupyterKernelTest(t *testing.T) {
	t.Parallel()
	folder, err := kernelspec.Folder(filepath.Join(t.TempDir(), "data"), "say")
	if err != nil {
		t.Fatal(err)
	}
	spec := kernelspec.New(os.Args[0])
	spec.Env = map[string]string{childRole: "say"}
	if err := kernelspec.Install(folder, spec); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(jupyterPython(t), "testdata/conformance.py")
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+filepath.Dir(filepath.Dir(folder)), "JUPYTER_RUNTIME_DIR="+t.TempDir(), "PYTHONWARNINGS=ignore")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Ran 10 tests") || strings.Contains(string(out), "skipped") {
		t.Errorf("jupyter_kernel_test: %v\n%s", err, out)
	}
}

func jupyterPython(t testing.TB) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import jupyter_kernel_test").Run() == nil {
			return python
		}
	}
	t.Fatal("no python3 has jupyter_kernel_test; make setup installs it")
	return ""
}

// serveSay is the test binary as that kernel: args end with the connection file.
func serveSay() error {
	c, err := zmq.ReadConnection(os.Args[len(os.Args)-1])
	if err != nil {
		return err
	}
	conn, err := zmq.Listen(c)
	if err != nil {
		return err
	}
	return kernel.Serve(context.Background(), conn, sayOptions())
}
