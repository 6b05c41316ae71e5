package report

import (
	"fmt"
	"math"
	"strings"

	"profilemate/workbench/result"
)

// gpuRules are about launches, idle time, copies and what runs on the GPU.
func gpuRules() []rule {
	return []rule{
		{"capture-validity", "Validity of the capture", "The capture is not fit for conclusions", "nsys", "any check of health is a problem", []string{"health"}, captureValidity},
		{"graph-coverage", "Coverage by CUDA graphs", "CUDA graphs launch too little", "nsys", "below 70 % of the kernels", []string{"cuda-graphs", "launch-overhead"}, graphCoverage},
		{"idle-gpu", "Idle time of the GPU", "The GPU is idle for much of the run", "nsys", "busy below 80 % of the time from the first to the last work", []string{"gpu-utilization"}, idleGPU},
		{"graph-gaps", "Gaps within replays of CUDA graphs", "Much of a replay is between its nodes", "nsys", "above 10 % of a replay's span", []string{"cuda-graphs"}, graphGaps},
		{"idle-after-wait", "Idle time after waits of the host", "The GPU has nothing to do after the host waited", "nsys", "above 2 % of the time from the first to the last work", []string{"synchronization", "gpu-utilization"}, idleAfterWait},
		{"pageable-copies", "Copies with pageable memory", "Copies with pageable memory hold the host", "nsys", "above 1 % of the time from the first to the last work", []string{"memory-copies", "gpu-utilization"}, pageableCopies},
		{"exposed-communication", "Exposed communication", "Communication is not hidden behind work", "nsys", "above 5 % of the time from the first to the last work", []string{"concurrency"}, exposedCommunication},
		{"small-operations", "Copy and elementwise kernels", "Copy and elementwise kernels take much of the GPU time", "nsys", "above 30 % of the kernels' time", []string{"kernel-families"}, smallOperations},
		{"one-kernel", "The first kernel", "One kernel takes much of the GPU time", "nsys", "above 25 % of the kernels' time", []string{"kernel-summary"}, oneKernel},
	}
}

func captureValidity(s *side) verdict {
	t, why := s.table("health", "checks")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	count := map[string]int64{}
	first := -1
	for i := range t.len() {
		count[t.text(i, "verdict")]++
		if first < 0 && t.text(i, "verdict") == "problem" {
			first = i
		}
	}
	if first < 0 {
		return within("Of %s %d are ok, %d are warnings and %d cannot be made.", result.Count(int64(t.len()), "check"), count["ok"], count["warning"], count["unknown"])
	}
	return verdict{state: Act, evidence: fmt.Sprintf("%s: %s", result.Count(count["problem"], "check"), t.text(first, "seen")), confidence: High, because: "the capture itself shows it",
		action: t.text(first, "remedy")}
}

// graphCoverage expects to gain what the GPU waited for launches that no graph made.
func graphCoverage(s *side) verdict {
	t, why := s.table("cuda-graphs", "coverage")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("kernels", nil)
	if row < 0 || math.IsNaN(t.num(row, "kernel_share")) || t.num(row, "hidden") > 0 {
		return unknown("A graph-level trace hides the kernels in graphs, so that their part is not known: capture with --cuda-graph-trace=node.")
	}
	share := t.num(row, "kernel_share")
	text := fmt.Sprintf("%s of %s kernels (%s) come from CUDA graphs.", result.Grouped(int64(t.num(row, "graph_kernels"))), result.Grouped(int64(t.num(row, "kernels"))), percent(share))
	if share >= 70 {
		return within("%s", text)
	}
	waited := 0.0
	if launches, why := s.table("launch-overhead", "kernels"); why == "" {
		for i := range launches.len() {
			if !strings.HasPrefix(launches.text(i, "kernel"), "CUDA graph") {
				waited += launches.num(i, "idle_before")
			}
		}
	}
	if waited > 0 {
		text += fmt.Sprintf(" The GPU had run dry for %s before launches outside of graphs.", duration(waited))
	}
	return verdict{state: Act, evidence: text, gain: waited, of: "the run", confidence: Medium, because: "a graph takes the wait before each of its kernels away, but tracing makes each launch slower than it is without",
		action: "Let decode run in CUDA graphs: leave out --enforce-eager, and have the batch sizes in use captured (vLLM: --compilation-config '{\"cudagraph_capture_sizes\": […]}'; PyTorch: torch.cuda.graph)."}
}

