package nsys

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
)

// gpuTable makes the table of GPUs. The device is the CUDA ordinal, which is what
// events name; it is not always nsys's own number of the GPU. Damage gives fewer
// rows.
func (e *export) gpuTable(ctx context.Context) *frames.Frame {
	b := frames.NewBuilder("gpus", frames.Schema{
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal"},
		{Name: "name", Kind: frames.String, Doc: "product name"},
		{Name: "multiprocessors", Kind: frames.Int64, Doc: "streaming multiprocessors"},
		{Name: "clock", Kind: frames.Int64, Unit: "Hz", Doc: "clock rate"},
		{Name: "memory", Kind: frames.Int64, Unit: "B", Doc: "device memory"},
		{Name: "memory_bandwidth", Kind: frames.Int64, Unit: "B/s", Doc: "peak of the device memory"},
		{Name: "l2_cache", Kind: frames.Int64, Unit: "B", Doc: "size of the L2 cache"},
		{Name: "capability", Kind: frames.String, Doc: "compute capability"},
		{Name: "gpu_id", Kind: frames.Int64, Doc: "nsys's own number of the GPU, which is not always the ordinal"},
	})
	for _, g := range e.listGPUs(ctx) {
		b.Row(g.device(), g.name, g.processors, g.clock, g.memory, g.bandwidth, g.cache, g.capability, g.id)
	}
	return b.Frame()
}

// deviceTable makes the table of which GPU a process means by a CUDA ordinal. Where
// the export does not say it by process (before 2025.1), pid is missing.
func (e *export) deviceTable(ctx context.Context) *frames.Frame {
	b := frames.NewBuilder("devices", frames.Schema{
		{Name: "pid", Kind: frames.Int64, Doc: "process; missing where the export has one numbering for all"},
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal, which events name"},
		{Name: "gpu_id", Kind: frames.Int64, Doc: "nsys's own number of the GPU"},
		{Name: "name", Kind: frames.String, Doc: "product name"},
	})
	gpus := e.listGPUs(ctx)
	mapped := false
	_, _ = each(ctx, e.source, deviceSource, wholes("pid", "cudaId", "gpuId"), func(r record) error {
		var name any
		for _, g := range gpus {
			if g.id == r.whole(2) {
				name = g.name
			}
		}
		b.Row(r.whole(0), r.whole(1), r.whole(2), name)
		mapped = true
		return nil
	})
	for _, g := range gpus {
		if !mapped {
			b.Row(nil, g.device(), g.id, g.name)
		}
	}
	return b.Frame()
}

// gpu is a row of the table of GPUs. What is not known is nil.
type gpu struct {
	id, ordinal                                 any // the ordinal is nil where the export does not give one
	name, capability                            any
	processors, clock, memory, bandwidth, cache any
}

// device returns the CUDA ordinal; where the export does not say, the GPU's own
// number, which is the same on all machines whose GPUs are alike.
func (g gpu) device() any {
	if g.ordinal != nil {
		return g.ordinal
	}
	return g.id
}

// listGPUs reads the GPUs in the order of their ordinals.
func (e *export) listGPUs(ctx context.Context) []gpu {
	ordinals := map[any]any{}
	_, _ = each(ctx, e.source, deviceSource, wholes("gpuId", "cudaId"), func(r record) error {
		if have, ok := ordinals[r.whole(0)]; !ok || r.int(1) < have.(int64) {
			ordinals[r.whole(0)] = r.int(1)
		}
		return nil
	})
	var list []gpu
	wants := append(wholes("id", "cuDevice", "smCount", "clockRate", "totalMemory", "memoryBandwidth", "l2CacheSize", "computeMajor", "computeMinor"), texts("name")...)
	// An error is damage to a table that is of use only to name the GPUs.
	_, _ = each(ctx, e.source, gpuSource, wants, func(r record) error {
		g := gpu{id: r.whole(0), ordinal: r.whole(1), processors: r.whole(2), clock: r.whole(3), memory: r.whole(4), bandwidth: r.whole(5), cache: r.whole(6)}
		if cuda, ok := ordinals[g.id]; ok {
			g.ordinal = cuda
		}
		if !r.null(7) && !r.null(8) {
			g.capability = fmt.Sprintf("%d.%d", r.int(7), r.int(8))
		}
		if !r.null(9) {
			g.name = e.clean.text(r.text(9))
		}
		list = append(list, g)
		return nil
	})
	slices.SortStableFunc(list, func(a, b gpu) int { return cmp.Compare(orLast(a.device()), orLast(b.device())) })
	return list
}

func orLast(v any) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	return math.MaxInt64
}

// metadataTable makes the table of what the exporter says about the capture and
// the export. Only keys known to be harmless are taken: the file also holds the
// command line, the environment, and names of people, machines and folders.
func (e *export) metadataTable(ctx context.Context) *frames.Frame {
	b := frames.NewBuilder("metadata", frames.Schema{
		{Name: "key", Kind: frames.String, Doc: "as the exporter spells it, in lower case"},
		{Name: "value", Kind: frames.String, Doc: "as the exporter spells it"},
	})
	process := processPrefix()
	for _, table := range []string{exportInfo, oldExportInfo, captureInfo} {
		_, _ = each(ctx, e.source, table, texts("name", "value"), func(r record) error {
			key, value := process.ReplaceAllString(r.text(0), ""), r.text(1)
			if e.clean.showPrivate || isHarmlessFact(table, key, value) {
				b.Row(strings.ToLower(key), e.clean.text(value))
			}
			return nil
		})
	}
	return b.Frame()
}

