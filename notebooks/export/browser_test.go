package export_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"profilemate/notebooks/export"
)

// browser opens a file in Chromium, without a network.
func browser(t *testing.T, path string) context.Context {
	t.Helper()
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			chromium = found
			break
		}
	}
	if chromium == "" {
		t.Fatal("this test needs Chromium: apt-get install chromium, which make test does")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.WindowSize(1100, 900),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	limited, cancel := context.WithTimeout(allocator, 90*time.Second)
	t.Cleanup(cancel)
	ctx, closeTab := chromedp.NewContext(limited)
	t.Cleanup(closeTab)
	run(t, ctx, chromedp.Navigate("file://"+path))
	return ctx
}

func run[T any](t *testing.T, ctx context.Context, action chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func eval[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	return run(t, ctx, chromedp.Evaluate[T](script))
}

const visible = `[...document.querySelectorAll(".pm-table tbody tr")].filter(r => !r.hidden)`

// The exported file works offline: it draws its charts, sorts by the exact values,
// filters, and runs nothing that stands in a name.
func TestExportInBrowser(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(page(t, document(40), export.Options{})), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, path)
	if title := eval[string](t, ctx, `document.title`); title != "Where the time goes" {
		t.Errorf("the title is %q: something in a name ran", title)
	}
	if n := eval[int](t, ctx, `[...document.querySelectorAll("figure > svg")].filter(s => s.getBoundingClientRect().height > 100).length`); n != 2 {
		t.Errorf("%d of 2 charts are drawn", n)
	}
	checkSorting(t, ctx)
	checkFilter(t, ctx)
	keepScreenshots(t, ctx)
}

// checkSorting compares with an order that the browser works out from the exact
// values in the tooltips.
func checkSorting(t *testing.T, ctx context.Context) {
	t.Helper()
	click := `document.querySelectorAll(".pm-table th button")[2].click();`
	values := visible + `.map(r => parseFloat(r.cells[2].title))`
	for _, order := range []string{"descending", "ascending"} {
		got := eval[[]float64](t, ctx, click+values)
		if len(got) != 41 {
			t.Fatalf("%d of 41 rows are shown", len(got))
		}
		ascending := slices.IsSorted(got)
		slices.Reverse(got)
		if descending := slices.IsSorted(got); (order == "descending") != descending || (order == "ascending") != ascending {
			t.Errorf("a click did not sort %s: %v", order, got)
		}
		if state := eval[string](t, ctx, `document.querySelectorAll(".pm-table th")[2].getAttribute("aria-sort")`); state != order {
			t.Errorf("the header says %s, not %s", state, order)
		}
	}
	last := `document.querySelectorAll(".pm-table th button")[3].click();` + visible + `.at(-1).cells[3].textContent`
	for range 2 {
		if got := eval[string](t, ctx, last); got != "—" {
			t.Errorf("the missing value is not last but %q", got)
		}
	}
}

func checkFilter(t *testing.T, ctx context.Context) {
	t.Helper()
	for text, want := range map[string]int{"kernel_1": 11, "NS::KERNEL_39<": 1, "kernel:kernel_2": 11, "instances:kernel": 0, "onerror": 1, "": 41} {
		set := `{const i = document.querySelector(".pm-tools input"); i.value = ` + "`" + text + "`" + `; i.dispatchEvent(new Event("input"));}` + visible + `.length`
		if got := eval[int](t, ctx, set); got != want {
			t.Errorf("the filter %q leaves %d rows, not %d", text, got, want)
		}
	}
}

// keepScreenshots writes pictures of the page into the folder that SCREENSHOTS
// names, for people to look at.
func keepScreenshots(t *testing.T, ctx context.Context) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		run(t, ctx, func(ctx context.Context, tab *chromedp.Target) (cdp.Empty, error) {
			return cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		})
		shot := run(t, ctx, chromedp.FullScreenshot(100))
		if err := os.WriteFile(filepath.Join(folder, "export-"+scheme+".png"), shot, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
