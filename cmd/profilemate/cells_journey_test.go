package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	selectedCell = `document.querySelector("article.selected")`
	editorReady  = selectedCell + `?.querySelector(".cm-content") === document.activeElement`
	markedLine   = `(document.querySelector(".cm-problem-line")?.textContent ?? "")`
)

// press presses a key with modifiers.
func press(t *testing.T, ctx context.Context, key string, mods ...chromedp.Modifier) {
	t.Helper()
	do(t, ctx, chromedp.KeyEvent(key, chromedp.KeyModifiers(mods...)))
}

// typeIn types into what has the focus, without what editors add by themselves.
func typeIn(t *testing.T, ctx context.Context, text string) {
	t.Helper()
	if _, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		t.Fatal(err)
	}
}

// emptyNotebook opens a new notebook over the demo's captures.
func emptyNotebook(t *testing.T, ctx context.Context, folder string) {
	t.Helper()
	do(t, ctx, chromedp.Navigate(serveDemo(t, folder)))
	do(t, ctx, chromedp.WaitVisible(button("New notebook")))
	do(t, ctx, chromedp.Click(button("New notebook")))
	until(t, ctx, `document.querySelector("main h2")?.textContent === "This notebook is empty"`)
}

// SQL and Go are typed with the kernel's help, run by keys, and their errors lead to
// the line.
func TestCellsJourney(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeRouting(t, filepath.Join(folder, "long"), 300)
	ctx := browser(t)
	emptyNotebook(t, ctx, folder)
	writeSQL(t, ctx)
	writeGo(t, ctx)
	seeWhatIsStale(t, ctx)
	moveByKeysAndHand(t, ctx)
	lookAtVariables(t, ctx)
}

func writeSQL(t *testing.T, ctx context.Context) {
	t.Helper()
	do(t, ctx, chromedp.Click(`.first-steps `+button("Add an SQL cell")))
	until(t, ctx, editorReady)
	check(t, ctx, source, "%%sql ")
	press(t, ctx, kb.End)
	typeIn(t, ctx, "long\nSELECT step, layer FROM ste")
	press(t, ctx, kb.Tab)
	until(t, ctx, `document.querySelector(".cm-tooltip-autocomplete li")?.textContent.includes("steps") ?? false`)
	screenshot(t, ctx, "cells-completion")
	time.Sleep(100 * time.Millisecond) // a list that has only just come is not taken for what was meant
	press(t, ctx, kb.Tab)
	until(t, ctx, source+`.includes("FROM steps")`)
	press(t, ctx, kb.Enter, chromedp.ModifierCtrl)
	until(t, ctx, `document.querySelector("article.code.done section.table") !== null`)
	check(t, ctx, selectedCell+`.querySelector("h3").textContent`, "SQL")
	if !strings.HasSuffix(ask[string](t, ctx, source), "steps") {
		t.Errorf("running by Ctrl-Enter changed the text to %q", ask[string](t, ctx, source))
	}
}

func writeGo(t *testing.T, ctx context.Context) {
	t.Helper()
	do(t, ctx, chromedp.Click(button("Add a Go cell below")))
	until(t, ctx, editorReady)
	typeIn(t, ctx, "rows := 1200\nrows + undefinedThing")
	press(t, ctx, kb.Enter, chromedp.ModifierCtrl)
	until(t, ctx, selectedCell+`.classList.contains("error")`)
	until(t, ctx, markedLine+` === "rows + undefinedThing"`)
	screenshot(t, ctx, "cells-error")
	do(t, ctx, chromedp.Click(`.error-output .place`))
	until(t, ctx, editorReady)
	press(t, ctx, kb.End)
	for range "undefinedThing" {
		press(t, ctx, kb.Backspace)
	}
	until(t, ctx, markedLine+` === ""`)
	typeIn(t, ctx, "34")
	press(t, ctx, kb.Enter, chromedp.ModifierShift)
	until(t, ctx, `document.querySelectorAll("article.code").length === 3`)
	until(t, ctx, `[...document.querySelectorAll(".output-text")].some(p => p.textContent === "1234")`)
	until(t, ctx, editorReady)
	typeIn(t, ctx, "twice := 2 * rows\ntwice")
	press(t, ctx, kb.Enter, chromedp.ModifierCtrl)
	until(t, ctx, `[...document.querySelectorAll(".output-text")].some(p => p.textContent === "2400")`)
}