func idleGPU(s *side) verdict {
	t, why := s.table("gpu-utilization", "devices")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("window", nil)
	if row < 0 {
		return unknown("How long the GPU worked is not known.")
	}
	busy, device := t.num(row, "busy_share"), t.text(row, "device")
	if t.num(row, "unknown") > 0.02*t.num(row, "window") {
		return unknown("For %s a graph-level trace does not say what device %s did: capture with --cuda-graph-trace=node.", duration(t.num(row, "unknown")), device)
	}
	if busy >= 80 {
		return within("Device %s is busy %s of %s.", device, percent(busy), duration(t.num(row, "window")))
	}
	v := verdict{state: Act, evidence: fmt.Sprintf("Device %s is busy %s of %s.", device, percent(busy), duration(t.num(row, "window"))),
		gain: t.num(row, "idle"), of: "the run", confidence: Medium, because: "the idle time is measured, but tracing makes the host slower than it is without",
		action: "See the section Utilization and gaps for what the GPU waited for."}
	if causes, why := s.table("gpu-utilization", "causes"); why == "" {
		if first := causes.most("time", is(causes, "device", device)); first >= 0 {
			v.evidence += fmt.Sprintf(" The largest cause is %q with %s of the idle time.", causes.text(first, "cause"), percent(causes.num(first, "share")))
			v.gain = causes.num(first, "time")
			v.action = idleAction(s, causes.text(first, "cause"))
		}
	}
	return v
}

func idleAction(s *side, cause string) string {
	switch cause {
	case "host late", "launch latency", "short gaps":
		if covered, share := s.graphsCover(); covered {
			return fmt.Sprintf("%s of the kernels come from CUDA graphs already: launch earlier, in larger batches, and do less in Python between launches.", percent(share))
		}
		return "Launch less often and earlier: CUDA graphs, fused kernels, a compiled model, larger batches; and do less in Python between launches."
	case "synchronization", "copy wait":
		return "Wait less: queue the next step before waiting for this one, keep on the GPU what the host does not need, and use pinned memory for copies."
	}
	return "See the gaps in the section Utilization and gaps: they name the call and the range that ended each."
}

func graphGaps(s *side) verdict {
	coverage, why := s.table("cuda-graphs", "coverage")
	switch {
	case why != "":
		return unknown("%s", sentence(why))
	case coverage.sum("hidden") > 0:
		return unknown("A graph-level trace hides what replays consist of: capture with --cuda-graph-trace=node.")
	case coverage.sum("replays") == 0:
		return within("No CUDA graph was replayed.")
	}
	t, why := s.table("cuda-graphs", "graphs")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("total", nil)
	if row < 0 || math.IsNaN(t.num(row, "span")) || math.IsNaN(t.num(row, "busy")) {
		return unknown("The time between the nodes of a replay is not known: capture with --cuda-graph-trace=node.")
	}
	span, busy, replays := t.num(row, "span"), t.num(row, "busy"), t.num(row, "replays")
	share := 100 * (span - busy) / span
	text := fmt.Sprintf("A replay of graph %s spans %s (median), of which %s is between its %s nodes.", t.text(row, "graph"), duration(span), percent(share), t.text(row, "kernels"))
	if share <= 10 {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, gain: (span - busy) * replays, of: "all replays", confidence: Low, because: "tracing node by node makes the gaps longer than they are without",
		action: "Measure the replay with --cuda-graph-trace=graph first; then fuse short nodes, or let them run side by side in the graph."}
}

// window is the time from the first to the last work, NaN where it is not known.
func window(s *side) float64 {
	t, why := s.table("gpu-utilization", "devices")
	if why != "" {
		return math.NaN()
	}
	if row := t.most("window", nil); row >= 0 {
		return t.num(row, "window")
	}
	return math.NaN()
}

func idleAfterWait(s *side) verdict {
	t, why := s.table("synchronization", "calls")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	idle, whole := t.sum("idle_after"), window(s)
	if math.IsNaN(idle) || math.IsNaN(whole) {
		return unknown("How long the GPU had nothing to do after waits is not known.")
	}
	text := fmt.Sprintf("After waits of the host the GPU had nothing to do for %s, %s of the run.", duration(idle), percent(100*idle/whole))
	if idle <= 0.02*whole {
		return within("%s", text)
	}
	row := t.most("idle_after", nil)
	return verdict{state: Act, evidence: fmt.Sprintf("%s Most of it after %s (%s calls).", text, t.text(row, "call"), result.Grouped(int64(t.num(row, "count")))), gain: idle, of: "the run",
		confidence: Medium, because: "it is measured, but the next launch would have been slow under tracing anyway",
		action: "Queue the next step before waiting for this one, wait for an event instead of the device (cudaStreamWaitEvent), and sample on the GPU."}
}

