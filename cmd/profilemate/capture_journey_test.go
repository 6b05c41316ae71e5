package main_test

import (
	"bufio"
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// served is a running workbench.
type served struct {
	cmd     *exec.Cmd
	address string // with the token
}

// serve starts the workbench on a folder of the bench.
func (b *bench) serve() *served {
	b.t.Helper()
	folder := filepath.Join(b.dir, "work")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.t.Fatal(err)
	}
	s := &served{cmd: b.command("serve", "--no-browser", "--port", freePort(b.t), folder)}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		_ = s.cmd.Process.Signal(os.Interrupt) // it may have been killed by the test
		_ = s.cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.t.Fatalf("no URL on standard output: %v", err)
	}
	s.address = strings.TrimSpace(line)
	return s
}

// at is the address of a page of the workbench.
func (s *served) at(path string) string { return strings.Replace(s.address, "/?", path+"?", 1) }

// What the page of captures can be asked.
const (
	hasPlan = `document.querySelector(".steps li") !== null`
	// formGroups are the titles of the groups of parameters that the form shows.
	formGroups = `[...document.querySelectorAll(".capture-form .form-group summary")].map(s => s.firstChild.textContent).join(", ")`
	jobState   = `(document.querySelector(".job-state strong")?.textContent ?? "")`
	phaseNow   = `(document.querySelector(".phases .now span:nth-child(2)")?.textContent ?? "")`
	logText    = `(document.querySelector(".log-frame")?.textContent ?? "")`
	startIt    = `button[title="Start the capture"]`
)

// put sets a field of the form by its label, as typing does.
func put(t *testing.T, ctx context.Context, label, text string) {
	t.Helper()
	set := `(() => {
		const field = [...document.querySelectorAll(".capture-form .field")].find(f => f.querySelector("label").textContent === "` + label + `");
		const input = field.querySelector("input, select");
		if (input.type === "checkbox") { if (String(input.checked) !== "` + text + `") input.click(); return true; }
		input.value = "` + text + `";
		input.dispatchEvent(new Event("input", {bubbles: true}));
		input.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`
	until(t, ctx, `[...document.querySelectorAll(".capture-form .field label")].some(l => l.textContent === "`+label+`")`)
	ask[bool](t, ctx, set)
}

// choose picks a recipe.
func choose(t *testing.T, ctx context.Context, recipe string) {
	t.Helper()
	until(t, ctx, `document.querySelector('.recipes input[value="`+recipe+`"]') !== null`)
	ask[bool](t, ctx, `(() => { document.querySelector('.recipes input[value="`+recipe+`"]').click(); return true; })()`)
}

// fillServer sets what a capture of a stand-in server needs.
func (b *bench) fillServer(ctx context.Context) {
	for _, field := range [][2]string{{"Model", "org/model"}, {"Port", b.port}, {"Num requests", "6"}, {"Warmup", "2"}, {"Input len", "16"}, {"Output len", "4"},
		{"Grace", "20s"}} {
		put(b.t, ctx, field[0], field[1])
	}
}

// begun starts the capture of the form, and returns its id.
func begun(t *testing.T, ctx context.Context) string {
	t.Helper()
	until(t, ctx, `document.querySelector('`+startIt+`')?.disabled === false`)
	do(t, ctx, chromedp.Click(startIt))
	until(t, ctx, `location.pathname.startsWith("/captures/")`)
	return strings.TrimPrefix(ask[string](t, ctx, `location.pathname`), "/captures/")
}