// seeWhatIsStale changes the cell above and runs only what is out of date.
func seeWhatIsStale(t *testing.T, ctx context.Context) {
	t.Helper()
	press(t, ctx, "k")
	press(t, ctx, kb.Enter)
	until(t, ctx, editorReady)
	press(t, ctx, kb.Home, chromedp.ModifierCtrl)
	press(t, ctx, kb.End)
	press(t, ctx, "0")
	check(t, ctx, cellText+`(`+selectedCell+`)`, "rows := 12000\nrows + 34")
	press(t, ctx, kb.Escape)
	until(t, ctx, `document.querySelectorAll("article.code.stale").length === 2`)
	until(t, ctx, `document.querySelector(".banner.stale")?.textContent.startsWith("2 cells are out of date") ?? false`)
	screenshot(t, ctx, "cells-stale")
	do(t, ctx, chromedp.Click(`.banner `+button("Run what is out of date")))
	until(t, ctx, `[...document.querySelectorAll(".output-text")].some(p => p.textContent === "24000")`)
	until(t, ctx, `document.querySelector("article.stale, .banner.stale") === null`)
	do(t, ctx, chromedp.Click(button("Restart the kernel and run all")))
	until(t, ctx, `document.querySelector(".badge")?.textContent === "Reproduced"`)
	screenshot(t, ctx, "cells-reproduced")
}

const order = `[...document.querySelectorAll("article.code")].map(c => c.querySelector("h3").textContent).join(" ")`

func moveByKeysAndHand(t *testing.T, ctx context.Context) {
	t.Helper()
	check(t, ctx, order, "SQL Go Go")
	do(t, ctx, chromedp.Evaluate[bool](`(() => { document.activeElement.blur(); return true; })()`))
	press(t, ctx, kb.ArrowUp, chromedp.ModifierCtrl, chromedp.ModifierShift)
	until(t, ctx, order+` === "Go SQL Go"`)
	ask[bool](t, ctx, `(() => {
		const cells = [...document.querySelectorAll("article.code")], data = new DataTransfer();
		const fire = (e, kind, y) => e.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data, clientY: y}));
		const box = cells[2].getBoundingClientRect();
		fire(cells[1].querySelector(".grip"), "dragstart", 0);
		fire(cells[2], "dragover", box.bottom - 2);
		fire(cells[2], "drop", box.bottom - 2);
		return true;
	})()`)
	until(t, ctx, order+` === "Go Go SQL"`)
}

// lookAtVariables opens a table of the kernel from the list of what it holds.
func lookAtVariables(t *testing.T, ctx context.Context) {
	t.Helper()
	until(t, ctx, `[...document.querySelectorAll(".variables tr")].some(r => r.textContent.includes("twice") && r.textContent.includes("24000"))`)
	do(t, ctx, chromedp.Click(`.variables th:nth-child(4) button`))
	until(t, ctx, `document.querySelector('.variables th[aria-sort="descending"]') !== null`)
	screenshot(t, ctx, "cells-variables")
}

// Two programs write one notebook: nothing is lost unasked.
func TestSaveConflictJourney(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx := browser(t)
	emptyNotebook(t, ctx, folder)
	file := filepath.Join(folder, ask[string](t, ctx, `decodeURIComponent(location.pathname.replace("/notebooks/", ""))`))
	do(t, ctx, chromedp.Click(`.first-steps `+button("Add a Go cell")))
	until(t, ctx, editorReady)
	typeIn(t, ctx, "mine := 1")
	press(t, ctx, "s", chromedp.ModifierCtrl)
	until(t, ctx, `document.querySelector(".toolbar [role=status]").textContent === "Saved"`)
	for round, choice := range []string{"Overwrite", "Read the file again"} {
		theirs := changeElsewhere(t, file, round)
		press(t, ctx, fmt.Sprint(round))
		press(t, ctx, "s", chromedp.ModifierCtrl)
		until(t, ctx, `document.querySelector("dialog h2")?.textContent === "The file was changed"`)
		screenshot(t, ctx, fmt.Sprintf("conflict-%d", round))
		do(t, ctx, chromedp.Click(`dialog `+button(choice)))
		until(t, ctx, `document.querySelector("dialog") === null`)
		until(t, ctx, `document.querySelector(".toolbar [role=status]").textContent === "Saved"`)
		want := fmt.Sprintf(`%s.includes("theirs%d") === %v`, source, round, round == 1)
		until(t, ctx, want)
		if data, err := os.ReadFile(file); err != nil || strings.Contains(string(data), theirs) != (round == 1) {
			t.Errorf("after %s the file holds %s (%v)", choice, data, err)
		}
		do(t, ctx, chromedp.Click(`article.code .cm-content`))
	}
}

// changeElsewhere writes another text into the notebook, as another program would.
func changeElsewhere(t *testing.T, file string, round int) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	theirs := fmt.Sprintf("theirs%d", round)
	if err := os.WriteFile(file, []byte(strings.Replace(string(data), "mine", theirs, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	return theirs
}
