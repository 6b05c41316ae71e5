package main_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	profilers "profilemate/workbench/capture/standin"
	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// startFromPage starts a capture of a stand-in server and returns its id; set is called
// when the form is there.
func (b *bench) startFromPage(ctx context.Context, s *served, set func()) string {
	b.t.Helper()
	do(b.t, ctx, chromedp.Navigate(s.at("/captures")))
	choose(b.t, ctx, "vllm")
	b.fillServer(ctx)
	set()
	until(b.t, ctx, hasPlan)
	return begun(b.t, ctx)
}

// onlyTheWorkbench waits until nothing of a capture runs any more.
func (b *bench) onlyTheWorkbench() {
	b.t.Helper()
	var captured []string
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(20 * time.Millisecond) {
		captured = nil
		for _, line := range b.left() {
			if !strings.Contains(line, " serve --no-browser ") {
				captured = append(captured, line)
			}
		}
		if len(captured) == 0 {
			return
		}
	}
	b.t.Errorf("left running: %q", captured)
}

// Stopping in each phase, from the page, ends everything but the workbench, and shows
// what was kept.
func TestCaptureStopsFromPage(t *testing.T) {
	t.Parallel()
	quick := standin.Options{Profiler: true, Workers: 2}
	loading, slow, hanging := quick, quick, quick
	loading.Unready, slow.TTFT, hanging.HangAfter = time.Hour, time.Hour, 4
	all := chromium(t, context.Background()) // its tabs wait for their turn, which may take minutes
	for _, c := range []struct {
		mode, phase string
		server      standin.Options
		fault       string
		now, big    bool   // as in TestCaptureStops
		keeps       string // file that the page offers afterwards
	}{
		{mode: "quick", phase: "Load the model under Nsight Systems", server: loading},
		{mode: "quick", phase: "Warm up", server: slow},
		{mode: "quick", phase: "Record while requests are served", server: hanging, keeps: "vllm_quick_profile.nsys-rep"},
		{mode: "quick", phase: "End the server and write the report", server: quick, fault: "slow-report", now: true},
		{mode: "quick", phase: "Export the report", server: quick, fault: "slow-export", keeps: "vllm_quick_profile.nsys-rep"},
		{mode: "quick", phase: "Read the results and judge them", server: quick, big: true, keeps: "vllm_quick_profile.sqlite"},
		{mode: "ncu", phase: "Measure kernels while requests are served", server: hanging, fault: "empty"},
		{mode: "moe", phase: "Record the routing while requests are served", server: hanging, keeps: "vllm_quick_profile.sqlite"},
	} {
		t.Run(c.phase, func(t *testing.T) {
			t.Parallel()
			server := c.server
			if c.mode == "moe" {
				server = quick
			}
			b := newBench(t, server, c.fault)
			if c.mode == "moe" {
				b.env = append(b.env, strings.Replace(c.server.Environment(), standin.Variable, "STANDIN_MOE", 1))
			}
			if c.big {
				b.env = append(b.env, profilers.SQLiteVariable+"="+bigExport(t))
			}
			s, ctx := b.serve(), tab(t, all)
			id := b.startFromPage(ctx, s, func() {
				put(t, ctx, "Mode", c.mode)
				if c.mode == "moe" {
					put(t, ctx, "Server command", b.script("server", moeServer))
				}
				until(t, ctx, `[...document.querySelectorAll(".steps li")].some(l => l.textContent.startsWith("`+c.phase+`"))`)
			})
			until(t, ctx, phaseNow+` === "`+c.phase+`"`)
			if !c.big {
				b.until(id, b.inside)
			}
			do(t, ctx, chromedp.Click(button("Stop in order")))
			if c.now {
				do(t, ctx, chromedp.WaitVisible(button("Wait for nothing")))
				do(t, ctx, chromedp.Click(button("Wait for nothing")))
			}
			until(t, ctx, jobState+` === "Stopped"`)
			check(t, ctx, `document.querySelector(".phases .cut span:nth-child(2)")?.textContent ?? "none"`, c.phase)
			if made := ask[string](t, ctx, `[...document.querySelectorAll(".made code")].map(c => c.textContent).join(", ")`); !strings.Contains(made, c.keeps) {
				t.Errorf("it made %q, want %s", made, c.keeps)
			}
			if j := b.job(id); j.State != job.Cancelled {
				t.Errorf("the job is %s", j.State)
			}
			b.onlyTheWorkbench()
		})
	}
}

// A capture goes on while the workbench is killed and started again, and its page
// shows the whole log; it can be stopped from there.
func TestCaptureSurvivesTheServer(t *testing.T) {
	t.Parallel()
	all := chromium(t, context.Background()) // its tabs wait for their turn, which may take minutes
	for _, c := range []struct {
		name, phase string
		server      standin.Options
		stop        bool
	}{
		{"loading", "Load the model under Nsight Systems", standin.Options{Profiler: true, Unready: 12 * time.Second}, false},
		{"recording", "Record while requests are served", standin.Options{Profiler: true, HangAfter: 4}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.server, "")
			s, ctx := b.serve(), tab(t, all)
			id := b.startFromPage(ctx, s, func() {})
			until(t, ctx, phaseNow+` === "`+c.phase+`"`)
			if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			until(t, ctx, `document.querySelector(".job-state").textContent.includes("The connection is lost; the capture goes on.")`)
			again := b.serve()
			if j := b.job(id); j.State != job.Running {
				t.Errorf("after the restart the job is %s: %s", j.State, j.Error)
			}
			do(t, ctx, chromedp.Navigate(again.at("/captures")))
			until(t, ctx, `document.querySelector(".capture-list a") !== null`)
			do(t, ctx, chromedp.Click(".capture-list a"))
			if !c.stop {
				until(t, ctx, jobState+` === "Done"`)
			} else {
				b.until(id, b.inside)
				do(t, ctx, chromedp.Click(button("Stop in order")))
				until(t, ctx, jobState+` === "Stopped"`)
				b.keptIn(id, "vllm_quick_profile.nsys-rep")
			}
			until(t, ctx, logText+`.includes("The server records.")`)
			b.onlyTheWorkbench()
		})
	}
}
