package capture

import (
	"encoding/json"
	"os"
	"strconv"

	"profilemate/workbench/tracker"
)

// engine is a serving program: how it is started and how its profiler is.
type engine struct {
	name        string // in file names
	title       string
	cudaAsked   bool     // its profiler has to be asked for CUDA, and would trace with PyTorch otherwise
	profiler    []string // flags that give the server its profile endpoints
	layerwise   []string // flags for a range a layer
	environment []string
	flags       func(server) []string
	eager       string // flag against CUDA graphs
}

func vllmEngine() engine {
	return engine{name: "vllm", title: "vLLM",
		profiler:  []string{"--profiler-config.profiler", "cuda"},
		layerwise: []string{"--enable-layerwise-nvtx-tracing"},
		// Spawned workers load the profiler's library; forked ones may not be traced.
		environment: []string{"VLLM_WORKER_MULTIPROC_METHOD=spawn", "VLLM_NVTX_SCOPES_FOR_PROFILING=1"},
		eager:       "--enforce-eager",
		flags: func(s server) []string {
			flags := []string{s.Model, "--port", strconv.Itoa(s.Port)}
			return append(flags, given([]setting{
				{"--tensor-parallel-size", s.Tensor, 1}, {"--dtype", s.Precision, "auto"}, {"--quantization", s.Quantization, ""},
				{"--max-num-seqs", s.MaxSeqs, 0}, {"--max-model-len", s.MaxLen, 0}})...)
		}}
}

func sglangEngine() engine {
	return engine{name: "sglang", title: "SGLang",
		cudaAsked: true,
		layerwise: []string{"--enable-layerwise-nvtx-marker"},
		eager:     "--disable-cuda-graph",
		flags: func(s server) []string {
			flags := []string{"--model-path", s.Model, "--port", strconv.Itoa(s.Port)}
			return append(flags, given([]setting{
				{"--tp-size", s.Tensor, 1}, {"--dtype", s.Precision, "auto"}, {"--quantization", s.Quantization, ""},
				{"--max-running-requests", s.MaxSeqs, 0}, {"--context-length", s.MaxLen, 0}})...)
		}}
}

// setting is a flag that is left out at its default.
type setting struct {
	flag            string
	value, default_ any
}

func given(settings []setting) []string {
	var out []string
	for _, s := range settings {
		if s.value == s.default_ {
			continue
		}
		text, ok := s.value.(string)
		if n, number := s.value.(int); number && !ok {
			text = strconv.Itoa(n)
		}
		out = append(out, s.flag, text)
	}
	return out
}

// serve is the server's command. endpoints asks for the profile endpoints.
func (e engine) serve(s server, endpoints bool) []string {
	// The text was checked when the recipe was chosen.
	args, _ := words("server-command", s.Program)
	more, _ := words("server-args", s.More)
	args = append(args, e.flags(s)...)
	if s.Eager {
		args = append(args, e.eager)
	}
	if endpoints {
		args = append(args, e.profiler...)
	}
	if s.Layerwise {
		args = append(args, e.layerwise...)
	}
	return append(args, more...)
}

// routing are the flags and environment that record the routing of experts.
func (e engine) routing(c *choices) (flags, environment []string) {
	if c.moe.Routing == "routed-experts" {
		flags = append(flags, "--enable-return-routed-experts")
	} else {
		at := trackerAt(c)
		path := at.Path
		if other := os.Getenv("PYTHONPATH"); other != "" {
			path += string(os.PathListSeparator) + other
		}
		environment = append(environment, "PYTHONPATH="+path, tracker.Switch+"="+at.Output)
	}
	if c.moe.EPLB == "on" || c.moe.EPLB == "auto" && c.server.Tensor > 1 {
		flags = append(flags, e.balance()...)
	}
	return flags, environment
}

// balance are the flags that make the server balance its experts and log how well.
func (e engine) balance() []string {
	if e.name == "sglang" {
		return []string{"--enable-eplb", "--enable-expert-distribution-metrics"}
	}
	config, _ := json.Marshal(map[string]any{"log_balancedness": true, "log_balancedness_interval": 1}) // of plain values
	return []string{"--enable-expert-parallel", "--enable-eplb", "--eplb-config", string(config)}
}
