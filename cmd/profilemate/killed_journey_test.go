package main_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	saved      = `document.querySelector(".toolbar [role=status]").textContent === "Saved"`
	firstShown = `document.querySelector("article.code .output-text")?.textContent`
	kernelSays = `(document.querySelector(".toolbar .kernel")?.textContent ?? "")`
	endBanner  = `(document.querySelector(".banner[role=alert] p")?.textContent ?? "")`
)

// twoCells opens a new notebook in a browser and runs a cell that ends, then one that
// does not. It returns the notebook's address and the server.
func twoCells(t *testing.T, ctx context.Context, endless string) (address string, server *exec.Cmd) {
	t.Helper()
	address, server = serveOn(t, freePort(t), t.TempDir(), t.TempDir())
	do(t, ctx, chromedp.Navigate(address))
	do(t, ctx, chromedp.WaitVisible(button("New notebook")))
	do(t, ctx, chromedp.Click(button("New notebook")))
	until(t, ctx, `document.querySelector("main h2")?.textContent === "This notebook is empty"`)
	do(t, ctx, chromedp.Click(`.first-steps `+button("Add a Go cell")))
	until(t, ctx, editorReady)
	typeIn(t, ctx, "6 * 7")
	press(t, ctx, kb.Enter, chromedp.ModifierShift) // and a new cell below
	until(t, ctx, firstShown+` === "42"`)
	until(t, ctx, `document.querySelectorAll("article.code").length === 2`)
	until(t, ctx, editorReady)
	typeIn(t, ctx, endless)
	press(t, ctx, kb.Enter, chromedp.ModifierCtrl)
	until(t, ctx, `document.querySelectorAll("article.code")[1].querySelector(".output-text")?.textContent.startsWith("begun") ?? false`)
	return strings.Replace(address, "/?", "/notebooks/Untitled.ipynb?", 1), server
}

const endlessCell = "fmt.Println(\"begun\")\nselect {}"

// A kernel that is killed while a cell runs is said to be dead, and why, also to who
// comes later. The document stays, and the next run starts another kernel.
func TestKernelKilledJourney(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	_, server := twoCells(t, ctx, endlessCell)
	kernel, err := os.FindProcess(kernelProcess(t, server.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if err := kernel.Kill(); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelectorAll("article.code")[1].classList.contains("error")`)
	until(t, ctx, endBanner+` === "The kernel ended: signal: killed. Nothing is lost: restart it and run the cells again."`)
	check(t, ctx, firstShown, "42")
	check(t, ctx, kernelSays, "Kernel dead")
	screenshot(t, ctx, "killed-kernel")
	until(t, ctx, saved)
	do(t, ctx, chromedp.Reload())
	until(t, ctx, endBanner+`.startsWith("The kernel ended: signal: killed.")`)
	check(t, ctx, firstShown, "42")
	do(t, ctx, chromedp.Click(`article.code `+button("Run (")))
	until(t, ctx, kernelSays+` === "Kernel idle" && `+endBanner+` === ""`)
	until(t, ctx, `document.querySelector("article.code").classList.contains("done") && `+firstShown+` === "42"`)
}

// A browser that is killed while a cell runs takes nothing with it: the next one sees
// what was computed, the cell that runs on, and its end.
func TestBrowserKilledJourney(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	address, _ := twoCells(t, ctx, endlessCell)
	if err := chromedp.FromContext(ctx).Browser.Process().Kill(); err != nil {
		t.Fatal(err)
	}
	ctx = browser(t)
	do(t, ctx, chromedp.Navigate(address))
	until(t, ctx, `document.querySelector("article.code.running .output-text")?.textContent.startsWith("begun") ?? false`)
	check(t, ctx, firstShown, "42")
	check(t, ctx, kernelSays, "Kernel busy")
	do(t, ctx, chromedp.Click(button("Interrupt the kernel")))
	until(t, ctx, `document.querySelector("article.code.stopped") !== null && `+kernelSays+` === "Kernel idle"`)
	until(t, ctx, saved)
	screenshot(t, ctx, "killed-browser")
}

// A kernel that another client restarts is shown as it is: starting, then idle, never
// dead, and the cell that ran has ended.
func TestKernelRestartedElsewhereJourney(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	address, _ := twoCells(t, ctx, endlessCell)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	k := &runningKernel{t: t, url: u}
	session := k.post("/api/sessions", `{"path":"Untitled.ipynb","name":"Untitled.ipynb","type":"notebook","kernel":{"name":"profilemate"}}`)
	id, _ := session["kernel"].(map[string]any)["id"].(string)
	k.post("/api/kernels/"+id+"/restart", "")
	until(t, ctx, `document.querySelectorAll("article.code")[1].querySelector(".error-output") !== null`)
	until(t, ctx, kernelSays+` === "Kernel idle"`)
	check(t, ctx, endBanner, "")
	check(t, ctx, firstShown, "42")
}
