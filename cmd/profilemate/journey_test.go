package main_test

import (
	"bufio"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var (
	update      = flag.Bool("update", false, "rewrite golden files")
	screenshots = flag.String("screenshots", "", "keep the journeys' screenshots in this folder")
)

// serveDemo starts the program on its demo with a fresh cache, in a folder where one
// is given, and returns its URL.
func serveDemo(t testing.TB, args ...string) string {
	t.Helper()
	args = append([]string{"serve", "--demo", "--no-browser", "--port", "0", "--cache", t.TempDir()}, args...)
	cmd := exec.Command(binary, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("no URL on standard output: %v", err)
	}
	return strings.TrimSpace(line)
}

// browserFor bounds what a test does in a browser.
const browserFor = 2 * time.Minute

// browser opens a headless Chromium. Errors that a page throws fail the test.
func browser(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), browserFor)
	t.Cleanup(cancel)
	return chromium(t, ctx)
}

// chromium opens a headless Chromium for as long as ctx and the test last.
func chromium(t testing.TB, ctx context.Context) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1440, 1000), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true), chromedp.Flag("hide-scrollbars", true))
	ctx, cancel := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	do(t, ctx, chromedp.Navigate("about:blank"))
	failOnErrors(t, ctx)
	return ctx
}

// tab opens another tab of a browser, which may be that of a test around this one.
func tab(t testing.TB, browser context.Context) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(browser, browserFor)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	do(t, ctx, chromedp.Navigate("about:blank"))
	failOnErrors(t, ctx)
	return ctx
}

// failOnErrors fails the test when a page throws.
func failOnErrors(t testing.TB, ctx context.Context) {
	t.Helper()
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			t.Errorf("the page threw %s", e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// do runs one action and returns its value.
func do[T any](t testing.TB, ctx context.Context, action chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// until waits for a condition of the page. The page forbids eval, which chromedp's
// own polling needs.
func until(t testing.TB, ctx context.Context, condition string) {
	t.Helper()
	for started := time.Now(); !do(t, ctx, chromedp.Evaluate[bool](condition)); {
		if time.Since(started) > 40*time.Second {
			screenshot(t, ctx, "failed-"+t.Name())
			t.Fatalf("the page does not come to %s", condition)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// screenshot keeps what the page shows, if asked to.
func screenshot(t testing.TB, ctx context.Context, name string) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	picture := do(t, ctx, chromedp.CaptureScreenshot())
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// What a page can be asked.
const (
	// cellText is a function of a cell: a field holds its text until the editor is there.
	cellText = `(c => c.querySelector("textarea")?.value ?? [...c.querySelectorAll(".cm-line")].map(l => l.textContent).join("\n"))`

	cellsDone = `document.querySelectorAll("article.code").length > 0 &&
		[...document.querySelectorAll("article.code")].every(c => c.classList.contains("done"))`
	tableNames = `[...document.querySelectorAll("section.table")].map(s => s.getAttribute("aria-label"))`
	chartNames = `[...document.querySelectorAll("figure.chart")].map(f => f.getAttribute("aria-label"))`
	firstRows  = `[...document.querySelectorAll("section.table tbody tr:first-child")].map(r => r.innerText)`
)

// scrollTo brings the first cell of an analysis to the top.
func scrollTo(analysis string) string {
	return `(() => {
		const cell = [...document.querySelectorAll("article.code")].find(c => ` + cellText + `(c).includes("` + analysis + `"));
		cell.scrollIntoView({block: "start", behavior: "instant"});
		return true;
	})()`
}

// button is the selector of the button with a label.
func button(label string) string { return `button[title^="` + label + `"]` }

// The demo opens, every cell runs, and a reload of the browser shows it all again.
func TestDemoJourney(t *testing.T) {
	t.Parallel()
	url := serveDemo(t)
	ctx := browser(t)
	started := time.Now()
	do(t, ctx, chromedp.Navigate(url))
	do(t, ctx, chromedp.WaitVisible("article.code"))
	opened := time.Since(started)
	do(t, ctx, chromedp.Click(button("Run all cells")))
	until(t, ctx, cellsDone)
	t.Logf("page up after %v, all cells done after %v", opened.Round(time.Millisecond), time.Since(started).Round(time.Millisecond))
	for cell, name := range map[string]string{"kernel-summary": "kernel-summary", "roofline": "roofline", "co-selection": "co-selection", "imbalance": "imbalance"} {
		do(t, ctx, chromedp.Evaluate[bool](scrollTo(cell)))
		time.Sleep(500 * time.Millisecond) // charts fade in
		screenshot(t, ctx, name)
	}

	tables := do(t, ctx, chromedp.Evaluate[[]string](tableNames))
	charts := do(t, ctx, chromedp.Evaluate[[]string](chartNames))
	if len(tables) < 9 || len(charts) < 5 {
		t.Errorf("%d tables and %d charts: %q %q", len(tables), len(charts), tables, charts)
	}
	for _, row := range do(t, ctx, chromedp.Evaluate[[]string](firstRows)) {
		if strings.Contains(row, "NaN") || strings.Contains(row, "undefined") {
			t.Errorf("a row shows %q", row)
		}
	}

	do(t, ctx, chromedp.Reload())
	do(t, ctx, chromedp.WaitVisible("section.table"))
	if again := do(t, ctx, chromedp.Evaluate[[]string](tableNames)); !slices.Equal(again, tables) {
		t.Errorf("after a reload the page has %q, before %q", again, tables)
	}
}
