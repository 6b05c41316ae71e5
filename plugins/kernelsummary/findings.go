package kernelsummary

import (
	"fmt"
	"strconv"
	"strings"

	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// hiddenWork is graph work that the trace has no kernels of.
type hiddenWork struct {
	launches int64
	time     int64 // of whole graphs in ns; 0 when the trace does not have it
}

// findHidden looks for graph launches without kernels. The launches are only read
// when the trace has no kernel from a graph and is not known to be node-level.
func findHidden(in analysis.Inputs, s *summary, p Params) (hiddenWork, error) {
	if _, graph := s.instances(); graph > 0 || in.Source(role).Metadata["graph_trace_mode"] == "node" {
		return hiddenWork{}, nil
	}
	launches, err := in.Frame(role, "graph_launches")
	if err != nil || launches == nil {
		return hiddenWork{}, err
	}
	h := hiddenWork{launches: int64(launches.Len())}
	traces, err := in.Frame(role, "graph_traces")
	if err != nil || traces == nil {
		return h, err
	}
	devices := traces.Column("device")
	for i, start := range traces.Ints("start") {
		duration := traces.Ints("end")[i] - start
		if on := devices == nil || p.Device == allDevices || devices.Int(i) == int64(p.Device); on && duration > 0 && duration < trace.Longest {
			h.time += duration
		}
	}
	return h, nil
}

func (s *summary) findings(hidden hiddenWork) []result.Finding {
	r := &result.Result{}
	s.hiddenFinding(r, hidden)
	trace.WarnOdd(r, s.odd, "kernel")
	if len(s.kernels) == 0 {
		r.Warn("", "There is no kernel to show%s.", s.deviceHint())
		return r.Findings
	}
	s.topFindings(r)
	s.graphFinding(r)
	s.deviceFinding(r)
	s.samplingFinding(r)
	return r.Findings
}

func (s *summary) hiddenFinding(r *result.Result, h hiddenWork) {
	if h.launches == 0 {
		return
	}
	took := ""
	if h.time > 0 {
		took = fmt.Sprintf(" As wholes they took %s of GPU time.", result.Duration(h.time))
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, StakeNs: h.time,
		Text: fmt.Sprintf("%s whose kernels this trace does not show: the shares are of the other kernels only.%s",
			result.Count(h.launches, "graph launch"), took),
		Remedy: "Capture again with nsys profile --cuda-graph-trace=node."})
}

func (s *summary) deviceHint() string {
	if s.params.Device == allDevices || len(s.devices) == 0 {
		return ""
	}
	return fmt.Sprintf(" on device %d; there are kernels on %s", s.params.Device, listDevices(s.sortedDevices()))
}

func listDevices(devices []int64) string {
	words := make([]string, len(devices))
	for i, d := range devices {
		words[i] = "device " + strconv.FormatInt(d, 10)
	}
	return strings.Join(words, ", ")
}

// topFindings say where the time goes: by family, and to the first kernel.
func (s *summary) topFindings(r *result.Result) {
	all, _ := s.instances()
	families := s.families()
	parts := []string{}
	for _, f := range families[:min(3, len(families))] {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", f.name, s.share(f.total)))
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: s.total,
		Text: fmt.Sprintf("%s of %s took %s of GPU time: %s.", result.Count(all, "instance"), result.Count(int64(len(s.kernels)), "kernel"),
			result.Duration(s.total), strings.Join(parts, ", "))})
	k := s.kernels[0]
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: k.stats.Total,
		Table: "kernels", Column: "kernel", Values: []string{k.short},
		Text: fmt.Sprintf("The first kernel, %s, takes %.1f %%: %s in %s.", k.short, s.share(k.stats.Total),
			result.Duration(k.stats.Total), result.Count(k.stats.Count, "instance"))})
}

func (s *summary) graphFinding(r *result.Result) {
	all, graph := s.instances()
	if graph == 0 {
		return
	}
	r.Note("%s of %s (%.1f %%) came from CUDA graphs.", result.Grouped(graph), result.Count(all, "kernel instance"), 100*float64(graph)/float64(all))
}

func (s *summary) deviceFinding(r *result.Result) {
	if s.params.Device != allDevices || len(s.devices) < 2 {
		return
	}
	parts := []string{}
	for _, d := range s.sortedDevices() {
		parts = append(parts, fmt.Sprintf("device %d %.1f %%", d, s.share(s.devices[d])))
	}
	r.Note("%d devices are added up: %s. The parameter device shows one.", len(parts), strings.Join(parts, ", "))
}

// samplingFinding warns of the one family that names cannot tell apart, when the
// trace has experts or much of it.
func (s *summary) samplingFinding(r *result.Result) {
	const (
		sampling    = "sampling" // as names.DefaultRules calls it
		worthSaying = 1.0        // %
	)
	for _, f := range s.families() {
		if f.name == sampling && s.share(f.total) >= worthSaying {
			r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: f.total,
				Table: "kernels", Column: "family", Values: []string{sampling},
				Text: fmt.Sprintf("Softmax, sort, top-k and argmax kernels take %.1f %% and count as sampling; a router of experts uses the same ones, and a name cannot tell.", s.share(f.total))})
		}
	}
}