// A capture of a server from the page: form, plan, what is missing, progress, log,
// results, and the notebook about them.
func TestCaptureJourney(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true, Workers: 2, Unready: time.Second, TTFT: 50 * time.Millisecond}, "")
	s, ctx := b.serve(), browser(t)
	do(t, ctx, chromedp.Navigate(s.address))
	do(t, ctx, chromedp.WaitVisible(button("Make a capture")))
	do(t, ctx, chromedp.Click(button("Make a capture")))
	choose(t, ctx, "vllm")
	until(t, ctx, `document.querySelector(".plan .field-problem")?.textContent === "Vllm: parameter model: name the model to serve."`)
	b.fillServer(ctx)
	const always = "What to run, Server, Traffic, When to record"
	check(t, ctx, formGroups, always+", Nsight Systems, Output")
	put(t, ctx, "Mode", "full")
	put(t, ctx, "Launch count", "7")
	until(t, ctx, hasPlan+` && document.querySelector(".command-line pre").textContent.includes("--launch-count=7")`)
	check(t, ctx, formGroups, always+", Nsight Systems, Nsight Compute, Output")
	put(t, ctx, "Mode", "quick") // the launches that were typed wait in the form
	until(t, ctx, hasPlan+` && !document.querySelector(".command-line pre").textContent.includes("--launch-count=7")`)
	check(t, ctx, `document.querySelector(".command-line pre").textContent.replace(/--output-dir=\S+ /, "").replace(/--port=\d+ /, "")`,
		"profilemate profile vllm --model=org/model --num-requests=6 --input-len=16 --output-len=4 --warmup=2 --grace=20s")
	if plan := ask[string](t, ctx, `document.querySelector(".steps .command").textContent`); !strings.Contains(plan, "nsys profile --trace=cuda,nvtx") || !strings.Contains(plan, "vllm serve org/model") {
		t.Errorf("the plan has the command %q", plan)
	}
	until(t, ctx, `document.querySelectorAll(".checks li").length > 2`)
	screenshot(t, ctx, "capture-form")
	id := begun(t, ctx)
	until(t, ctx, phaseNow+` === "Load the model under Nsight Systems"`)
	screenshot(t, ctx, "capture-running")
	until(t, ctx, jobState+` === "Done"`)
	if j := b.job(id); j.State != job.Done || !strings.HasPrefix(j.Plan.Folder, filepath.Join(b.dir, "work", "profiling_results_")) {
		t.Errorf("the job is %s in %s", j.State, j.Plan.Folder)
	}
	until(t, ctx, `document.querySelector(".captures-link .quiet").textContent === "1 capture"`)
	until(t, ctx, `[...document.querySelectorAll(".browser button, .browser a")].some(e => e.textContent.includes("profiling_results_"))`)
	until(t, ctx, logText+`.includes("The server records.")`)
	searchLog(t, ctx)
	screenshot(t, ctx, "capture-done")
	do(t, ctx, chromedp.Click(button("Dark")))
	screenshot(t, ctx, "capture-done-dark")
	do(t, ctx, chromedp.Click(button("Open as a notebook from the template nsys-tour")))
	until(t, ctx, `document.querySelectorAll("article.code").length > 1`)
	do(t, ctx, chromedp.Click(button("Run all cells")))
	until(t, ctx, cellsDone)
}

// searchLog looks for a text in the log, which leaves the lines that have it.
func searchLog(t *testing.T, ctx context.Context) {
	t.Helper()
	all := ask[int](t, ctx, `document.querySelectorAll(".log .line").length`)
	do(t, ctx, chromedp.SendKeys(`.log input[type="search"]`, "the SERVER records"))
	until(t, ctx, `document.querySelectorAll(".log .line").length === 1`)
	fill(t, ctx, `.log input[type="search"]`, " ")
	if again := ask[int](t, ctx, `document.querySelectorAll(".log .line").length`); all < 3 || again != all {
		t.Errorf("%d lines before the search, %d after it", all, again)
	}
}

// sglang is a server with SGLang's command line, made of the stand-in for vLLM's.
const sglang = `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in --model-path) model=$2 ;; --port) port=$2 ;; esac
  shift
done
exec vllm serve "$model" --port "$port" --profiler-config.profiler cuda
`

