package report

import (
	"fmt"
	"strings"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
)

// oneRun is the rule whose finding stands above all figures.
const oneRun = "one-run"

// inputRules are about whether the inputs belong together.
func inputRules() []rule {
	return []rule{{oneRun, "Inputs of one run", "The inputs are not of one run", "nsys", "another GPU, no kernel in common, or routing that fits no step", []string{"kernel-headroom", "routing-kernels"}, inputsOfOneRun}}
}

func inputsOfOneRun(s *side) verdict {
	if len(s.sources) < 2 {
		return within("There is one input.")
	}
	list := append(s.foreignKernels(), s.foreignRouting()...)
	if len(list) == 0 {
		return within("Nothing shows that the %d inputs are of different runs.", len(s.sources))
	}
	return verdict{state: Act, evidence: strings.Join(list, " "), confidence: High, because: "figures of one input say nothing of another",
		action: "Read the sections of each input by themselves, or profile and record the same program under the same load."}
}

// foreignKernels says how a profile of ncu and the capture are of different programs.
func (s *side) foreignKernels() []string {
	trace, profile := s.sources[artifacts.Nsys], s.sources[artifacts.NCU]
	var list []string
	gpus := trace.input.Metadata["gpu_names"]
	if t, why := s.table("bottlenecks", "bottlenecks"); why == "" && gpus != "" {
		if device := t.text(0, "device"); device != "" && !strings.Contains(gpus, device) {
			list = append(list, fmt.Sprintf("%s is of %s, %s of %s.", trace.input.Name, gpus, profile.input.Name, device))
		}
	}
	_, none := s.table("kernel-headroom", "kernels")
	t, why := s.table("kernel-headroom", "unmatched")
	if none == "" || why != "" {
		return list
	}
	count := map[string]int{}
	for i := range t.len() {
		count[t.text(i, "only_in")]++
	}
	if count["run"] > 0 && count["profile"] > 0 {
		list = append(list, fmt.Sprintf("None of the kernels of %s runs in %s: they are of different programs.", profile.input.Name, trace.input.Name))
	}
	return list
}

// foreignRouting says why recorded routing does not fit the capture.
func (s *side) foreignRouting() []string {
	r := s.results["routing-kernels"]
	if r == nil {
		return nil
	}
	for _, f := range r.Findings {
		if f.Severity == result.Problem && !f.Damage {
			return []string{"The routing cannot be set beside the capture. " + f.Text}
		}
	}
	return nil
}

// warning is what a reader must know before any figure; empty for nothing.
func (r *Report) warning() string {
	for _, a := range r.Advice {
		if a.Rule == oneRun && a.State == Act {
			return "Validity: the inputs are not of one run. " + a.Evidence
		}
	}
	return ""
}

// noKernels says why the GPU's work is not known, empty where it is: what copies take is
// not what the GPU did.
func (s *side) noKernels() string {
	if src, given := s.sources[artifacts.Nsys]; !given || src.parsed != nil {
		return ""
	}
	if graphs, why := s.table("cuda-graphs", "coverage"); why == "" && graphs.sum("replays") > 0 {
		return "" // traced as wholes
	}
	_, why := s.table("kernel-summary", "kernels")
	return why
}