func pageableCopies(s *side) verdict {
	t, why := s.table("memory-copies", "memories")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	held, count, whole := 0.0, 0.0, window(s)
	for i := range t.len() {
		if time := t.num(i, "host_time"); (t.text(i, "source") == "pageable" || t.text(i, "target") == "pageable") && !math.IsNaN(time) {
			held, count = held+time, count+t.num(i, "count")
		}
	}
	if math.IsNaN(whole) {
		return unknown("The time from the first to the last work is not known.")
	}
	text := fmt.Sprintf("%s with pageable memory held the host for %s, %s of the run.", countOf(count, "copy"), duration(held), percent(100*held/whole))
	if held <= 0.01*whole {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, gain: held, of: "the host's time", confidence: High, because: "such calls return only when the data is copied or staged, and their time is measured",
		action: "Copy from and to pinned memory: pin_memory() and non_blocking=True in PyTorch, cudaHostAlloc in CUDA."}
}

func countOf(n float64, noun string) string { return result.Count(int64(n), noun) }

func exposedCommunication(s *side) verdict {
	t, why := s.table("concurrency", "devices")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("window", nil)
	if row < 0 {
		return unknown("The time of communication is not known.")
	}
	all, exposed, whole := t.num(row, "communication"), t.num(row, "communication_exposed"), t.num(row, "window")
	if all == 0 {
		return within("No kernel of a collective ran.")
	}
	text := fmt.Sprintf("Of %s of communication on device %s nothing else ran beside %s, %s of the run.", duration(all), t.text(row, "device"), duration(exposed), percent(100*exposed/whole))
	if exposed <= 0.05*whole {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, gain: exposed, of: "the run", confidence: Medium, because: "a collective's kernel also waits for the other ranks, which a faster link does not mend",
		action: "Run collectives on their own stream beside compute, fuse them with the GEMM before, use custom all-reduce or smaller tensor parallelism; see whether one rank is late."}
}

func smallOperations(s *side) verdict {
	t, why := s.table("kernel-families", "families")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	share, total, count := 0.0, 0.0, 0.0
	for i := range t.len() {
		if f := t.text(i, "family"); f == "copy" || f == "elementwise" {
			share, total, count = share+t.num(i, "share"), total+t.num(i, "total"), count+t.num(i, "instances")
		}
	}
	text := fmt.Sprintf("Kernels that copy or work element by element take %s of the kernels' time, %s in %s.", percent(share), duration(total), countOf(count, "launch"))
	if share <= 30 {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, gain: total, of: "the kernels' time", confidence: Low, because: "some of this work remains, within other kernels",
		action: "Fuse it into its neighbors: torch.compile, fused norms and activations, index and gather within the kernel that reads the result; avoid .contiguous() and dtype conversions."}
}

func oneKernel(s *side) verdict {
	t, why := s.table("kernel-summary", "kernels")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("total", nil)
	if row < 0 || math.IsNaN(t.num(row, "share")) {
		return unknown("The kernels' parts of the whole are not known.")
	}
	share, name := t.num(row, "share"), t.text(row, "kernel")
	text := fmt.Sprintf("%s takes %s of the kernels' time, %s in %s.", name, percent(share), duration(t.num(row, "total")), countOf(t.num(row, "instances"), "launch"))
	if share <= 25 {
		return within("%s", text)
	}
	v := verdict{state: Act, evidence: text, of: "the kernels' time", confidence: Low, because: "how far the kernel is from its roof is not known without a profile of ncu",
		action: "Profile it: ncu --set full -k regex:" + firstWord(name) + " --launch-count 5 PROGRAM, and give the report with --ncu-results."}
	if h, why := s.table("kernel-headroom", "kernels"); why == "" {
		if first := h.most("worth", nil); first >= 0 {
			v.evidence += fmt.Sprintf(" By ncu, %s could save most: it reaches %s of its roof.", h.text(first, "function"), percent(h.num(first, "of_roof")))
			v.gain, v.because, v.action = h.num(first, "worth"), "no kernel reaches its roof", "See kernel-headroom in the section Top kernels, and Roofline."
		}
	}
	return v
}

// firstWord is a kernel's name up to what a regular expression would take for its own.
func firstWord(name string) string {
	word := strings.TrimPrefix(name, "void ")
	if i := strings.IndexAny(word, "<( "); i > 0 {
		word = word[:i]
	}
	return word[strings.LastIndex(word, ":")+1:]
}
