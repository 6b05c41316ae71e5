package capture

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"profilemate/workbench/job"
)

func commonDefaults() common {
	return common{GPUs: "all", Report: true, Grace: 2 * time.Minute}
}

func loadDefaults() load {
	return load{Requests: 50, Concurrency: 8, Traffic: "mixed", Warmup: 8, Seed: 1, Timeout: 30 * time.Minute}
}

func nsysDefaults() nsys {
	return nsys{Trace: "cuda,nvtx", Graphs: "node", Sample: "none", Memory: true}
}

func ncuDefaults() ncu {
	return ncu{Kernels: "gemm|attention|moe|flash|fused", Skip: 100, Count: 50, Set: "full", Clocks: "base"}
}

func vllmRecipe() recipe {
	return serverRecipe(vllmEngine(), "vllm serve", `Starts vLLM under Nsight Systems, waits until it is ready, warms it up, records while requests are served, ends it and exports the report.
With --mode=full or --with-ncu a second server runs under Nsight Compute; with --mode=moe another one records the routing of experts.`)
}

func sglangRecipe() recipe {
	return serverRecipe(sglangEngine(), "python3 -m sglang.launch_server", `Does for SGLang what vllm does for vLLM: the recording is started and stopped with the activity CUDA_PROFILER of its profile endpoints.`)
}

func serverRecipe(e engine, command, doc string) recipe {
	return recipe{name: e.name, title: e.title + " server", doc: doc,
		groups: func(c *choices) []group {
			c.common, c.load, c.ncu = commonDefaults(), loadDefaults(), ncuDefaults()
			c.mode = mode{Mode: "quick"}
			c.server = server{Port: 8000, Tensor: 1, Precision: "auto", MaxSeqs: 256, MaxLen: 2048, Program: command, Ready: 30 * time.Minute}
			c.nsys = nsysDefaults()
			c.control, c.whole = control{Control: "auto"}, whole{Eager: true}
			c.moe = moe{Routing: "tracker", EPLB: "auto"}
			return []group{groupOf("What to run", &c.mode), groupOf("Server", &c.server), groupOf("Traffic", &c.load), groupOf("When to record", &c.control),
				groupOf("Nsight Systems", &c.nsys).only(inMode("quick", "full", "moe")),
				groupOf("Nsight Compute", &c.ncu).only(inMode("full", "ncu"), withNCU()), groupOf("Nsight Compute", &c.whole).only(inMode("full", "ncu"), withNCU()),
				groupOf("Routing of experts", &c.moe).only(inMode("moe")), groupOf("Output", &c.common)}
		},
		check: checkServer,
		passes: func(c *choices) []pass {
			var list []pass
			if c.mode.Mode != "ncu" {
				list = append(list, nsysPass(c, e))
			}
			if c.mode.Mode == "full" || c.mode.Mode == "ncu" || c.mode.NCU {
				list = append(list, ncuPass(c, e))
			}
			if c.mode.Mode == "moe" {
				list = append(list, moePass(c, e))
			}
			return list
		}}
}

func inMode(modes ...string) job.Condition { return job.Condition{Param: "mode", Values: modes} }

func withNCU() job.Condition { return job.Condition{Param: "with-ncu", Values: []string{"true"}} }

func checkServer(c *choices) error {
	if strings.TrimSpace(c.server.Model) == "" || strings.HasPrefix(c.server.Model, "-") {
		return errors.New("parameter model: name the model to serve")
	}
	program, err := words("server-command", c.server.Program)
	if err != nil {
		return err
	}
	if len(program) == 0 {
		return errors.New("parameter server-command: name the server's program")
	}
	if _, err := words("server-args", c.server.More); err != nil {
		return err
	}
	return errors.Join(checkTrace(c.nsys.Trace), checkKernels(c.ncu.Kernels))
}

var tracePattern = regexp.MustCompile(`^[a-z0-9-]+(,[a-z0-9-]+)*$`)

func checkTrace(text string) error {
	if !tracePattern.MatchString(text) {
		return errors.New("parameter trace: name what to record, such as cuda,nvtx")
	}
	return nil
}

func checkKernels(text string) error {
	if text == "" {
		return errors.New("parameter kernels: name the kernels to measure; .* is all")
	}
	if _, err := regexp.Compile(text); err != nil {
		return errors.New("parameter kernels: " + err.Error())
	}
	return nil
}

func checkProgram(c *choices) error {
	args, err := words("command", c.program.Command)
	if err != nil {
		return err
	}
	if len(args) == 0 || args[0] == "" {
		return errors.New("parameter command: name the program to profile")
	}
	return nil
}

func nsysRecipe() recipe {
	return recipe{name: "nsys", title: "program under Nsight Systems",
		doc: `Runs a program under Nsight Systems to its end, or for a part of it, and exports the report.`,
		groups: func(c *choices) []group {
			c.common = commonDefaults()
			c.nsys = nsysDefaults()
			c.part = captureRange{Range: "none"}
			return []group{groupOf("Program", &c.program), groupOf("What to record", &c.nsys), groupOf("When to record", &c.part), groupOf("Output", &c.common)}
		},
		check: func(c *choices) error {
			return errors.Join(checkProgram(c), checkTrace(c.nsys.Trace), checkRange(c.part.Range))
		},
		passes: func(c *choices) []pass { return []pass{programNsys(c)} }}
}

func checkRange(text string) error {
	if text == "none" || text == "cudaProfilerApi" || strings.HasPrefix(text, "nvtx:") && len(text) > len("nvtx:") {
		return nil
	}
	return errors.New("parameter capture-range: use none, cudaProfilerApi or nvtx:NAME")
}

func ncuRecipe() recipe {
	return recipe{name: "ncu", title: "program under Nsight Compute",
		doc: `Runs a program under Nsight Compute, measures launches of some of its kernels, ends it once it has them, and prints the report as CSV.`,
		groups: func(c *choices) []group {
			c.common = commonDefaults()
			c.ncu, c.window = ncu{Kernels: ".*", Count: 50, Set: "full", Clocks: "base"}, window{Kill: true}
			return []group{groupOf("Program", &c.program), groupOf("What to measure", &c.ncu), groupOf("What to measure", &c.window), groupOf("Output", &c.common)}
		},
		check:  func(c *choices) error { return errors.Join(checkProgram(c), checkKernels(c.ncu.Kernels)) },
		passes: func(c *choices) []pass { return []pass{programNcu(c)} }}
}

func attachRecipe() recipe {
	return recipe{name: "attach", title: "traffic to a running server",
		doc: `Warms up a server that runs already, starts its recording, sends requests and stops the recording. The profiler that the server was started under writes the report.`,
		groups: func(c *choices) []group {
			c.common, c.load = commonDefaults(), loadDefaults()
			c.common.GPUs = "none"
			c.attach = attach{URL: "http://127.0.0.1:8000", Control: "server"}
			return []group{groupOf("Server", &c.attach), groupOf("Traffic", &c.load), groupOf("Output", &c.common)}
		},
		check: func(c *choices) error {
			u, err := url.Parse(c.attach.URL)
			if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" {
				return errors.New("parameter url: " + c.attach.URL + " is no address such as http://127.0.0.1:8000")
			}
			if c.attach.Control == "session" && c.attach.Session == "" {
				return errors.New("parameter nsys-session: name the session, as nsys sessions list shows it")
			}
			return nil
		},
		passes: func(c *choices) []pass { return []pass{attachPass(c)} }}
}
