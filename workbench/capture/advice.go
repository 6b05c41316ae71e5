package capture

import "profilemate/workbench/job"

// Advice says which parameters of a plan's recipe help against what a check of the
// analysis health found, as a sentence; "" where none does.
func Advice(p job.Plan, check string) string {
	switch p.Recipe {
	case "nsys":
		return programAdvice(p)[check]
	case "vllm", "sglang", "attach":
		return serverAdvice()[check]
	}
	return ""
}

func serverAdvice() map[string]string {
	longer := "Raise --num-requests or --output-len."
	return map[string]string{
		"GPU work":          "Let --server-command start the server itself, on this machine; --control=session records whichever process works.",
		"graph work":        "Leave --cuda-graph-trace at node, or add --enforce-eager.",
		"warm-up":           "Raise --warmup.",
		"first-time work":   "Raise --warmup.",
		"steps":             longer,
		"length":            longer,
		"dropped events":    "Lower --num-requests, and leave --trace at cuda,nvtx.",
		"profiler overhead": "Leave --trace at cuda,nvtx, and add --no-cuda-memory-usage.",
		"file":              "See whether there is space left on the disk of --output-dir.",
	}
}

func programAdvice(p job.Plan) map[string]string {
	traced := "See whether the program behind -- is the one that uses the GPU."
	switch {
	case p.Values["trace"] != "" && !(nsys{Trace: p.Values["trace"]}).traces("cuda"):
		traced = "Add cuda to --trace, if the program uses a GPU."
	case p.Values["capture-range"] != "" || p.Values["delay"] != "" || p.Values["duration"] != "":
		traced = "See whether --capture-range, --delay and --duration hit the time in which the program behind -- uses the GPU, and whether that is the program that does."
	}
	later := "Let --capture-range or --delay begin the recording later."
	longer := "Raise --duration, or leave it out."
	return map[string]string{
		"GPU work":          traced,
		"graph work":        "Leave --cuda-graph-trace at node.",
		"warm-up":           later,
		"first-time work":   later,
		"steps":             longer,
		"length":            longer,
		"dropped events":    "Lower --duration, and leave --trace at cuda,nvtx.",
		"profiler overhead": "Leave --trace at cuda,nvtx, and add --no-cuda-memory-usage.",
		"file":              "See whether there is space left on the disk of --output-dir.",
	}
}
