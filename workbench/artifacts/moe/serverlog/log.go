package serverlog

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// The tables of a log.
const (
	iterationsTable   = "iterations"
	balancednessTable = "balancedness"
	throughputTable   = "throughput"
)

func tableDoc(table string) string {
	switch table {
	case iterationsTable:
		return "Steps of vLLM's engines, in the order of the log: requests and tokens of prompts (context) and of generation, and the time each step took."
	case balancednessTable:
		return "Balance of expert parallel ranks as the server logged it. Figures of vLLM before August 2026 may be wrong."
	}
	return "vLLM's throughput, every few seconds."
}

func whole(name, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Int64, Doc: doc}
}

func ratio(name, unit, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Float64, Unit: unit, Doc: doc}
}

func schemaOf(table string) frames.Schema {
	engine := whole("engine", "number of the engine, the data parallel rank; missing where the line does not say")
	switch table {
	case iterationsTable:
		return frames.Schema{engine, whole("step", "number of the iteration, as the engine counts"),
			{Name: "phase", Kind: frames.String, Doc: "prefill, decode, mixed, or idle without a token"},
			whole("context_requests", "requests whose prompt is worked on"), whole("context_tokens", "tokens of prompts"),
			whole("generation_requests", "requests that generate"), whole("generation_tokens", "tokens generated"),
			whole("tokens", "of both kinds"), {Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "the iteration took"}}
	case balancednessTable:
		return frames.Schema{engine, {Name: "server", Kind: frames.String, Doc: "vLLM or SGLang"}, whole("step", "number of the step"),
			{Name: "model", Kind: frames.String, Doc: "as the line names it"}, ratio("mean_tokens", "", "of a rank"), ratio("max_tokens", "", "of the busiest rank"),
			ratio("balancedness", "", "mean over max, as logged"), ratio("last_10", "", "average over 10 steps"), ratio("last_100", "", "average over 100 steps"),
			ratio("last_1000", "", "average over 1,000 steps"), whole("steps_left", "until experts are moved"), whole("choices", "of all GPUs together")}
	}
	return frames.Schema{engine, ratio("prompt_rate", "tokens/s", "prompt throughput"), ratio("generation_rate", "tokens/s", "generation throughput"),
		whole("running", "requests that run"), whole("waiting", "requests that wait"), ratio("cache_use", "%", "of the KV cache"), ratio("prefix_hits", "%", "of the prefix cache")}
}

// log gathers the lines that matter.
type log struct {
	iterations, balances, rates *frames.Builder
	odd                         int64 // lines with a mark that cannot be read
	version                     string
	vllm                        int64 // balances of vLLM
}

func newLog() *log {
	return &log{iterations: frames.NewBuilder(iterationsTable, schemaOf(iterationsTable)),
		balances: frames.NewBuilder(balancednessTable, schemaOf(balancednessTable)), rates: frames.NewBuilder(throughputTable, schemaOf(throughputTable))}
}

// add takes a line.
func (l *log) add(line []byte) {
	if l.version == "" && bytes.Contains(line, []byte("engine (v")) {
		_, rest, _ := strings.Cut(string(line), "engine (v")
		l.version, _, _ = strings.Cut(rest, ")")
	}
	if !wanted(line) && !bytes.Contains(line, []byte("Avg prompt throughput:")) {
		return
	}
	value, ok := parseLine(string(line))
	if !ok {
		l.odd++
		return
	}
	engine := optional(engineOf(string(line)))
	switch v := value.(type) {
	case iteration:
		l.iterations.Row(engine, v.step, v.phase(), v.contextRequests, v.contextTokens, v.generationRequests, v.generationTokens,
			v.contextTokens+v.generationTokens, v.time)
	case balance:
		if v.server == "vLLM" {
			l.vllm++
		}
		model := any(nil)
		if v.model != "" {
			model = v.model
		}
		l.balances.Row(engine, v.server, optional(v.step), model, number(v.mean), number(v.most), v.value,
			number(v.last[0]), number(v.last[1]), number(v.last[2]), optional(v.left), optional(v.choices))
	case rates:
		l.rates.Row(engine, v.prompt, v.generation, optional(v.running), optional(v.waiting), number(v.cache), number(v.prefix))
	}
}

func optional(n int64) any {
	if n < 0 {
		return nil
	}
	return n
}

func number(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}

// artifact closes the log.
func (l *log) artifact() (artifacts.Artifact, error) {
	a := &artifact{info: artifacts.Info{Kind: artifacts.MoE, Format: FormatName, Metadata: map[string]string{"token_level": "no"}}}
	for _, b := range []*frames.Builder{l.iterations, l.balances, l.rates} {
		if b.Len() > 0 {
			a.tables = append(a.tables, b.Frame())
		}
	}
	if l.iterations.Len() == 0 && l.balances.Len() == 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Missing, "the log has no line of an iteration or of balancedness"),
			"start vLLM with --enable-logging-iteration-details, or an expert load balancer that logs")
	}
	a.info.Producer = "SGLang"
	if l.iterations.Len() > 0 || l.vllm > 0 {
		a.info.Producer = strings.TrimSpace("vLLM " + l.version)
	}
	a.info.Summary = fmt.Sprintf("server log: %s, %s of balancedness", result.Count(int64(l.iterations.Len()), "iteration"), result.Count(int64(l.balances.Len()), "line"))
	a.info.Findings = l.findings()
	return a, nil
}

func (l *log) findings() []result.Finding {
	var list []result.Finding
	if l.vllm > 0 {
		version := "this version of vLLM"
		if l.version != "" {
			version = "vLLM " + l.version
		}
		list = append(list, warn("Recompute the balance from counts of experts, such as with load-imbalance and its parameter ep.",
			"The balancedness that %s logged may be wrong: until August 2026 (pull request 51813) it was taken over layers instead of ranks; loads of 100 and 200 on two ranks, which are 0.75, were logged as 1.", version))
	}
	if l.odd > 0 {
		list = append(list, warn("", "%s of iterations or balance cannot be read and %s left out.", result.Count(l.odd, "line"), map[bool]string{true: "is", false: "are"}[l.odd == 1]))
	}
	return list
}