// Each recipe works from the page.
func TestCaptureRecipesFromPage(t *testing.T) {
	t.Parallel()
	all := chromium(t, context.Background()) // its tabs wait for their turn, which may take minutes
	for _, c := range []struct {
		recipe string
		fill   func(*bench, context.Context)
		made   string // a file in the output folder
	}{
		{"vllm", func(b *bench, ctx context.Context) { b.fillServer(ctx); put(b.t, ctx, "Mode", "full") }, "vllm_ncu_profile.ncu-rep"},
		{"sglang", func(b *bench, ctx context.Context) {
			server := filepath.Join(b.dir, "sglang")
			if err := os.WriteFile(server, []byte(sglang), 0o755); err != nil {
				b.t.Fatal(err)
			}
			b.fillServer(ctx)
			put(b.t, ctx, "Server command", server)
		}, "sglang_quick_profile.sqlite"},
		{"nsys", func(b *bench, ctx context.Context) { put(b.t, ctx, "Command", "sleep 0.5") }, "profile.sqlite"},
		{"ncu", func(b *bench, ctx context.Context) { put(b.t, ctx, "Command", "sleep 0.5") }, "profile.ncu-rep"},
		{"attach", func(b *bench, ctx context.Context) {
			server := standin.New(standin.Options{Profiler: true})
			h := httptest.NewServer(server)
			b.t.Cleanup(func() { server.Close(); h.Close() })
			for _, field := range [][2]string{{"Url", h.URL}, {"Num requests", "6"}, {"Warmup", "2"}, {"Output len", "4"}} {
				put(b.t, ctx, field[0], field[1])
			}
		}, "run.json"},
	} {
		t.Run(c.recipe, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, standin.Options{Profiler: true}, "")
			s, ctx := b.serve(), tab(t, all)
			do(t, ctx, chromedp.Navigate(s.at("/captures")))
			choose(t, ctx, c.recipe)
			c.fill(b, ctx)
			put(t, ctx, "Output dir", "made here")
			until(t, ctx, hasPlan+` && document.querySelector(".plan .quiet").textContent.includes("made here")`)
			id := begun(t, ctx)
			until(t, ctx, `["Done", "Failed"].includes(`+jobState+`)`)
			if j := b.job(id); j.State != job.Done || j.Plan.Recipe != c.recipe {
				t.Errorf("the job is %s: %s", j.State, j.Error)
			}
			if _, err := os.Stat(filepath.Join(b.dir, "work", "made here", c.made)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Two captures that want the same GPUs follow each other, and the page says why.
func TestCapturesQueueOnPage(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true, Unready: 3 * time.Second}, "")
	s, ctx := b.serve(), browser(t)
	var ids []string
	for _, folder := range []string{"first", "second"} {
		do(t, ctx, chromedp.Navigate(s.at("/captures")))
		choose(t, ctx, "vllm")
		b.fillServer(ctx)
		put(t, ctx, "Output dir", folder)
		until(t, ctx, hasPlan+` && document.querySelector(".plan .quiet").textContent.includes("/`+folder+`.")`)
		ids = append(ids, begun(t, ctx))
		if folder == "first" {
			until(t, ctx, jobState+` === "Running"`)
		}
	}
	until(t, ctx, jobState+` === "Waiting" && document.querySelector(".captures .note")?.textContent.includes("`+ids[0]+`")`)
	screenshot(t, ctx, "capture-queued")
	until(t, ctx, jobState+` === "Done"`)
	one, two := b.job(ids[0]), b.job(ids[1])
	if one.State != job.Done || two.Started.Before(one.Ended.Add(-time.Second)) {
		t.Errorf("the first is %s until %v, the second began at %v", one.State, one.Ended, two.Started)
	}
}

// From a row of the kernel summary to a capture of that kernel with Nsight Compute,
// with the server that was profiled.
func TestCloserLookJourney(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true}, "")
	b.folder = filepath.Join(b.dir, "work", "run")
	if out, status := b.profile(); status != 0 {
		t.Fatal(out)
	}
	s, ctx := b.serve(), browser(t)
	do(t, ctx, chromedp.Navigate(s.address))
	do(t, ctx, chromedp.WaitVisible(button("New notebook")))
	do(t, ctx, chromedp.Click(button("New notebook")))
	until(t, ctx, `document.querySelector("main h2")?.textContent === "This notebook is empty"`)
	do(t, ctx, chromedp.SendKeys(`.browser form input`, "run/vllm_quick_profile.sqlite\r"))
	until(t, ctx, `document.querySelector(".artifact h3") !== null`)
	do(t, ctx, chromedp.Click(`.fitting button[aria-label*="which kernels the GPU time goes to"]`))
	until(t, ctx, `document.querySelector("article.code") !== null`)
	until(t, ctx, source+`.startsWith("%%analysis kernel-summary")`)
	do(t, ctx, chromedp.Click(button("Run (")))
	until(t, ctx, cellsDone)
	until(t, ctx, `document.querySelector('button[title="Profile these kernels with ncu"]') !== null`)
	name := ask[string](t, ctx, `document.querySelector("td.name").title`)
	rows := `(s => [s.querySelectorAll("td.name").length, s.querySelectorAll('button[title="Profile these kernels with ncu"]').length])(document.querySelector("td.name .closer").closest("section.table"))`
	if n := ask[[]int](t, ctx, rows); n[0] < 10 || n[0] != n[1] {
		t.Errorf("of %d kernels %d are offered for a closer look", n[0], n[1])
	}
	ask[bool](t, ctx, `(() => { document.querySelector('button[title="Profile these kernels with ncu"]').click(); return true; })()`)
	until(t, ctx, `location.pathname === "/captures" && document.querySelector(".command-line pre") !== null`)
	screenshot(t, ctx, "capture-closer")
	line := ask[string](t, ctx, `document.querySelector(".command-line pre").textContent`)
	for _, want := range []string{"profile vllm", "--mode=ncu", "--model=org/model", "--port=" + b.port, "--launch-count=", "--kernels="} {
		if !strings.Contains(line, want) {
			t.Errorf("for the kernel %s the command lacks %s: %s", name, want, line)
		}
	}
	id := begun(t, ctx)
	until(t, ctx, `["Done", "Failed"].includes(`+jobState+`)`)
	if j := b.job(id); j.State != job.Done {
		t.Errorf("the closer look is %s: %s", j.State, j.Error)
	}
}
