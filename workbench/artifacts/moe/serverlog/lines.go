package serverlog

import (
	"math"
	"strconv"
	"strings"
)

// iteration is one step of vLLM's engine.
type iteration struct {
	step               int64
	contextRequests    int64
	contextTokens      int64
	generationRequests int64
	generationTokens   int64
	time               int64 // ns
}

// balance is one line of an expert load balancer.
type balance struct {
	server     string
	step       int64 // -1: not said
	model      string
	mean, most float64 // tokens of a rank; NaN: not said
	value      float64
	last       [3]float64 // over 10, 100 and 1,000 steps; NaN: not said
	left       int64      // steps until the experts are moved; -1: not said
	choices    int64      // of all GPUs; -1: not said
}

// rates is one line of vLLM's throughput.
type rates struct {
	prompt, generation float64 // tokens/s
	running, waiting   int64
	cache, prefix      float64 // %; NaN: not said
}

// parseLine reads a line that matters: an iteration, a balance or rates. ok is false for
// any other, and for one with a number that is out of range.
func parseLine(line string) (value any, ok bool) {
	line = plain(line)
	switch {
	case strings.Contains(line, "Iteration("):
		return parseIteration(line)
	case strings.Contains(line, "EPLB step:"):
		return parseVLLM(line)
	case strings.Contains(line, "[Expert Balancedness]"):
		return parseSGLang(line)
	case strings.Contains(line, "Avg prompt throughput:"):
		return parseRates(line)
	}
	return nil, false
}

// plain drops ANSI colors.
func plain(line string) string {
	for {
		at := strings.Index(line, "\x1b[")
		if at < 0 {
			return line
		}
		end := at + 2
		for end < len(line) && (line[end] == ';' || line[end] >= '0' && line[end] <= '9') {
			end++
		}
		line = line[:at] + line[min(end+1, len(line)):]
	}
}

// numberAfter returns the number that follows text, and whether there is a finite one.
func numberAfter(line, text string) (float64, bool) {
	_, rest, ok := strings.Cut(line, text)
	if !ok {
		return math.NaN(), false
	}
	rest = strings.TrimLeft(rest, " ")
	end := 0
	for end < len(rest) && strings.IndexByte("0123456789.+-eE", rest[end]) >= 0 {
		end++
	}
	v, err := strconv.ParseFloat(strings.TrimRight(rest[:end], ".eE+-"), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return math.NaN(), false
	}
	return v, true
}

// numberBefore returns the whole number that stands before text.
func numberBefore(line, text string) (int64, bool) {
	head, _, ok := strings.Cut(line, text)
	if !ok {
		return 0, false
	}
	head = head[strings.LastIndexAny(head, " ,:")+1:]
	n, err := strconv.ParseInt(head, 10, 62)
	return n, err == nil && n >= 0
}

// mostMilliseconds keeps a time within an int64 of ns.
const mostMilliseconds = 1e12

// parseIteration reads "Iteration(2000): 0 context requests, 0 context tokens, 128
// generation requests, 128 generation tokens, iteration elapsed time: 9.82 ms".
func parseIteration(line string) (any, bool) {
	line = line[strings.Index(line, "Iteration("):]
	step, ok := numberAfter(line, "Iteration(")
	if !ok || step < 0 || step > 1<<53 {
		return nil, false
	}
	it := iteration{step: int64(step)}
	for _, f := range []struct {
		text string
		to   *int64
	}{{" context requests", &it.contextRequests}, {" context tokens", &it.contextTokens},
		{" generation requests", &it.generationRequests}, {" generation tokens", &it.generationTokens}} {
		if *f.to, ok = numberBefore(line, f.text); !ok {
			return nil, false
		}
	}
	ms, ok := numberAfter(line, "elapsed time:")
	if !ok || ms < 0 || ms > mostMilliseconds {
		return nil, false
	}
	it.time = int64(math.Round(ms * 1e6))
	return it, true
}

func (it iteration) phase() string {
	switch {
	case it.contextTokens > 0 && it.generationTokens > 0:
		return "mixed"
	case it.contextTokens > 0:
		return "prefill"
	case it.generationTokens > 0:
		return "decode"
	}
	return "idle"
}

// parseVLLM reads "EPLB step: 2500 for model X: avg_tokens=512.00, max_tokens=1024,
// balancedness=0.5000, steps until the next rearrangement: 500", and its older forms
// without step and model.
func parseVLLM(line string) (any, bool) {
	line = line[strings.Index(line, "EPLB step:"):]
	b := balance{server: "vLLM", step: wholeAfter(line, "EPLB step:"), left: wholeAfter(line, "next rearrangement:"), choices: -1,
		last: [3]float64{math.NaN(), math.NaN(), math.NaN()}}
	if _, rest, ok := strings.Cut(line, " for model "); ok {
		b.model, _, _ = strings.Cut(rest, ": avg_tokens")
	}
	b.mean, _ = numberAfter(line, "avg_tokens=")
	b.most, _ = numberAfter(line, "max_tokens=")
	value, ok := numberAfter(line, " balancedness=")
	b.value = value
	return b, ok && value >= 0
}

// parseSGLang reads "[Expert Balancedness] forward_pass_id=691
// current_pass_balancedness=0.812 last_10_average_balancedness=… gpu_physical_count_sum=…".
func parseSGLang(line string) (any, bool) {
	b := balance{server: "SGLang", step: wholeAfter(line, "forward_pass_id="), left: -1, mean: math.NaN(), most: math.NaN(),
		choices: wholeAfter(line, "gpu_physical_count_sum=")}
	for i, span := range []string{"10", "100", "1000"} {
		b.last[i], _ = numberAfter(line, "last_"+span+"_average_balancedness=")
	}
	value, ok := numberAfter(line, "current_pass_balancedness=")
	b.value = value
	return b, ok && value >= 0
}

// wholeAfter returns the whole number after text, -1 where there is none.
func wholeAfter(line, text string) int64 {
	v, ok := numberAfter(line, text)
	if !ok || v < 0 || v > 1<<53 || v != math.Trunc(v) {
		return -1
	}
	return int64(v)
}

// parseRates reads "Engine 000: Avg prompt throughput: 7296.4 tokens/s, Avg generation
// throughput: 6.5 tokens/s, Running: 13 reqs, Waiting: 115 reqs, GPU KV cache usage:
// 0.8%, Prefix cache hit rate: 1.5%".
func parseRates(line string) (any, bool) {
	prompt, ok1 := numberAfter(line, "Avg prompt throughput:")
	generation, ok2 := numberAfter(line, "Avg generation throughput:")
	r := rates{prompt: prompt, generation: generation, running: wholeAfter(line, "Running:"), waiting: wholeAfter(line, "Waiting:")}
	r.cache, _ = numberAfter(line, "KV cache usage:")
	r.prefix, _ = numberAfter(line, "Prefix cache hit rate:")
	return r, ok1 && ok2
}

// engineOf returns the number of the engine that wrote a line: that of EngineCore_DP3 or
// of Engine 003; -1 where it says none.
func engineOf(line string) int64 {
	for _, mark := range []string{"EngineCore_DP", "EngineCore_", "Engine ", " DP"} {
		_, rest, ok := strings.Cut(line, mark)
		if !ok {
			continue
		}
		end := 0
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		if n, err := strconv.ParseInt(rest[:end], 10, 32); err == nil {
			return n
		}
	}
	return -1
}
