package nsys

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
)

// gpuTable makes the table of GPUs. The device is the CUDA ordinal, which is what
// events name; it is not always nsys's own number of the GPU. Damage gives fewer
// rows.
func gpuTable(conn *sqlite.Conn, s schema, c cleaner) *frames.Frame {
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
	if !s.has(gpuSource, "id") {
		return b.Frame()
	}
	list := []string{deviceOf(s)}
	for _, column := range []string{"name", "smCount", "clockRate", "totalMemory", "memoryBandwidth", "l2CacheSize"} {
		list = append(list, orNull(s, gpuSource, column))
	}
	capability := "NULL"
	if s.has(gpuSource, "computeMajor", "computeMinor") {
		capability = "computeMajor || '.' || computeMinor"
	}
	text := fmt.Sprintf("SELECT %s, %s, g.id FROM %s AS g ORDER BY 1", strings.Join(list, ", "), capability, gpuSource)
	// An error is damage to a table that is of use only to name the GPUs.
	_ = query(conn, text, func(stmt *sqlite.Stmt) error {
		b.Row(intOrNil(stmt, 0), textOrNil(stmt, 1, c), intOrNil(stmt, 2), intOrNil(stmt, 3), intOrNil(stmt, 4),
			intOrNil(stmt, 5), intOrNil(stmt, 6), textOrNil(stmt, 7, c), intOrNil(stmt, 8))
		return nil
	})
	return b.Frame()
}

func deviceOf(s schema) string {
	alternatives := []string{}
	if s.has("TARGET_INFO_CUDA_DEVICE", "gpuId", "cudaId") {
		alternatives = append(alternatives, "(SELECT min(cudaId) FROM TARGET_INFO_CUDA_DEVICE WHERE gpuId = g.id)")
	}
	if s.has(gpuSource, "cuDevice") {
		alternatives = append(alternatives, "cuDevice")
	}
	return "coalesce(" + strings.Join(append(alternatives, "g.id", "NULL"), ", ") + ")"
}

func orNull(s schema, table, column string) string {
	if s.has(table, column) {
		return quote(column)
	}
	return "NULL"
}

func intOrNil(stmt *sqlite.Stmt, at int) any {
	if stmt.ColumnIsNull(at) {
		return nil
	}
	return stmt.ColumnInt64(at)
}

func textOrNil(stmt *sqlite.Stmt, at int, c cleaner) any {
	if stmt.ColumnIsNull(at) {
		return nil
	}
	return c.text(stmt.ColumnText(at))
}

// metadataTable makes the table of what the exporter says about the capture and
// the export. Only keys known to be harmless are taken: the file also holds the
// command line, the environment, and names of people, machines and folders.
func metadataTable(conn *sqlite.Conn, s schema, c cleaner) *frames.Frame {
	b := frames.NewBuilder("metadata", frames.Schema{
		{Name: "key", Kind: frames.String, Doc: "as the exporter spells it, in lower case"},
		{Name: "value", Kind: frames.String, Doc: "as the exporter spells it"},
	})
	process := regexp.MustCompile(`^PROCESS_\d+:`)
	for _, table := range []string{exportInfo, oldExportInfo, captureInfo} {
		if !s.has(table, "name", "value") {
			continue
		}
		_ = query(conn, "SELECT name, value FROM "+table, func(stmt *sqlite.Stmt) error {
			key, value := process.ReplaceAllString(stmt.ColumnText(0), ""), stmt.ColumnText(1)
			if isHarmless(key) && !strings.ContainsAny(value, `/\`) {
				b.Row(strings.ToLower(key), c.text(value))
			}
			return nil
		})
	}
	return b.Frame()
}

func isHarmless(key string) bool {
	for _, prefix := range []string{"EXPORT_PRODUCT_", "EXPORT_SCHEMA_VERSION", "EXPORT_PLATFORM", "EXPORT_ARCH", "EXPORT_TIME", "EXPORT_PARAM_LAZY",
		"EXPORT_PARAM_TIME", "EXPORT_CONFIG_", "CAPTURE_EVENT_TYPE", "COLLECT_", "CUDA_", "NVTX_OPTIONS:", "TRACE_", "START_TRIGGER", "STOP_TRIGGER",
		"START_DELAY", "RUN_DURATION", "RATE_HZ", "SAMPLE_", "SHOW_BACKTRACE", "USE_", "RESUME"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// describeAll makes the description of the whole export.
func (e *export) describeAll(conn *sqlite.Conn) artifacts.Info {
	meta := e.metadata(conn)
	info := artifacts.Info{Kind: artifacts.Nsys, Format: FormatName, Metadata: meta, Summary: e.summary()}
	if version := meta["nsys_version"]; version != "" {
		info.Producer = "Nsight Systems " + version
	}
	info.Findings = e.findings(conn, meta)
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
func (e *export) metadata(conn *sqlite.Conn) map[string]string {
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
	if e.schema.has("TARGET_INFO_SESSION_START_TIME", "utcEpochNs") {
		if at, err := integer(conn, "SELECT utcEpochNs FROM TARGET_INFO_SESSION_START_TIME LIMIT 1"); err == nil && at > 0 {
			put("trace_start", time.Unix(0, at).UTC().Format(time.RFC3339Nano))
		}
	}
	if e.schema.has("ANALYSIS_DETAILS", "duration") {
		if length, err := integer(conn, "SELECT max(duration) FROM ANALYSIS_DETAILS"); err == nil && length > 0 {
			put("trace_duration_ns", strconv.FormatInt(length, 10))
		}
	}
	return meta
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
