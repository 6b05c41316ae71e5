package report_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"profilemate/workbench/report"
)

// openPage shows a page in Chromium, without a network, in a wide window.
func openPage(t *testing.T, page string) context.Context {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && chromium == "" {
			chromium = found
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
	do(t, ctx, chromedp.Navigate("file://"+path))
	return ctx
}

func do[T any](t *testing.T, ctx context.Context, action chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// In a browser a report asks for nothing but itself, its charts are drawn, its tables
// download what they show, and nothing is wider than a phone but what scrolls.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"graphs", "ncu", "moe"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := shared(t, name)
			ctx := openPage(t, written(t, r, report.HTML))
			drawn := do(t, ctx, chromedp.Evaluate[int](`[...document.querySelectorAll("figure > svg")].filter(s => s.closest("details:not([open])") || s.getBoundingClientRect().height > 80).length`))
			want := 0
			for _, s := range r.Sections {
				for _, p := range s.Parts {
					if p.Result != nil {
						want += len(p.Result.Charts)
					}
				}
			}
			if drawn != want || want == 0 {
				t.Errorf("%d of %d charts are drawn", drawn, want)
			}
			checkDownload(t, ctx)
			if loaded := do(t, ctx, chromedp.Evaluate[[]string](`performance.getEntriesByType("resource").map(e => e.name)`)); len(loaded) > 0 {
				t.Errorf("the page loaded %v", loaded)
			}
			do(t, ctx, func(ctx context.Context, tab *chromedp.Target) (cdp.Empty, error) {
				return cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 400, Height: 800, DeviceScaleFactor: 1, Mobile: true})
			})
			if wide := do(t, ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); wide > 400 {
				t.Errorf("on a phone of 400 px the page is %d px wide", wide)
			}
		})
	}
}

// checkDownload reads the CSV that the first table's link brings.
func checkDownload(t *testing.T, ctx context.Context) {
	t.Helper()
	text := do(t, ctx, chromedp.Evaluate[string](`(() => {
		const link = document.querySelector(".pm-table .pm-tools a");
		link.addEventListener("click", (event) => event.preventDefault());
		link.click();
		return decodeURIComponent(link.href.slice(link.href.indexOf(",") + 1));
	})()`))
	rows := do(t, ctx, chromedp.Evaluate[int](`document.querySelector(".pm-table table").tBodies[0].rows.length`))
	if lines := strings.Count(text, "\n"); lines != rows+1 {
		t.Errorf("the download has %d lines for %d rows:\n%s", lines, rows, text)
	}
}
