package main_test

import (
	"context"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"profilemate/workbench/jupyter"
)

// cellKernel is the kernel as a program, spoken to as a server does.
type cellKernel struct {
	*jupyter.Client
	cmd *exec.Cmd
	t   testing.TB
}

// startKernel starts the kernel in a folder with the captures.
func startKernel(t testing.TB, args ...string) cellKernel {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"kernel", "--cache", t.TempDir()}, args...)...)
	cmd.Dir = captures
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	client := jupyter.NewClient(jupyter.NewStream(out, in))
	t.Cleanup(func() {
		client.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cellKernel{client, cmd, t}
}

// run runs a cell and returns all that it shows as text, and its error.
func (k cellKernel) run(code string) (shown, failure string) {
	k.t.Helper()
	return k.watch(code, func(int) {})
}

// watch is run, and tells after each message how many bytes are shown.
func (k cellKernel) watch(code string, seen func(bytes int)) (shown, failure string) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), time.Minute)
	defer cancel()
	var mu sync.Mutex
	var b strings.Builder
	reply, err := k.Execute(ctx, code, func(m jupyter.Message) {
		mu.Lock()
		defer mu.Unlock()
		content, _ := jupyter.Decode[struct {
			Text string         `json:"text"`
			Data map[string]any `json:"data"`
		}](m)
		text, _ := content.Data["text/plain"].(string)
		b.WriteString(content.Text + text)
		seen(b.Len())
	})
	if err != nil {
		k.t.Fatalf("%s: %v", code, err)
	}
	mu.Lock()
	defer mu.Unlock()
	return b.String(), reply.Value
}

// A name that a cell gives in one language means the same in the others.
func TestNamesAcrossLanguages(t *testing.T) {
	t.Parallel()
	k := startKernel(t)
	for _, step := range []struct{ code, shows, fails string }{
		{code: "%%analysis kernel-summary demo_eager.sqlite as=eager", shows: "kernel"},
		{code: "%%sql\n-- name: longest\nSELECT name, instances, total FROM eager.kernels ORDER BY total DESC LIMIT 3", shows: "3 rows"},
		{code: `profilemate.Result("eager").Table("kernels").Frame.Len() > 3`, shows: "true"},
		{code: `profilemate.Frame("eager.kernels").Len() == profilemate.Result("eager").Table("kernels").Frame.Len()`, shows: "true"},
		{code: `top := profilemate.Frame("longest")` + "\ntop.Len()", shows: "3"},
		{code: "%%sql\nSELECT count(*) || ' in Go' AS n FROM top", shows: "3 in Go"},
		{code: "df, err := top.DataFrame()"},
		{code: "%%sql\nSELECT count(*) || ' in gota' AS n FROM df JOIN top USING (name)", shows: "3 in gota"},
		{code: "%%analysis kernel-summary longest", fails: "longest is a table of this notebook"},
		{code: "%%analysis kernel-summary top", fails: "read the table with a %%sql cell"},
		{code: "%%analysis kernel-summary nowhere.sqlite", fails: "nowhere.sqlite"},
		{code: "%%analysis kernel-summary demo_eager.sqlite as=select", fails: "as=select cannot name a table"},
		{code: "%%sql\nSELECT * FROM eager.none", fails: "eager.kernels"},
		{code: "%%sql\nSELECT * FROM eager", fails: "eager.kernels"},
		{code: `profilemate.Frame("eager.none")`, fails: "eager.kernels"},
		{code: `profilemate.Result("nobody")`, fails: "no cell has named a result nobody"},
		{code: "%%sql demo_eager.sqlite\nSELECT count(*) > 0 || '' AS some FROM kernels k JOIN eager.kernels e ON e.name = k.name", shows: "some"},
		{code: "%%sql\n-- name: eager\nSELECT 7 AS seven", shows: "seven"},
		{code: `profilemate.Frame("eager").Ints("seven")[0]`, shows: "7"},
	} {
		shown, failure := k.run(step.code)
		if !strings.Contains(shown, step.shows) || !strings.Contains(failure, step.fails) || (failure != "") != (step.fails != "") {
			t.Errorf("%s\nshows %q and fails with %q; want %q and %q", step.code, shown, failure, step.shows, step.fails)
		}
	}
}
