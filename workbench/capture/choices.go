package capture

import (
	"time"

	"github.com/kballard/go-shellquote"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
)

// choices are the values of a recipe's parameters, by what they are about.
type choices struct {
	common  common
	mode    mode
	server  server
	load    load
	nsys    nsys
	ncu     ncu
	moe     moe
	program program
	part    captureRange
	attach  attach
	control control
	window  window
	whole   whole
}

// common is what every capture can be told.
type common struct {
	Folder string        `param:"output-dir" doc:"folder for all that the capture makes; empty: a new one named after the time"`
	GPUs   string        `param:"gpus" doc:"GPUs that the capture needs for itself, such as 0,1; all or none; a capture waits for those that another one uses, of another user too"`
	Report bool          `param:"report" doc:"write profile_report.html at the end"`
	Grace  time.Duration `param:"grace" min:"1s" max:"2h" doc:"how long a profiler may take to write its report, and a server to end"`
}

// mode is which profilers a server is run under, one after the other.
type mode struct {
	Mode string `param:"mode" enum:"quick,full,moe,ncu" doc:"quick: Nsight Systems; full: Nsight Systems, then Nsight Compute; moe: Nsight Systems, then the routing; ncu: Nsight Compute alone"`
	NCU  bool   `param:"with-ncu" doc:"add Nsight Compute to any mode"`
}

// server is how the server is started.
type server struct {
	Model        string        `param:"model" doc:"model to serve, as the server names it"`
	Port         int           `param:"port" min:"1" max:"65535" doc:"port that the server listens on"`
	Tensor       int           `param:"tensor-parallel" min:"1" max:"1024" doc:"GPUs that a layer is split over"`
	Precision    string        `param:"dtype" enum:"auto,bfloat16,float16,float32" doc:"precision of weights and activations"`
	Quantization string        `param:"quantization" doc:"quantization of the weights, as the server names it; empty: as the model says"`
	MaxSeqs      int           `param:"max-num-seqs" min:"0" max:"65536" doc:"most requests in a batch; 0: as the server chooses"`
	MaxLen       int           `param:"max-model-len" min:"0" max:"100000000" unit:"tokens" doc:"longest prompt and answer; 0: as the model says"`
	Eager        bool          `param:"enforce-eager" doc:"run without CUDA graphs: slower on the host, but every kernel has its launch"`
	Layerwise    bool          `param:"layerwise" doc:"an NVTX range for every layer; needs --enforce-eager and makes the host much slower, so that GPU idle time is not to be believed"`
	Program      string        `param:"server-command" doc:"program and first words of the server's command; words as in a shell, but none is started"`
	More         string        `param:"server-args" doc:"more words for the server's command"`
	Ready        time.Duration `param:"ready-timeout" min:"1s" max:"24h" doc:"how long loading the model may take"`
}

// load is the traffic that is measured.
type load struct {
	Requests    int    `param:"num-requests" min:"1" max:"1000000" doc:"requests while the profiler runs"`
	Concurrency int    `param:"concurrency" min:"1" max:"4096" doc:"requests under way at a time"`
	Traffic     string `param:"traffic" enum:"mixed,prefill,decode" doc:"what the requests are made of: long prompts, long answers, or both"`
	Input       int    `param:"input-len" min:"0" max:"10000000" unit:"tokens" doc:"length of prompts; 0: by the traffic"`
	Output      int    `param:"output-len" min:"0" max:"10000000" unit:"tokens" doc:"length of answers; 0: by the traffic"`
	Dataset     string `param:"dataset" doc:"file of prompts that are sent in turn, as profilemate traffic takes it; empty: random tokens, which spread over the experts of a model as no language does"`
	Warmup      int    `param:"warmup" min:"0" max:"100000" doc:"requests before the profiler starts, so that no first-time work is in the capture"`
	Seed        int    `param:"seed" min:"0" doc:"of the random prompts; the same seed sends the same"`

	Timeout time.Duration `param:"request-timeout" min:"1s" max:"24h" doc:"how long one request may take; under Nsight Compute that is minutes"`
}

// nsys is how Nsight Systems traces.
type nsys struct {
	Trace  string `param:"trace" doc:"what Nsight Systems records, as nsys --trace takes it; cublas and cudnn add ranges of these libraries, osrt the calls into the system, which for a server in Python are about 2 GB a minute"`
	Graphs string `param:"cuda-graph-trace" enum:"node,graph" doc:"node: every kernel of a CUDA graph, at some cost; graph: graphs as wholes"`
	Sample string `param:"sample" enum:"none,process-tree" doc:"sample what the host does"`
	Memory bool   `param:"cuda-memory-usage" doc:"record allocations of GPU memory, which the analysis memory-usage needs; costs time with each allocation, of which a server that has loaded its model makes few"`
}

