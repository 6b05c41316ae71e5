package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"profilemate/workbench/result"
)

// State is the outcome of a rule.
type State string

// The states.
const (
	Act         State = "act"         // the threshold is passed: there is something to do
	CannotTell  State = "cannot tell" // the data that the rule needs are not there
	WithinBound State = "within bounds"
)

// Confidence says how far the evidence carries an expected gain.
type Confidence string

// The confidences.
const (
	High   Confidence = "high"   // measured in this run
	Medium Confidence = "medium" // measured, but the profiler or a name may mislead
	Low    Confidence = "low"    // an upper bound that no change will reach
)

// Advice is what one rule says of a run. Gains are upper bounds, each for one piece of
// advice by itself: several may speak of the same time, so that they do not add up.
type Advice struct {
	Rule       string     `json:"rule"`
	Title      string     `json:"title"` // what is the matter, or what was looked at
	State      State      `json:"state"`
	Evidence   string     `json:"evidence"`         // the numbers, or why it cannot be told
	Threshold  string     `json:"threshold"`        // when the rule speaks up
	GainNs     int64      `json:"gainNs,omitempty"` // at most, of the time captured; 0: cannot be computed
	GainOf     string     `json:"gainOf,omitempty"` // what the gain is a part of
	Confidence Confidence `json:"confidence,omitempty"`
	Because    string     `json:"because,omitempty"` // of the confidence
	Action     string     `json:"action,omitempty"`
	Source     []string   `json:"source"` // analyses it draws on
}

// rule is one declared recommendation. Its first source's kind of artifact is what must
// be given for the rule to be asked at all.
type rule struct {
	name      string
	topic     string // what it looks at
	title     string // what is the matter when it speaks up
	kind      string
	threshold string
	source    []string
	judge     func(s *side) verdict
}

// verdict is what a rule finds.
type verdict struct {
	state      State
	evidence   string
	gain       float64 // ns; NaN or 0 for none
	of         string
	confidence Confidence
	because    string
	action     string
}

func unknown(format string, args ...any) verdict {
	return verdict{state: CannotTell, evidence: fmt.Sprintf(format, args...)}
}

func within(format string, args ...any) verdict {
	return verdict{state: WithinBound, evidence: fmt.Sprintf(format, args...)}
}

func rules() []rule {
	return slices.Concat(inputRules(), stepRules(), gpuRules(), kernelRules(), moeRules())
}

// judge asks all rules of the kinds of artifact that were given. Those of the others are
// named once, so that their silence is no praise.
func judge(s *side) []Advice {
	var list []Advice
	for _, r := range rules() {
		v := unknown("No %s was given (%s).", kindName(r.kind), flagOf(r.kind))
		if _, given := s.sources[r.kind]; given {
			v = r.judgeWork(s)
		}
		list = append(list, r.advice(v))
	}
	slices.SortStableFunc(list, func(a, b Advice) int {
		return cmp.Or(cmp.Compare(a.State.rank(), b.State.rank()), cmp.Compare(b.GainNs, a.GainNs))
	})
	return list
}

// judgeWork asks a rule, unless it is about the GPU's work and that is not known.
func (r rule) judgeWork(s *side) verdict {
	if slices.Contains(workRules(), r.name) {
		if why := s.noKernels(); why != "" {
			return unknown("%s", sentence(why))
		}
	}
	return r.judge(s)
}

// workRules are about what the GPU did and when.
func workRules() []string {
	return []string{"host-bound-prefill", "host-bound-decode", "attention-share", "graph-coverage", "idle-gpu", "idle-after-wait", "exposed-communication"}
}

func (s State) rank() int { return slices.Index([]State{Act, CannotTell, WithinBound}, s) }

func (r rule) advice(v verdict) Advice {
	a := Advice{Rule: r.name, Title: r.topic, State: v.state, Evidence: v.evidence, Threshold: r.threshold, Source: r.source}
	if v.state != Act {
		return a
	}
	a.Title = r.title
	a.Action, a.Confidence, a.Because = v.action, v.confidence, v.because
	if v.gain > 0 && !math.IsInf(v.gain, 0) { // NaN is not above 0
		a.GainNs, a.GainOf = int64(v.gain), v.of
	}
	return a
}

// sentence makes the reason of a missing table a sentence.
func sentence(why string) string {
	first := []rune(why)
	if len(first) == 0 {
		return "The data for it are missing."
	}
	if first[0] >= 'a' && first[0] <= 'z' {
		first[0] += 'A' - 'a'
	}
	text := string(first)
	if last := text[len(text)-1]; last != '.' && last != '?' {
		text += "."
	}
	return text
}

// topics joins what rules of one state looked at where all say the same of it, in order.
func topics(list []Advice) []Advice {
	var out []Advice
	for _, a := range list {
		i := slices.IndexFunc(out, func(b Advice) bool { return b.State == a.State && b.Evidence == a.Evidence })
		if i < 0 || a.State == Act {
			out = append(out, a)
			continue
		}
		out[i].Title += "; " + a.Title
		out[i].Threshold += "; " + a.Threshold
		out[i].Source = slices.Concat(out[i].Source, a.Source)
	}
	return out
}

// percent writes a share as findings do.
func percent(v float64) string {
	if math.IsNaN(v) {
		return "an unknown share"
	}
	return fmt.Sprintf("%.1f %%", v)
}

func duration(ns float64) string {
	if math.IsNaN(ns) {
		return "an unknown time"
	}
	return result.Duration(int64(ns))
}