// describeAll makes the description of the whole export.
func (e *export) describeAll(ctx context.Context) artifacts.Info {
	meta := e.metadata(ctx)
	info := artifacts.Info{Kind: artifacts.Nsys, Format: e.format, Metadata: meta, Summary: e.summary(),
		Unread: slices.DeleteFunc(slices.Clone(e.unread), IsStored)}
	if version := meta["nsys_version"]; version != "" {
		info.Producer = "Nsight Systems " + version
	}
	info.Findings = e.findings(ctx, meta)
	result.SortFindings(info.Findings)
	return info
}

// metadata returns what analyses may ask for. Keys whose value is not known are
// left out, but for graph_trace_mode, which is then empty.
//
//	graph_trace_mode   "node": kernels inside CUDA graphs have rows; "graph": they do not
//	nsys_version       of the exporter, as "2023.4.4.54"
//	schema_version     of the export
//	gpu_names          one for each GPU, joined by ", "
//	trace_start        wall clock at which the session began (RFC 3339); event times do not count from it
//	trace_duration_ns  length of the session
//	time_shift_ns      shift of all event times that the user asked the exporter for, when there is one
func (e *export) metadata(ctx context.Context) map[string]string {
	meta := map[string]string{"graph_trace_mode": strings.ToLower(e.fact("cuda_graph_trace_options:mode"))}
	put := func(key, value string) {
		if value != "" {
			meta[key] = value
		}
	}
	put("nsys_version", e.fact("export_product_version"))
	put("schema_version", e.fact("export_schema_version"))
	if shift := e.fact("export_param_time_shift"); shift != "0" {
		put("time_shift_ns", shift)
	}
	if gpus := e.static["gpus"]; gpus != nil {
		put("gpu_names", strings.Join(gpus.Strings("name"), ", "))
	}
	put("trace_start", e.traceStart(ctx))
	put("trace_duration_ns", e.traceDuration(ctx))
	return meta
}

func (e *export) traceStart(ctx context.Context) (start string) {
	_, _ = each(ctx, e.source, "TARGET_INFO_SESSION_START_TIME", wholes("utcEpochNs"), func(r record) error {
		if at := r.int(0); at > 0 && start == "" {
			start = time.Unix(0, at).UTC().Format(time.RFC3339Nano)
		}
		return nil
	})
	return start
}

func (e *export) traceDuration(ctx context.Context) string {
	longest := int64(0)
	_, _ = each(ctx, e.source, "ANALYSIS_DETAILS", wholes("duration"), func(r record) error {
		longest = max(longest, r.int(0))
		return nil
	})
	if longest == 0 {
		return ""
	}
	return strconv.FormatInt(longest, 10)
}

// fact returns a value of the metadata table, "" when it does not have the key.
func (e *export) fact(key string) string {
	m := e.static["metadata"]
	if m == nil {
		return ""
	}
	keys, values := m.Column("key"), m.Column("value")
	for i := range m.Len() {
		if keys.Str(i) == key {
			return values.Str(i)
		}
	}
	return ""
}

// summary says in one line what the export holds.
func (e *export) summary() string {
	var parts []string
	kernels := e.amount("kernels", "kernel", "kernels")
	switch {
	case slices.Contains(e.unread, "kernels"):
		kernels = "kernels that cannot be read"
	case kernels == "":
		kernels = "no kernels"
	}
	if gpus := e.gpus(); gpus != "" {
		kernels += " on " + gpus
	}
	parts = append(parts, kernels)
	for _, t := range [][3]string{{"copies", "copy", "copies"}, {"api_calls", "API call", "API calls"},
		{"nvtx", "NVTX event", "NVTX events"}, {"graph_launches", "graph launch", "graph launches"}} {
		if text := e.amount(t[0], t[1], t[2]); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

// gpus names the GPUs: "2 × NVIDIA H100 80GB HBM3".
func (e *export) gpus() string {
	f := e.static["gpus"]
	if f == nil {
		return ""
	}
	counts, order := map[string]int{}, []string{}
	for _, name := range f.Strings("name") {
		if name == "" {
			name = "unnamed GPU"
		}
		if counts[name] == 0 {
			order = append(order, name)
		}
		counts[name]++
	}
	for i, name := range order {
		order[i] = fmt.Sprintf("%d × %s", counts[name], name)
	}
	return strings.Join(order, " and ")
}

func (e *export) amount(table, one, many string) string {
	t, err := artifacts.Lookup(e, table)
	switch {
	case err != nil:
		return ""
	case t.Rows < 0:
		return many
	case t.Rows == 1:
		return "1 " + one
	}
	return grouped(t.Rows) + " " + many
}

// grouped writes a count with a comma between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
