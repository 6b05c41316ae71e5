package main_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Printed at once, the notebook has all of its charts, whether they were scrolled to or
// not, and nothing that can only be clicked.
func TestPrintJourney(t *testing.T) {
	t.Parallel()
	url := serveDemo(t)
	ctx := browser(t)
	do(t, ctx, chromedp.Navigate(url))
	do(t, ctx, chromedp.WaitVisible("article.code"))
	do(t, ctx, chromedp.Click(button("Run all cells")))
	until(t, ctx, cellsDone)
	pdf := do(t, ctx, func(ctx context.Context, tab *chromedp.Target) (page.PrintToPDFResult, error) {
		return cdp.Call(ctx, tab, page.PrintToPDF, page.PrintToPDFParams{PrintBackground: new(true)})
	})
	if *screenshots != "" {
		if err := os.WriteFile(filepath.Join(*screenshots, "notebook.pdf"), pdf.Data, 0o644); err != nil {
			t.Error(err)
		}
	}
	if blank := do(t, ctx, chromedp.Evaluate[int](`[...document.querySelectorAll(".canvas")].filter(c => !c.querySelector("canvas")).length`)); blank > 0 {
		t.Errorf("%d charts are blank", blank)
	}
	do(t, ctx, func(ctx context.Context, tab *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	})
	if shown := do(t, ctx, chromedp.Evaluate[[]string](`[".toolbar", ".panel", ".table-tools", ".chart-tools", ".cell-tools"].filter(s => [...document.querySelectorAll(s)].some(e => e.offsetParent !== null))`)); len(shown) > 0 {
		t.Errorf("on paper there are %q", shown)
	}
}
