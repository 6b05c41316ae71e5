package tokens

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// facts is what is known of a recording without counting it.
type facts struct {
	source   string
	experts  int // 0: only counting tells
	topKFrom string
	level    string // routing.Logical or ""
	narrow   bool   // ids have 8 bits in the file
	weights  bool
	means    string // what a step is
	requests []request
	findings []result.Finding
}

// request is a row of the table of requests.
type request struct {
	id     string
	tokens int
	usage  usage
}

// info describes the recording.
func (r *recording) info() artifacts.Info {
	m := routing.Model{Source: r.facts.source, Experts: r.facts.experts, TopK: r.shape.TopK, Layers: r.shape.Layers, Level: r.facts.level,
		Tokens: true, Steps: r.facts.means, Pairs: routing.AllPairs, Next: routing.AllChoices, Weights: r.facts.weights}
	if r.facts.requests != nil {
		m.Padding = routing.PaddingRemoved // a response has rows for its own tokens only
	}
	metadata := map[string]string{"tokens": strconv.Itoa(r.tokens()), "top_k_source": r.facts.topKFrom}
	m.Write(metadata)
	findings := slices.Clone(r.facts.findings)
	if f, ok := r.stepFinding(); ok {
		findings = append(findings, f)
	}
	result.SortFindings(findings)
	return artifacts.Info{Kind: artifacts.MoE, Format: FormatName, Producer: producer(r.facts.source), Summary: r.summary(), Metadata: metadata, Findings: findings}
}

// logitsSource is the source of a recording whose ids are worked out from router logits.
const logitsSource = "router logits"

func producer(source string) string {
	return map[string]string{"vLLM routed_experts": "vLLM", "SGLang routed_experts": "SGLang"}[source]
}

// stepFinding says what a step is where the recording has none.
func (r *recording) stepFinding() (result.Finding, bool) {
	text := ""
	switch n := result.Count(int64(len(r.windows)), "step"); r.facts.means {
	case windowsOfTokens:
		text = fmt.Sprintf("The recording does not say which tokens ran together: a step here is a run of %s in the order of the file, %s in all.",
			result.Count(int64(r.windows[0].to-r.windows[0].from), "token"), n)
	case requestsAsSteps:
		text = fmt.Sprintf("The responses do not say which tokens ran together: a step here is one request, %s in all.", n)
	case windowsOfRequests:
		text = fmt.Sprintf("The responses do not say which tokens ran together: a step here is a run of requests in the order of the files, %s in all.", n)
	case windowsOfSteps:
		text = fmt.Sprintf("The steps are too many to keep the counts of each: neighbors are taken together to %s.", n)
	default:
		return result.Finding{}, false
	}
	return result.Finding{Severity: result.Info, Text: text}, true
}

func (r *recording) summary() string {
	text := fmt.Sprintf("MoE routing of %s, token by token: %s, top-%d", result.Count(int64(r.tokens()), "token"), result.Count(int64(r.shape.Layers), "layer"), r.shape.TopK)
	if r.facts.experts > 0 {
		text += fmt.Sprintf(", %d experts", r.facts.experts)
	}
	if n := len(r.facts.requests); n > 0 {
		text += ", " + result.Count(int64(n), "response")
	}
	return text
}

// countFindings says what the first pass over the ids found.
func (r *recording) countFindings(c *counted) []result.Finding {
	var list []result.Finding
	tell := func(severity result.Severity, remedy, format string, args ...any) {
		list = append(list, result.Finding{Severity: severity, Text: fmt.Sprintf(format, args...), Remedy: remedy})
	}
	dense, blank, unseen, broken := r.rowsOut(c)
	if dense > 0 {
		tell(result.Info, "", "%s expert 0 alone for every token and %s left out: dense layers have no router.", result.Count(dense, "layer")+names(int(dense)), are(dense))
	}
	if blank > 0 {
		tell(result.Warning, "", "%s no token with a choice that can be used and %s left out.", result.Count(blank, "layer")+hasVerb(blank), are(blank))
	}
	if unseen > 0 {
		tell(result.Warning, "Check the server's version: external KV caches and offloading lose rows.",
			"%s expert 0 for every choice and %s left out: the recorder did not see those tokens in those layers.", result.Count(unseen, "row")+names(int(min(unseen, 2))), are(unseen))
	}
	switch {
	case broken > 0 && r.facts.source == logitsSource:
		tell(result.Warning, "", "%s a logit that is no number, or fewer than %d finite ones, and %s left out: what was chosen is not known.",
			result.Count(broken, "row")+hasVerb(broken), r.shape.TopK, are(broken))
	case broken > 0:
		tell(result.Warning, "", "%s an id below 0 or above %d and %s left out: padding, or damage.", result.Count(broken, "row")+hasVerb(broken), routing.MostExperts-1, are(broken))
	}
	return list
}

// rowsOut counts what is left out: layers whose rows all name expert 0 alone, layers
// without a row that can be used, rows of routing layers that name expert 0 alone, and
// rows with an id that is none.
func (r *recording) rowsOut(c *counted) (dense, blank, unseen, broken int64) {
	for l := range r.shape.Layers {
		whole, zero, bad := c.choices.Rows(l)
		broken += bad
		switch {
		case slices.Contains(c.layers, l):
			unseen += zero
		case whole+zero > 0:
			dense++
		default:
			blank++
		}
	}
	return dense, blank, unseen, broken
}

func are(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func names(n int) string {
	if n == 1 {
		return " names"
	}
	return " name"
}

func hasVerb(n int64) string { return has(int(min(n, 2))) }

// twiceFinding says that tokens name an expert twice.
func (r *recording) twiceFinding(c *counted, p *routing.Pairs) []result.Finding {
	twice := map[int64]int64{}
	sum := int64(0)
	for i, l := range c.layers {
		_, zero, _ := c.choices.Rows(l)
		if n := p.Twice(i, zero); n > 0 {
			twice[r.layers[l]] = n
			sum += n
		}
	}
	if sum == 0 {
		return nil
	}
	return []result.Finding{{Severity: result.Warning, Text: fmt.Sprintf(
		"In %s tokens name one expert twice, %s in all: these are no ids of a router, or the axes are read in the wrong order.",
		routing.LayerList(slices.Sorted(maps.Keys(twice))), result.Count(sum, "time")),
		Remedy: "Save ids with the axes token, layer, choice."}}
}
