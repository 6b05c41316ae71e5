package report

// chapter is a section as it is planned: which analyses, and what of them.
type chapter struct {
	id, title string
	parts     []wanted
}

// wanted is what a report takes of one analysis.
type wanted struct {
	analysis string
	tables   []excerpt
	charts   []string // names or groups
}

// excerpt is a table with the most rows that are taken of it.
type excerpt struct {
	table string
	rows  int
}

// plan is the report's table of contents.
func plan() []chapter {
	return append(append(nsysChapters(), ncuChapters()...), moeChapters()...)
}

func nsysChapters() []chapter {
	return []chapter{
		{"phases", "Prefill and decode", []wanted{{"phases", []excerpt{{"phases", 50}}, []string{"phase-times", "step-times"}}}},
		{"components", "Components of the model", []wanted{{"components", []excerpt{{"components", 30}, {"families", 30}, {"layers", 100}}, []string{"component-time", "layer-time"}}}},
		{"families", "Kernel families", []wanted{{"kernel-families", []excerpt{{"families", 20}, {"ambiguous", 20}}, []string{"family-time"}}}},
		{"kernels", "Top kernels", []wanted{
			{"kernel-summary", []excerpt{{"kernels", 50}}, []string{"top-kernels"}},
			{"kernel-headroom", []excerpt{{"kernels", 30}}, []string{"headroom"}},
		}},
		{"steps", "Steps", []wanted{{"steps", []excerpt{{"series", 20}, {"slow", 30}}, []string{"step-time", "distribution"}}}},
		{"cuda-graphs", "CUDA graphs", []wanted{{"cuda-graphs", []excerpt{{"coverage", 20}, {"graphs", 30}, {"eager", 20}}, []string{"coverage", "graph-times"}}}},
		{"utilization", "Utilization and gaps", []wanted{
			{"gpu-utilization", []excerpt{{"devices", 16}, {"causes", 40}, {"gaps", 20}, {"ranges", 20}}, []string{"utilization", "idle-causes"}},
			{"launch-overhead", []excerpt{{"devices", 16}, {"kernels", 20}}, []string{"launch-times"}},
			{"synchronization", []excerpt{{"calls", 20}, {"ranges", 20}}, []string{"blocked-time"}},
			{"concurrency", []excerpt{{"devices", 16}}, nil},
		}},
		{"memory", "Copies and memory", []wanted{
			{"memory-copies", []excerpt{{"directions", 20}, {"memories", 20}, {"sizes", 30}}, []string{"bandwidth"}},
			{"memory-usage", []excerpt{{"memory", 20}}, []string{"live"}},
		}},
	}
}

func ncuChapters() []chapter {
	return []chapter{
		{"bottlenecks", "Bandwidth and bottlenecks", []wanted{
			{"bottlenecks", []excerpt{{"bottlenecks", 50}, {"classes", 20}}, nil},
			{"memory-hierarchy", []excerpt{{"memory", 30}}, []string{"rates", "coalescing"}},
			{"occupancy", []excerpt{{"occupancy", 30}}, []string{"occupancy"}},
			{"stalls", []excerpt{{"kernels", 30}}, []string{"stalls"}},
			{"rules", []excerpt{{"rules", 30}}, []string{"gain"}},
		}},
		{"roofline", "Roofline", []wanted{{"roofline", []excerpt{{"roofline", 50}}, []string{"roofline"}}}},
	}
}

func moeChapters() []chapter {
	return []chapter{
		{"moe-load", "MoE load", []wanted{
			{"load-imbalance", []excerpt{{"layers", 200}}, []string{"max-over-mean"}},
			{"expert-activation", []excerpt{{"layers", 200}}, []string{"heat", "coverage"}},
			{"imbalance-over-time", []excerpt{{"layers", 200}}, []string{"max-over-mean"}},
			{"routing-drift", []excerpt{{"layers", 200}, {"changes", 30}}, []string{"divergence"}},
			{"routing-kernels", []excerpt{{"coefficients", 20}}, nil},
		}},
		{"moe-placement", "MoE placement", []wanted{{"expert-placement", []excerpt{{"strategies", 20}, {"layers", 200}}, []string{"max-over-mean"}}}},
	}
}

// validity stands last: how far the numbers before can be trusted.
func validity() chapter {
	return chapter{"validity", "Capture conditions and validity", []wanted{{"health", []excerpt{{"checks", 40}}, []string{"coverage"}}}}
}
