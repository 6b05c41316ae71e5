package main_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// variableRow is the row of a variable in the side panel as it reads: name, kind, size,
// bytes, cell.
func variableRow(name string) string {
	return `([...document.querySelectorAll(".variables tbody tr")].map(r => [...r.cells].map(c => c.textContent).join("|").replace(/[\u202f\u00a0]/g, " "))
		.find(r => r.startsWith("` + name + `|")) ?? "")`
}

// What the page says of names: what stands at a place, which cells define it, what the
// kernel holds.
func TestNamesJourney(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	emptyNotebook(t, ctx, t.TempDir())
	do(t, ctx, chromedp.Click(`.first-steps `+button("Add a Go cell")))
	until(t, ctx, editorReady)
	typeIn(t, ctx, "limit := 1200")
	inspectByKeyAndHand(t, ctx)
	press(t, ctx, kb.End)
	press(t, ctx, kb.Enter, chromedp.ModifierShift)
	until(t, ctx, `document.querySelectorAll("article.code").length === 2`)
	until(t, ctx, editorReady)
	typeIn(t, ctx, "limit := 34\nrows := frames.NewBuilder(\"rows\", frames.Schema{{Name: \"n\", Kind: frames.Int64}, {Name: \"s\", Kind: frames.String}})\n"+
		"rows.Row(int64(1), \"a\")\nrows.Row(int64(2), \"b\")\nrows.Row(int64(3), \"c\")\nthree := rows.Frame()\nthree.Len() + limit")
	press(t, ctx, kb.Enter, chromedp.ModifierCtrl)
	until(t, ctx, `[...document.querySelectorAll(".output-text")].some(p => p.textContent === "37")`)
	seeConflict(t, ctx)
	seeVariables(t, ctx)
	findAnalysis(t, ctx)
}

const leaflet = `(document.querySelector(".inspection")?.textContent ?? "")`

// inspectByKeyAndHand asks what stands at a place by Shift-Tab, and by pointing at it.
func inspectByKeyAndHand(t *testing.T, ctx context.Context) {
	t.Helper()
	typeIn(t, ctx, "\nprofilemate.Load")
	until(t, ctx, `document.querySelector(".cm-tooltip-autocomplete") !== null`)
	press(t, ctx, kb.Escape) // what could follow is not asked for
	until(t, ctx, `document.querySelector(".cm-tooltip-autocomplete") === null`)
	press(t, ctx, kb.Tab, chromedp.ModifierShift)
	until(t, ctx, leaflet+`.includes("Load") && `+leaflet+`.includes("func")`)
	screenshot(t, ctx, "names-inspection")
	press(t, ctx, kb.Escape)
	until(t, ctx, leaflet+` === "" && `+editorReady)
	place := ask[[]float64](t, ctx, `(() => {
		const line = document.querySelector("article.selected .cm-line:last-child"), range = document.createRange();
		range.selectNodeContents(line);
		const box = [...range.getClientRects()].at(-1);
		return [box.right - 6, (box.top + box.bottom) / 2];
	})()`)
	do(t, ctx, chromedp.MouseEvent(chromedp.MouseMoved, place[0]-1, place[1]))
	do(t, ctx, chromedp.MouseEvent(chromedp.MouseMoved, place[0], place[1]))
	until(t, ctx, leaflet+`.includes("Load")`)
	do(t, ctx, chromedp.MouseEvent(chromedp.MouseMoved, 5, 5))
	until(t, ctx, leaflet+` === ""`)
	for range "\nprofilemate.Load" {
		press(t, ctx, kb.Backspace)
	}
	until(t, ctx, source+` === "limit := 1200"`)
}

// seeConflict goes from the notice of a name that two cells define to the first of
// them, and gives it another name.
func seeConflict(t *testing.T, ctx context.Context) {
	t.Helper()
	const notice = `([...document.querySelectorAll(".banner")].find(b => b.textContent.includes("is defined by"))?.querySelector("p").textContent ?? "")`
	until(t, ctx, notice+` === "limit is defined by 2 cells: the one that ran last counts."`)
	check(t, ctx, `[...document.querySelectorAll(".banner button")].map(b => b.textContent).join(" ")`, "Cell [1] Cell [2]")
	screenshot(t, ctx, "names-conflict")
	do(t, ctx, chromedp.Click(button("Go to cell 1 that defines limit")))
	until(t, ctx, selectedCell+` === document.querySelector("article.code")`)
	do(t, ctx, chromedp.Click(`article.selected .cm-content`))
	until(t, ctx, editorReady)
	press(t, ctx, kb.Home)
	typeIn(t, ctx, "my_")
	until(t, ctx, notice+` === ""`)
	press(t, ctx, kb.Enter, chromedp.ModifierCtrl)
	until(t, ctx, variableRow("my_limit")+` !== ""`)
}

// seeVariables reads the list of what the kernel holds, goes to a cell from it and
// looks at a table's rows.
func seeVariables(t *testing.T, ctx context.Context) {
	t.Helper()
	check(t, ctx, variableRow("three"), "three|*frames.Frame|3 × 2|87 B|[2]") // 3 × (8 + 4), and three texts of 16 + 1
	check(t, ctx, variableRow("my_limit"), "my_limit|int|1200|8 B|[3]")
	do(t, ctx, chromedp.Click(`.variables `+button("Go to the cell that defines three")))
	until(t, ctx, selectedCell+` === document.querySelectorAll("article.code")[1]`)
	do(t, ctx, chromedp.Click(`.variables .variable [title^="three"]`))
	until(t, ctx, `document.querySelectorAll('[aria-label="Variables"] section.table tbody tr').length === 3`)
	screenshot(t, ctx, "names-variables")
}

// findAnalysis adds a cell of an analysis by the name that cells call it by. What it
// reads has a name too long for a column, which stands above its row.
func findAnalysis(t *testing.T, ctx context.Context) {
	t.Helper()
	do(t, ctx, chromedp.Click(button("Add an analysis cell below")))
	until(t, ctx, `document.activeElement?.classList.contains("palette-input")`)
	typeIn(t, ctx, "kernel-summ")
	until(t, ctx, `document.querySelectorAll(".palette-list li[role=option]").length === 1`)
	press(t, ctx, kb.Enter)
	until(t, ctx, `document.querySelectorAll("article.code").length === 3`)
	check(t, ctx, cellText+`(document.querySelectorAll("article.code")[2]).trim()`, "%%analysis kernel-summary")
	fill(t, ctx, `article.code .input-field input`, "demo_eager.sqlite")
	press(t, ctx, kb.Enter, chromedp.ModifierCtrl)
	until(t, ctx, `(document.querySelector(".variables .long-name")?.textContent ?? "") !== ""`)
	check(t, ctx, `document.querySelector(".variables .long-name").textContent`, "demo_eager.sqlite")
	screenshot(t, ctx, "names-long")
}
