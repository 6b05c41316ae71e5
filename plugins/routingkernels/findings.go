package routingkernels

import (
	"fmt"
	"math"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

const (
	significant = 0.01 // p of a coefficient that is told
	collinear   = 10   // VIF beyond which coefficients cannot be told apart
	fewSteps    = 10   // steps for each predictor below which a fit is called thin
)

// tell says what came of the regression, and how far it can be believed.
func tell(res *result.Result, pairs []pair, hidden int64, r *regression, how alignment, p Params) {
	tellAlignment(res, pairs, how)
	if hidden > 0 {
		res.Warn("Capture again with nsys profile --cuda-graph-trace=node.", "The MoE time of %s is unknown, not zero: CUDA graphs run in them whose kernels this trace does not show. They are left out.", result.Count(hidden, "step"))
	}
	total := int64(0)
	for _, one := range pairs {
		total += one.moe
	}
	switch {
	case r == nil:
		problem(res, "Trace more steps, or leave the parameter phase out.", "%s of phase %s cannot be regressed: at least three are needed.", capital(result.Count(int64(len(pairs)), "aligned step")), p.Phase)
	case total == 0:
		problem(res, "Name the experts' ranges so that a word says moe, expert or router, or capture the nodes of CUDA graphs (--cuda-graph-trace=node).", "No kernel of the aligned steps is one of the experts, by its ranges or by its name.")
	default:
		tellFit(res, r, p)
		tellTerms(res, r)
		tellLeft(res, r)
	}
}

func problem(res *result.Result, remedy, format string, args ...any) {
	res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Text: fmt.Sprintf(format, args...), Remedy: remedy})
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func tellAlignment(res *result.Result, pairs []pair, how alignment) {
	way := fmt.Sprintf("with step %d of the trace as the first recorded one", how.offset)
	if how.given {
		way += ", as the parameter offset says"
	}
	if how.checked > 0 {
		res.Note("Steps are aligned %s; the tokens of %s agree.", way, result.Count(int64(how.checked), "step"))
		return
	}
	res.Warn("Trace with ranges that tell tokens, such as vLLM's execute_context_1(512)_generation_8(8).",
		"Steps are aligned %s, by their order alone: neither side's tokens can confirm it. If the two are not of one run, all that follows is noise.", way)
}

func tellFit(res *result.Result, r *regression, p Params) {
	of := result.Count(int64(r.steps), "step")
	if p.Phase != everyPhase {
		of = result.Count(int64(r.steps), p.Phase+" step")
	}
	if math.IsNaN(r.r2) {
		res.Note("The MoE kernels take the same time in all of the %s.", of)
		return
	}
	text := fmt.Sprintf("Over %s, what the routing says accounts for %.1f %% of the variance of the MoE time (R²)", of, 100*r.r2)
	if !math.IsNaN(r.residual) {
		text += fmt.Sprintf("; %s of standard deviation is left", result.Duration(int64(math.Round(r.residual))))
	}
	res.Note("%s.", text)
	if len(r.terms) > 0 && r.steps < fewSteps*len(r.terms) {
		res.Warn("Trace more steps.", "The regression is thin: %s for %s; below %d steps for each, coefficients are rough.", of, result.Count(int64(len(r.terms)), "predictor"), fewSteps)
	}
}

func tellTerms(res *result.Result, r *regression) {
	var inflated []string
	for _, t := range r.terms {
		if t.vif > collinear {
			inflated = append(inflated, fmt.Sprintf("%s (VIF %.0f)", t.name, t.vif))
		}
		if !(r.p(t.t()) < significant) && t.deviation != 0 {
			res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "coefficients", Column: "predictor", Values: []string{t.name},
				Text: fmt.Sprintf("No effect of %s on the MoE time can be told from chance (%s a %s%s).", t.name, cost(t.coefficient), t.unit, margin(t))})
			continue
		}
		res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "coefficients", Column: "predictor", Values: []string{t.name},
			Text: fmt.Sprintf("One %s more goes with %s of MoE time%s, the others held.", t.unit, cost(t.coefficient), margin(t))})
	}
	if len(inflated) > 0 {
		res.Warn("Trace steps in which tokens, distinct experts and imbalance vary apart: several batch sizes and kinds of text.",
			"Predictors follow from each other: %s. The fit holds, but which of them the time goes with cannot be told.", strings.Join(inflated, ", "))
	}
}

// cost words a coefficient, with its sign where it is below 0.
func cost(ns float64) string {
	switch size := math.Abs(ns); {
	case size >= 1e6:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	case size >= 1e3:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	}
	return fmt.Sprintf("%.3g ns", ns)
}

func margin(t term) string {
	if math.IsNaN(t.deviation) {
		return ""
	}
	return " ± " + cost(t.deviation)
}

func tellLeft(res *result.Result, r *regression) {
	for _, d := range r.left {
		switch {
		case d.unknown:
			res.Warn("Set top-k to the number of experts each token chooses, and record all layers of every step.", "%s of some step is not known, so that it is left out of the regression.", d.label)
		case d.constant:
			res.Note("%s is the same in all steps (%.6g), so that what it costs cannot be told.", d.label, d.value)
		default:
			res.Note("%s follows from the other predictors in these steps, or they are too few, so that it is left out.", d.label)
		}
	}
}

// tellBytes says what the weights of the distinct experts come to, beside what a uniform
// router would read.
func tellBytes(res *result.Result, pairs []pair, router routing.Router, size int64) {
	distinct, layers, moe := int64(0), int64(0), int64(0)
	uniform, most := 0.0, 0.0
	for _, p := range pairs {
		distinct += p.recorded.distinct
		layers += int64(p.recorded.layers)
		moe += p.moe
		if tokens := p.stepTokens(); tokens > 0 && router.Known() {
			uniform += float64(p.recorded.layers) * (float64(router.Experts) - router.DeadByChance(tokens))
			most += float64(p.recorded.layers) * math.Min(float64(tokens)*float64(router.TopK), float64(router.Experts))
		}
	}
	if layers == 0 || distinct == 0 {
		return
	}
	text := fmt.Sprintf("A step reads %.1f of %d experts a layer on average", float64(distinct)/float64(layers), router.Experts)
	if uniform > 0 {
		text += fmt.Sprintf("; a router without preference would read %.1f, and counting every choice as another expert gives %.1f", uniform/float64(layers), most/float64(layers))
	}
	if size == 0 {
		res.Note("%s. With the size of an expert (expert-size, or hidden and intermediate) that becomes bytes.", text)
		return
	}
	bytes := float64(distinct) * float64(size)
	text += fmt.Sprintf(". That is %s of weights a step", result.Size(int64(bytes/float64(len(pairs)))))
	if moe > 0 {
		text += fmt.Sprintf(", at least %s while the MoE kernels run", result.Rate(bytes/(float64(moe)/1e9)))
	}
	res.Note("%s.", text)
}