// control is how the recording of a server begins and ends.
type control struct {
	Control string `param:"control" enum:"auto,server,session" doc:"who starts and stops the recording: the server's profile endpoints, a session of nsys, or auto: the endpoints where the server has them"`
}

// ncu is what Nsight Compute measures.
type ncu struct {
	Kernels  string `param:"kernels" doc:"regular expression for the names of the kernels that are measured"`
	Skip     int    `param:"launch-skip" min:"0" max:"1000000000" doc:"launches of these kernels that are let pass first, counted from where the recording starts"`
	Count    int    `param:"launch-count" min:"1" max:"1000000" doc:"launches that are measured; then the program is ended"`
	Set      string `param:"set" enum:"full,basic,detailed,roofline" doc:"what is measured: full needs some 40 passes of each kernel, basic about 10"`
	Sections string `param:"sections" doc:"more sections of ncu, separated by commas"`
	Clocks   string `param:"clock-control" enum:"base,none" doc:"base: lock the GPU's clocks so that runs can be compared"`
}

// whole is what only a server under Nsight Compute is told.
type whole struct {
	Eager bool `param:"ncu-eager" doc:"run the server without CUDA graphs under Nsight Compute"`
}

// window is what only a program under Nsight Compute is told.
type window struct {
	API  bool `param:"profiler-api" doc:"measure between the program's own cudaProfilerStart and Stop only"`
	Kill bool `param:"end-when-done" doc:"end the program once everything is measured"`
}

// moe is how the routing of experts is recorded.
type moe struct {
	Routing string `param:"routing" enum:"tracker,routed-experts" doc:"tracker: our recorder inside the server; routed-experts: the server returns the experts with each answer"`
	EPLB    string `param:"eplb" enum:"auto,on,off" doc:"balance experts over GPUs and log how well; auto: with more than one GPU"`
}

// program is a program to profile.
type program struct {
	Command string `param:"command" doc:"the program and its arguments; words as in a shell, but none is started"`
}

// captureRange is which part of a program Nsight Systems records.
type captureRange struct {
	Range    string        `param:"capture-range" doc:"none; cudaProfilerApi: between the program's own cudaProfilerStart and Stop; nvtx:NAME: during the first range of that name"`
	Delay    time.Duration `param:"delay" min:"0s" max:"24h" doc:"how long after its start the program is recorded, in whole seconds"`
	Duration time.Duration `param:"duration" min:"0s" max:"24h" doc:"how long it is recorded, in whole seconds; 0: to its end"`
}

// attach is a server that runs already.
type attach struct {
	URL     string `param:"url" doc:"address of the server"`
	Model   string `param:"model" doc:"model to ask; empty: the first that the server names"`
	Control string `param:"control" enum:"server,session,none" doc:"who starts and stops the recording: the server's profile endpoints, or a session of nsys"`
	Session string `param:"nsys-session" doc:"session that nsys launch or nsys profile --session-new named; with --control=session"`
}

// group is some of a recipe's parameters and where their values go.
type group struct {
	title  string
	params []analysis.Param
	when   []job.Condition
	into   any
	err    error
}

// only says when the parameters of a group are used; a group without is always.
func (g group) only(when ...job.Condition) group {
	g.when = when
	return g
}

// groupOf declares the fields of *into, whose values are the defaults.
func groupOf[T any](title string, into *T) group {
	params, err := analysis.DeclareParams(*into)
	return group{title: title, params: params, into: into, err: err}
}

// bind writes values over the defaults of all groups.
func bind(recipe string, groups []group, values analysis.Values) error {
	left := analysis.Values{}
	for name, text := range values {
		left[name] = text
	}
	for _, g := range groups {
		mine := analysis.Values{}
		for _, p := range g.params {
			if text, ok := left[p.Name]; ok {
				mine[p.Name] = text
				delete(left, p.Name)
			}
		}
		if err := analysis.BindParams(recipe, g.params, mine, g.into); err != nil {
			return err
		}
	}
	return analysis.BindParams(recipe, allParams(groups), left, &struct{}{})
}

func allParams(groups []group) []analysis.Param {
	var all []analysis.Param
	for _, g := range groups {
		all = append(all, g.params...)
	}
	return all
}

func describe(groups []group) []job.Group {
	var out []job.Group
	for _, g := range groups {
		if n := len(out); n == 0 || out[n-1].Title != g.title {
			out = append(out, job.Group{Title: g.title, When: g.when})
		}
		for _, p := range g.params {
			out[len(out)-1].Params = append(out[len(out)-1].Params, p.Name)
		}
	}
	return out
}

// words splits the text of a parameter as a shell would, without being one.
func words(parameter, text string) ([]string, error) {
	list, err := shellquote.Split(text)
	if err != nil {
		return nil, fault.Errorf(fault.Misuse, "parameter %s: %q cannot be split into words: %w", parameter, text, err)
	}
	return list, nil
}

// Words joins a program and its arguments to the text of a command parameter.
func Words(args []string) string { return shellquote.Join(args...) }
