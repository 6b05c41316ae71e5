// Package components says which parts of a model the time goes to: attention, experts,
// norms and so on.
package components

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// Analysis declares the components; its form, flags, help and cell derive from
// here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "components",
	Doc: `which parts of a model the time goes to

Each part of the host time in NVTX ranges and of the time the GPU is busy belongs to exactly one component,
so both columns add up to 100 %. The component comes from the innermost range around it whose name a rule
knows: attention, ffn, moe, norm, embedding, head, sampling, communication, host. What lies in ranges of no
known name is other.

Summing up ranges by name, as scripts do, counts nested time several times: layer_0.moe holds
layer_0.moe.experts, both are moe, and a whole step holds both, so such shares are of a sum that is a
multiple of the time. Here a moment on the host counts for the innermost range alone (its self time), on
each thread by itself. GPU work belongs to the ranges around the API call that launched it, wherever it ran;
a moment in which work of several components runs on one device counts for each in equal parts.

The kernels of a CUDA graph that is replayed have one launch for all. Where the trace has the nodes of the
graph as they were captured, within ranges, each belongs to the range of its node. Otherwise it belongs to a
component only if the replay was launched within one, and is "graph replay, layer unknown" if not.

What the names of kernels say is another question, kept in a table of its own (families): a product of
matrices may serve attention or experts. Own rules are tried before the built-in ones: a component and a
regular expression for the words of a name (layer_0.RMSNorm is "layer 0 rms norm"), of a path its last part
first, separated by semicolons: rules="moe \bmixture\b; - \bwarmup\b". A - says that a name belongs to none.`,
	Version: 1,
	Roles: []analysis.Role{nvtx.Role(true,
		analysis.Need{Table: "kernels", Columns: []frames.Field{{Name: "name", Kind: frames.String}}},
		analysis.Need{Table: "graph_nodes", Optional: true, Doc: "in which range each kernel of a graph was captured", Columns: []frames.Field{
			{Name: "start", Kind: frames.Int64, Unit: "ns"}, {Name: "end", Kind: frames.Int64, Unit: "ns"},
			{Name: "pid", Kind: frames.Int64}, {Name: "tid", Kind: frames.Int64},
			{Name: "node_id", Kind: frames.Int64}, {Name: "original_node_id", Kind: frames.Int64},
		}})},
	Outputs: []analysis.Output{
		{Name: "components", Kind: analysis.TableOutput, Doc: "one row per component"},
		{Name: "families", Kind: analysis.TableOutput, Doc: "what the names of the kernels of each component say"},
		{Name: "layers", Kind: analysis.TableOutput, Doc: "one row per layer and component, where names give layers"},
		{Name: "component-time", Kind: analysis.ChartOutput, Doc: "shares of the GPU's and of the host's time"},
		{Name: "layer-time", Kind: analysis.ChartOutput, Doc: "GPU busy time by layer and component"},
	},
	Defaults: Params{Builtin: true, Process: trace.AllProcesses},
	Check:    check,
	Whole:    run,
})

// Params are the choices of a reader.
type Params struct {
	Rules   string `param:"rules" doc:"own rules, tried first: component pattern;component pattern"`
	Builtin bool   `param:"builtin" doc:"try the built-in rules after the own ones"`
	Process int    `param:"process" min:"-1" doc:"process whose ranges and work are shown; -1 adds up all"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	rules, err := rulesOf(p)
	if err != nil {
		return nil, err
	}
	a, err := nvtx.Load(in, p.Process)
	if err != nil {
		return nil, err
	}
	nodes, err := in.Frame(nvtx.RoleName, "graph_nodes")
	if err != nil {
		return nil, err
	}
	m := newModel(a, rules)
	m.attribute(nodes)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &result.Result{}
	r.Add("components", "Components of the model", m.componentTable())
	r.Add("families", "What the names of the kernels say", m.familyTable())
	if len(m.components) > 0 {
		r.Charts = append(r.Charts, m.shareChart())
	}
	if m.layered() {
		r.Add("layers", "Layers and their components", m.layerTable())
		r.Charts = append(r.Charts, m.layerChart())
	}
	m.findings(r, p)
	return r, nil
}

// check says what is wrong with the rules.
func check(p Params) error {
	if err := names.CheckRuleList(p.Rules, " "); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	if !p.Builtin && strings.Trim(p.Rules, "; \t\r\n") == "" {
		return errors.New("rules: there is none, and builtin=false leaves the built-in ones out")
	}
	return nil
}

// rulesOf puts the own rules before the built-in ones.
func rulesOf(p Params) (*names.Rules, error) {
	text := strings.ReplaceAll(p.Rules, ";", "\n")
	if p.Builtin {
		text += "\n" + names.DefaultComponents().String()
	}
	return names.ParseComponentRules(strings.NewReader(text))
}
