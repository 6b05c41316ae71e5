package main_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// serveOn starts the program on a port and returns its URL.
func serveOn(t *testing.T, port, folder, cache string) (string, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(binary, "serve", "--no-browser", "--port", port, "--cache", cache, folder)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have been killed by the test
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("no URL on standard output: %v", err)
	}
	return strings.TrimSpace(line), cmd
}

// A server that is killed and started again gets its page back by itself, which goes
// on where it was. One that keeps its files elsewhere does not know the page, which
// says where to go on; what was computed is there.
func TestServerRestartJourney(t *testing.T) {
	t.Parallel()
	folder, cache, port := t.TempDir(), t.TempDir(), freePort(t)
	address, server := serveOn(t, port, folder, cache)
	ctx := browser(t)
	do(t, ctx, chromedp.Navigate(address))
	do(t, ctx, chromedp.WaitVisible(button("New notebook")))
	do(t, ctx, chromedp.Click(button("New notebook")))
	until(t, ctx, `document.querySelector("main h2")?.textContent === "This notebook is empty"`)
	do(t, ctx, chromedp.Click(`.first-steps `+button("Add a Go cell")))
	until(t, ctx, editorReady)
	typeIn(t, ctx, "6 * 7")
	press(t, ctx, kb.Enter, chromedp.ModifierCtrl)
	until(t, ctx, `document.querySelector(".output-text")?.textContent === "42"`)
	until(t, ctx, `document.querySelector(".toolbar [role=status]").textContent === "Saved"`)
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector(".kernel.lost") !== null`)
	_, server = serveOn(t, port, folder, cache)
	until(t, ctx, `document.querySelector(".kernel.lost, .banner[role=alert]") === null`)
	do(t, ctx, chromedp.Click(`.cell .cm-content`))
	typeIn(t, ctx, " + 1")
	press(t, ctx, kb.Enter, chromedp.ModifierCtrl)
	until(t, ctx, `document.querySelector(".output-text")?.textContent === "43"`)
	until(t, ctx, `document.querySelector(".toolbar [role=status]").textContent === "Saved"`)
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector(".kernel.lost") !== null`)
	if info, err := os.Stat(filepath.Join(cache, "servers", "cookie.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key of the cookies: %v, %v", info, err)
	}
	again, _ := serveOn(t, port, folder, t.TempDir())
	until(t, ctx, `document.querySelector(".banner")?.textContent.startsWith("The workbench was started again") ?? false`)
	screenshot(t, ctx, "restarted")
	do(t, ctx, chromedp.Navigate(strings.Replace(again, "/?", "/notebooks/Untitled.ipynb?", 1)))
	until(t, ctx, `document.querySelector(".output-text")?.textContent === "43"`)
	until(t, ctx, `document.querySelector(".kernel.lost, .banner[role=alert]") === null`)
}
