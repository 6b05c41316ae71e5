package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// writeRouting writes a MoE folder of so many steps and four layers.
func writeRouting(t *testing.T, dir string, steps int) {
	t.Helper()
	rows := [][]any{}
	for step := range steps {
		for layer := range 4 {
			counts := make([]int, 16)
			for e := range counts {
				counts[e] = 100 + (7*step+13*layer+e*e)%50
			}
			rows = append(rows, []any{10 * step, layer, counts})
		}
	}
	data, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "expert_counts_by_step.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// ask evaluates an expression of the page.
func ask[T any](t testing.TB, ctx context.Context, expression string) T {
	t.Helper()
	return do(t, ctx, chromedp.Evaluate[T](expression))
}

// check fails where an expression of the page is not what it should be.
func check(t testing.TB, ctx context.Context, expression, want string) {
	t.Helper()
	if got := ask[string](t, ctx, expression); got != want {
		t.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// fill replaces the text of a field and leaves it.
func fill(t testing.TB, ctx context.Context, selector, text string) {
	t.Helper()
	do(t, ctx, chromedp.Evaluate[bool](`(() => { document.querySelector(`+"`"+selector+"`"+`).select(); return true; })()`))
	do(t, ctx, chromedp.SendKeys(selector, text+kb.Tab))
}

// download asks for what a link of the page leads to and returns it.
func download(t testing.TB, ctx context.Context, link string) string {
	t.Helper()
	address := ask[string](t, ctx, `document.querySelector(`+"`"+link+"`"+`).href`)
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("%s: %s (%v): %.200s", link, response.Status, err, body)
	}
	return string(body)
}

const (
	source   = cellText + `(document.querySelector("article.code"))`
	stepRows = `section.table[aria-label*="step"]`
	steps    = `document.querySelector('section.table[aria-label*="step"]')`
	pagerSay = steps + `.querySelector(".pager .quiet").textContent.replace(/\u202f/g, "")`
)

// column reads a column of the table of steps as it is shown.
func column(name string) string {
	return `(() => {
		const table = ` + steps + `;
		const at = [...table.querySelectorAll("th")].findIndex(h => h.textContent.startsWith("` + name + `"));
		return [...table.querySelectorAll("tbody tr")].map(r => Number(r.cells[at].dataset.exact));
	})()`
}

// From a file to a saved, exported result, as somebody works who knows no command.
func TestWorkJourney(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeRouting(t, filepath.Join(folder, "long"), 300)
	address := serveDemo(t, folder)
	ctx := browser(t)
	do(t, ctx, chromedp.Navigate(address))
	do(t, ctx, chromedp.WaitVisible(button("New notebook")))
	do(t, ctx, chromedp.Click(button("New notebook")))
	until(t, ctx, `document.querySelector("main h2")?.textContent === "This notebook is empty"`)
	addCell(t, ctx)
	changeAndRun(t, ctx)
	lookThroughTable(t, ctx)
	deleteAndUndo(t, ctx)
	saveAndReload(t, ctx)
	downloads(t, ctx)
	fitsNarrowWindows(t, ctx)
}

// addCell finds the artifact by its path and takes an analysis from its card.
func addCell(t *testing.T, ctx context.Context) {
	t.Helper()
	do(t, ctx, chromedp.SendKeys(`.browser form input`, "long"+kb.Enter))
	until(t, ctx, `document.querySelector(".artifact h3")?.textContent === "long"`)
	check(t, ctx, `[...document.querySelectorAll(".artifact summary")].map(s => s.textContent).find(s => s.startsWith("steps")) ?? ""`, "steps19\u202f200 rows")
	do(t, ctx, chromedp.Click(`.fitting button[aria-label*="step by step"]`))
	until(t, ctx, `document.querySelector("article.code") !== null`)
	check(t, ctx, source, "%%analysis imbalance-over-time long")
	screenshot(t, ctx, "work-form")
}

// changeAndRun sets a parameter in the form, which writes the cell, and runs it.
func changeAndRun(t *testing.T, ctx context.Context) {
	t.Helper()
	fill(t, ctx, `.params .field:first-child input`, "20")
	until(t, ctx, source+` === "%%analysis imbalance-over-time long window=20"`)
	do(t, ctx, chromedp.Click(button("Run (")))
	until(t, ctx, cellsDone)
	until(t, ctx, steps+` !== null`)
}

// lookThroughTable sorts, filters and pages a table that is longer than what the
// page has of it.
func lookThroughTable(t *testing.T, ctx context.Context) {
	t.Helper()
	check(t, ctx, pagerSay, "1–50 of 1200")
	do(t, ctx, chromedp.Click(stepRows+` button[title^="Last rows"]`))
	until(t, ctx, pagerSay+` === "1151–1200 of 1200"`)
	until(t, ctx, column("step")+`.at(-1) === 2990`)
	do(t, ctx, chromedp.Click(stepRows+` th:first-child button`)) // largest step first
	until(t, ctx, pagerSay+` === "1–50 of 1200"`)
	until(t, ctx, column("step")+`[0] === 2990`)
	do(t, ctx, chromedp.SendKeys(stepRows+` input.filter`, "layer:3"))
	until(t, ctx, pagerSay+` === "1–50 of 300"`)
	until(t, ctx, column("layer")+`.every(v => v === 3)`)
	if rows := ask[[]float64](t, ctx, column("step")); len(rows) != 50 || rows[0] != 2990 || rows[49] != 2500 {
		t.Errorf("steps of layer 3, last first: %v", rows)
	}
	screenshot(t, ctx, "work-table")
}

// deleteAndUndo deletes the cell by keys and has it back with what it showed.
func deleteAndUndo(t *testing.T, ctx context.Context) {
	t.Helper()
	id := ask[string](t, ctx, `document.querySelector("article.code").id`)
	do(t, ctx, chromedp.Evaluate[bool](`(() => { document.activeElement.blur(); return true; })()`))
	do(t, ctx, chromedp.KeyEvent("dd"))
	until(t, ctx, `document.querySelector("article.code") === null`)
	do(t, ctx, chromedp.KeyEvent("z"))
	until(t, ctx, steps+` !== null`)
	check(t, ctx, `document.querySelector("article.code").id`, id)
	do(t, ctx, chromedp.KeyEvent("m"))
	until(t, ctx, `document.querySelector("article.markdown") !== null`)
	do(t, ctx, chromedp.KeyEvent("y"))
	until(t, ctx, steps+` !== null`)
	check(t, ctx, `document.querySelector("article.code").id`, id)
}

func saveAndReload(t *testing.T, ctx context.Context) {
	t.Helper()
	do(t, ctx, chromedp.Click(button("Save")))
	until(t, ctx, `document.querySelector(".toolbar [role=status]").textContent === "Saved"`)
	do(t, ctx, chromedp.Reload())
	until(t, ctx, steps+` !== null`)
	check(t, ctx, source, "%%analysis imbalance-over-time long window=20")
	check(t, ctx, pagerSay, "1–50 of 1200")
}

// overflowing names what stands out of its part of the page. What scrolls by itself
// or is folded may.
const overflowing = `JSON.stringify([...document.querySelectorAll(".panel *, .toolbar *, main *")].filter(e => {
	const part = e.closest(".panel, .toolbar, main").getBoundingClientRect(), own = e.getBoundingClientRect();
	return own.width > 0 && own.right > part.right + 1 && !e.closest(".table-frame, .folded, svg");
}).map(e => e.tagName + " " + e.className))`

// apart tells whether the parts of the page lie beside each other.
const apart = `(() => {
	const [bar, panel, main] = [".toolbar", ".panel", "main"].map(s => document.querySelector(s).getBoundingClientRect());
	return bar.bottom <= panel.top + 1 && bar.bottom <= main.top + 1 && panel.right <= main.left + 1 && main.width > 500;
})()`

func fitsNarrowWindows(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, width := range []int64{1280, 900} {
		do(t, ctx, chromedp.EmulateViewport(width, 900))
		until(t, ctx, fmt.Sprintf("innerWidth === %d", width))
		for end := time.Now().Add(5 * time.Second); ask[string](t, ctx, overflowing) != "[]" && time.Now().Before(end); {
			time.Sleep(20 * time.Millisecond) // charts follow a new width a moment later
		}
		check(t, ctx, overflowing, "[]")
		if !ask[bool](t, ctx, apart) {
			t.Errorf("at %d px the parts of the page overlap", width)
		}
	}
	screenshot(t, ctx, "work-narrow")
}

func downloads(t *testing.T, ctx context.Context) {
	t.Helper()
	if csv := download(t, ctx, stepRows+` a[download]`); strings.Count(csv, "\n") != 1201 {
		t.Errorf("the table as CSV has %d lines", strings.Count(csv, "\n"))
	}
	if svg := download(t, ctx, `figure.chart a[download$=".svg"]`); !strings.Contains(svg, "<svg") {
		t.Errorf("the chart as SVG begins with %.60q", svg)
	}
	if png := download(t, ctx, `figure.chart a[download$=".png"]`); !strings.HasPrefix(png, "\x89PNG") {
		t.Errorf("the chart as PNG begins with %.20q", png)
	}
	if html := download(t, ctx, `.toolbar a[download]`); !strings.Contains(html, "<svg") || !strings.Contains(html, "window=20") {
		t.Errorf("the notebook as HTML has %d bytes and lacks its chart or its cell", len(html))
	}
}

// cancelSoon presses Run all and then, as soon as a cell runs, Cancel.
const cancelSoon = `(() => {
	document.querySelector('button[title^="Run all"]').click();
	const timer = setInterval(() => {
		const cancel = document.querySelector(".progress button");
		if (cancel === null) return;
		clearInterval(timer);
		cancel.click();
	}, 1);
	return true;
})()`

// A run can be stopped: what waits does not run, and the cells run afterwards.
func TestCancelJourney(t *testing.T) {
	t.Parallel()
	address := serveDemo(t)
	ctx := browser(t)
	do(t, ctx, chromedp.Navigate(address))
	do(t, ctx, chromedp.WaitVisible("article.code"))
	ask[bool](t, ctx, cancelSoon)
	until(t, ctx, `document.querySelector("article.code.stopped, article.code.done") !== null`)
	until(t, ctx, `document.querySelector("article.code.running, article.code.queued") === null`)
	check(t, ctx, `[...document.querySelectorAll("article.code")].at(-1).className.split(" ").includes("idle") ? "not run" : "run"`, "not run")
	do(t, ctx, chromedp.Click(button("Run all cells")))
	until(t, ctx, cellsDone)
}
