package routingkernels

import (
	"fmt"
	"math"
	"slices"

	"profilemate/workbench/result"
)

// pair is one step as both sides saw it.
type pair struct {
	at int // step of the trace, from 0
	tracedStep
	recorded recordedStep
}

// tokens are those of the step, from whichever side knows; -1 where none does.
func (p pair) stepTokens() int64 {
	if p.recorded.tokens >= 0 {
		return p.recorded.tokens
	}
	return p.tokens
}

// alignment says how the steps were put beside each other.
type alignment struct {
	offset  int  // step of the trace that is the first recorded one
	given   bool // by the parameter
	checked int  // steps whose tokens both sides tell, and that agree
}

// capture is what a user has to do so that steps can be aligned.
const capture = "Record the routing in the run that is traced, from the first traced step to the last, with ranges that tell tokens (vLLM: --profiler-config.profiler cuda and nsys profile --trace=cuda,nvtx), or set offset to the step of the trace that is the first one recorded."

func refuse(remedy, format string, args ...any) *result.Finding {
	return &result.Finding{Severity: result.Problem, Remedy: remedy, Text: fmt.Sprintf(format, args...)}
}

// align puts the recorded steps beside those of the trace, or says why it cannot.
func align(traced []tracedStep, recorded []recordedStep, lanes int, p Params) ([]pair, alignment, *result.Finding) {
	switch {
	case len(traced) == 0:
		return nil, alignment{}, refuse("Capture with ranges around steps: vLLM writes them while its CUDA profiler runs; or give their names with the parameter pattern.",
			"The trace has no NVTX range that is a step, so that nothing can be put beside the routing.")
	case len(recorded) == 0:
		return nil, alignment{}, refuse("Record the routing while the model serves.", "The routing has no step with a token.")
	case lanes > 1:
		return nil, alignment{}, refuse("Set process to the rank whose routing was recorded.",
			"%d threads have steps, and nothing says whose routing was recorded.", lanes)
	}
	places, ok := placesOf(recorded)
	if !ok || places[len(places)-1] >= len(traced) {
		return nil, alignment{}, refuse(capture, "The recorded steps do not fit into the trace: from step %d to step %d, %s were recorded over %s of the engine, and the trace has %s. They are not of one run, so no step is put beside another.",
			recorded[0].number, recorded[len(recorded)-1].number, result.Count(int64(len(recorded)), "step"), spanned(recorded), result.Count(int64(len(traced)), "step"))
	}
	most := len(traced) - 1 - places[len(places)-1]
	if p.Offset >= 0 {
		return atOffset(traced, recorded, places, most, p.Offset)
	}
	return search(traced, recorded, places, most)
}

// spanned is over how many steps of the engine the routing was recorded, those between
// recorded ones included.
func spanned(recorded []recordedStep) string {
	far := uint64(recorded[len(recorded)-1].number) - uint64(recorded[0].number)
	if far >= math.MaxInt64 {
		return "more steps than can be"
	}
	return result.Count(int64(far)+1, "step")
}

// placesOf returns how many steps after the first each recorded step is, by its number.
func placesOf(recorded []recordedStep) ([]int, bool) {
	places := make([]int, len(recorded))
	for i, r := range recorded {
		far := uint64(r.number) - uint64(recorded[0].number)
		if far > math.MaxInt32 {
			return nil, false
		}
		places[i] = int(far)
	}
	return places, true
}

// atOffset aligns as the parameter says, unless tokens contradict it.
func atOffset(traced []tracedStep, recorded []recordedStep, places []int, most, offset int) ([]pair, alignment, *result.Finding) {
	if offset > most {
		return nil, alignment{}, refuse(fmt.Sprintf("Set offset to at most %d.", most),
			"With offset %d the last recorded step would be step %d of a trace that has %s.", offset, offset+places[len(places)-1], result.Count(int64(len(traced)), "step"))
	}
	checked, bad := compare(traced, recorded, places, offset)
	if bad >= 0 {
		t, r := traced[offset+places[bad]], recorded[bad]
		return nil, alignment{}, refuse(capture, "With offset %d step %d of the trace (%s) has %s, but the recorded step %d beside it has %s: they are not the same step.",
			offset, offset+places[bad], t.name, result.Count(t.tokens, "token"), r.number, result.Count(r.tokens, "token"))
	}
	return pairUp(traced, recorded, places, offset), alignment{offset, true, checked}, nil
}

// compare returns how many steps' tokens agree, and the first recorded step whose tokens
// do not, -1 for none. A side that does not tell its tokens contradicts nothing.
func compare(traced []tracedStep, recorded []recordedStep, places []int, offset int) (agree, bad int) {
	for i, r := range recorded {
		t := traced[offset+places[i]]
		if t.tokens < 0 || r.tokens < 0 {
			continue
		}
		if t.tokens != r.tokens {
			return agree, i
		}
		agree++
	}
	return agree, -1
}

// search takes the one offset that tokens do not contradict.
func search(traced []tracedStep, recorded []recordedStep, places []int, most int) ([]pair, alignment, *result.Finding) {
	var fits []int
	var how alignment
	for offset := 0; offset <= most && len(fits) < 2; offset++ {
		if agree, bad := compare(traced, recorded, places, offset); bad < 0 {
			fits = append(fits, offset)
			how = alignment{offset: offset, checked: agree}
		}
	}
	switch {
	case len(fits) == 0:
		return nil, how, refuse(capture, "The routing is not of the traced steps: %s of %s lie beside no run of the %s of the trace, which %s.",
			result.Count(int64(len(recorded)), "recorded step"), tokensOf(recordedTokens(recorded)), result.Count(int64(len(traced)), "step"), "have "+tokensOf(tracedTokens(traced)))
	case len(fits) > 1:
		return nil, how, refuse(capture, "The %s can lie beside the %s of the trace in several ways (with offset %d and %d, to begin with), and nothing says which is right.",
			result.Count(int64(len(recorded)), "recorded step"), result.Count(int64(len(traced)), "step"), fits[0], fits[1])
	}
	return pairUp(traced, recorded, places, how.offset), how, nil
}

func pairUp(traced []tracedStep, recorded []recordedStep, places []int, offset int) []pair {
	list := make([]pair, len(recorded))
	for i, r := range recorded {
		list[i] = pair{at: offset + places[i], tracedStep: traced[offset+places[i]], recorded: r}
	}
	return list
}

func tracedTokens(list []tracedStep) []int64 {
	out := make([]int64, len(list))
	for i, s := range list {
		out[i] = s.tokens
	}
	return out
}

func recordedTokens(list []recordedStep) []int64 {
	out := make([]int64, len(list))
	for i, s := range list {
		out[i] = s.tokens
	}
	return out
}

// tokensOf words the range of numbers of tokens: "8 tokens", "8 to 4,096 tokens".
func tokensOf(list []int64) string {
	least, most := slices.Min(list), slices.Max(list)
	switch {
	case most < 0:
		return "an unknown number of tokens"
	case least == most:
		return result.Count(most, "token")
	}
	return fmt.Sprintf("%s to %s", result.Grouped(max(least, 0)), result.Count(most, "token"))
}

// chosen returns the aligned steps of a phase whose MoE time the trace shows, and how
// many hide it.
func chosen(pairs []pair, phase string) (used []pair, hidden int64) {
	for _, p := range pairs {
		switch {
		case phase != everyPhase && string(p.phase) != phase:
		case p.hidden > 0:
			hidden++
		default:
			used = append(used, p)
		}
	}
	return used, hidden
}
