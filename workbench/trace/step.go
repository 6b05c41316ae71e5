package trace

import (
	"regexp"
	"strconv"

	"profilemate/workbench/trace/names"
)

// Phase is what an inference engine does in a step.
type Phase string

// The phases. A step of none schedules nothing.
const (
	NoPhase Phase = ""
	Prefill Phase = "prefill" // prompts are processed
	Decode  Phase = "decode"  // tokens are generated
	Mixed   Phase = "mixed"   // both, in one batch
)

// Step is what the name of a range says about an engine's step.
type Step struct {
	Phase Phase
	// Requests in their prompt and in generation, and the tokens processed of each;
	// -1 where the name does not say.
	ContextRequests, ContextTokens       int64
	GenerationRequests, GenerationTokens int64
}

// Requests returns how many requests the step serves, -1 where it is not known.
func (s Step) Requests() int64 { return sumKnown(s.ContextRequests, s.GenerationRequests) }

// Tokens returns how many tokens the step processes, -1 where it is not known.
func (s Step) Tokens() int64 { return sumKnown(s.ContextTokens, s.GenerationTokens) }

func sumKnown(a, b int64) int64 {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

var (
	contextStep = regexp.MustCompile(`(?:^|\W)execute_context_(\d+)\((\d+)\)_generation_(\d+)\((\d+)\)`)
	cachedStep  = regexp.MustCompile(`(?:^|\W)execute_new_(\d+)_cached_(\d+)(?:\W|$)`)
)

// ParseStep reads the two forms in which vLLM names a step:
//
//	execute_context_REQUESTS(TOKENS)_generation_REQUESTS(TOKENS)
//	execute_new_REQUESTS_cached_REQUESTS
//
// The second, older one gives no tokens for requests that are new, and one for each
// that is known already; these may still be in a long prompt, so that their phase
// is the likely one. ok is false for any other name and for numbers beyond int64.
func ParseStep(name string) (step Step, ok bool) {
	if m := contextStep.FindStringSubmatch(name); m != nil {
		n, ok := numbers(m[1:])
		if !ok {
			return Step{}, false
		}
		return Step{phaseOf(n[1], n[3]), n[0], n[1], n[2], n[3]}, true
	}
	if m := cachedStep.FindStringSubmatch(name); m != nil {
		n, ok := numbers(m[1:])
		if !ok {
			return Step{}, false
		}
		step := Step{phaseOf(n[0], n[1]), n[0], -1, n[1], n[1]}
		if n[0] == 0 {
			step.ContextTokens = 0
		}
		return step, true
	}
	return Step{}, false
}

// ParsePhase is ParseStep, followed for other names by rules that tell a phase from
// plain words (prefill, decode, mixed), without numbers.
func ParsePhase(name string) (step Step, ok bool) {
	if step, ok := ParseStep(name); ok {
		return step, true
	}
	family, _ := names.DefaultPhases().Match(name)
	if family == names.Other {
		return Step{}, false
	}
	return Step{Phase(family), -1, -1, -1, -1}, true
}

func phaseOf(context, generation int64) Phase {
	switch {
	case context > 0 && generation > 0:
		return Mixed
	case context > 0:
		return Prefill
	case generation > 0:
		return Decode
	}
	return NoPhase
}

func numbers(texts []string) ([]int64, bool) {
	out := make([]int64, len(texts))
	for i, text := range texts {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}
