package nsys

import (
	"strings"

	"profilemate/frames"
)

// The names of the SQLite tables that are read.
const (
	kernelSource  = "CUPTI_ACTIVITY_KIND_KERNEL"
	copySource    = "CUPTI_ACTIVITY_KIND_MEMCPY"
	setSource     = "CUPTI_ACTIVITY_KIND_MEMSET"
	osSource      = "OSRT_API"
	threadSource  = "ThreadNames"
	apiSource     = "CUPTI_ACTIVITY_KIND_RUNTIME"
	graphSource   = "CUPTI_ACTIVITY_KIND_GRAPH_TRACE"
	nvtxSource    = "NVTX_EVENTS"
	stringSource  = "StringIds"
	gpuSource     = "TARGET_INFO_GPU"
	diagnostics   = "DIAGNOSTIC_EVENT"
	exportInfo    = "META_DATA_EXPORT"
	oldExportInfo = "EXPORT_META_DATA"
	captureInfo   = "META_DATA_CAPTURE"
)

// table declares one table that can be scanned.
type table struct {
	name   string
	doc    string
	source string // the SQLite table it comes from
	fields []field
	filter []condition // which rows of the source belong to it; all when empty
	timed  bool        // rows whose start is not above 0 carry no time and are dropped
	serial bool        // has a dictionary of its own that grows during the scan: one worker
}

// field declares one column: where it comes from and how it is decoded.
type field struct {
	frames.Field
	from []string // source columns; without all of them the value is missing in every row
	make func(f *field, s *scope) cell
}

// condition is an SQL condition on the rows of a source. Where the column that it
// tests is not there, an essential condition leaves no row and another all.
type condition struct {
	text      string
	column    string
	essential bool
}

// where returns the table's conditions as a clause, empty for none, and whether
// any row can meet them.
func (t *table) where(s schema) (clause string, ok bool) {
	for _, c := range t.filter {
		switch {
		case s.has(t.source, c.column):
			clause += " AND " + c.text
		case c.essential:
			return "", false
		}
	}
	return clause, true
}

// schema returns the table's columns as callers see them.
func (t *table) schema() frames.Schema {
	s := make(frames.Schema, len(t.fields))
	for i := range t.fields {
		s[i] = t.fields[i].Field
	}
	return s
}

// allTables lists the tables, the most useful first. gpus and metadata are small
// and are made when the artifact is opened.
func allTables() []table {
	return []table{kernels(), copies(), sets(), apiCalls(), nvtx(), graphLaunches(), graphTraces(), osCalls(), threads(), stringTable()}
}

func kernels() table {
	fields := append(gpuTimes(),
		field{frames.Field{Name: "name", Kind: frames.String, Doc: "demangled name with its template arguments"}, []string{"demangledName"}, nameCell},
		field{frames.Field{Name: "short_name", Kind: frames.String, Doc: "base name"}, []string{"shortName"}, nameCell},
		field{frames.Field{Name: "mangled_name", Kind: frames.String, Doc: "name as the linker has it; missing unless it was captured"}, []string{"mangledName"}, nameCell},
		graphNode())
	fields = append(fields,
		number("grid_x", "", "blocks of the grid in x", "gridX"), number("grid_y", "", "blocks of the grid in y", "gridY"),
		number("grid_z", "", "blocks of the grid in z", "gridZ"), number("block_x", "", "threads of a block in x", "blockX"),
		number("block_y", "", "threads of a block in y", "blockY"), number("block_z", "", "threads of a block in z", "blockZ"),
		number("registers", "", "registers of a thread", "registersPerThread"),
		number("static_shared", "B", "static shared memory of a block", "staticSharedMemory"),
		number("dynamic_shared", "B", "dynamic shared memory of a block", "dynamicSharedMemory"),
		number("local_memory", "B", "local memory of a thread", "localMemoryPerThread"),
		number("launch_type", "", "1 regular, 2 and 3 cooperative", "launchType"),
		number("grid_id", "", "number of the launch, from the driver", "gridId"))
	return table{name: "kernels", source: kernelSource, timed: true, fields: fields,
		doc: "kernels that ran on a GPU; those inside CUDA graphs only with a node-level trace"}
}

func copies() table {
	return table{name: "copies", source: copySource, timed: true, doc: "memory copies on a GPU", fields: append(gpuTimes(), graphNode(),
		number("bytes", "B", "bytes copied", "bytes"),
		label("kind", "direction of the copy", "copyKind", copyKinds()),
		label("source_kind", "memory read", "srcKind", memoryKinds()),
		label("target_kind", "memory written", "dstKind", memoryKinds()),
		number("source_device", "", "CUDA ordinal of the device read", "srcDeviceId"),
		number("target_device", "", "CUDA ordinal of the device written", "dstDeviceId"))}
}

func sets() table {
	return table{name: "sets", source: setSource, timed: true, doc: "memory sets on a GPU", fields: append(gpuTimes(), graphNode(),
		number("bytes", "B", "bytes set", "bytes"),
		number("value", "", "value written", "value"),
		label("memory_kind", "memory written", "memKind", memoryKinds()))}
}

func apiFields() []field {
	return []field{
		number("start", "ns", "begin of the call", "start"), number("end", "ns", "end of the call", "end"),
		{frames.Field{Name: "name", Kind: frames.String, Doc: "function, without its version suffix (_v7000)"}, []string{"nameId"}, apiNameCell},
		{frames.Field{Name: "full_name", Kind: frames.String, Doc: "function, as recorded"}, []string{"nameId"}, nameCell},
		processOf("globalTid"), threadOf("tid", "calling thread", "globalTid"),
		number("correlation_id", "", "ties the call to its GPU work, together with pid", "correlationId"),
		number("result", "", "value returned, 0 for success", "returnValue"),
	}
}

// notTwin leaves out the second row that a call has when backtraces were on
// (TRACE_PROCESS_EVENT_CUDABACKTRACE).
func notTwin() condition { return condition{text: "eventClass <> 67", column: "eventClass"} }

func apiCalls() table {
	return table{name: "api_calls", source: apiSource, filter: []condition{notTwin()}, fields: apiFields(),
		doc: "CUDA runtime and driver calls on the host, each once"}
}

// graphLaunchNames selects the functions of both interfaces that launch a graph.
const graphLaunchNames = "SELECT id FROM StringIds WHERE value GLOB 'cu*GraphLaunch*'"

func graphLaunches() table {
	launch := condition{text: "nameId IN (" + graphLaunchNames + ")", column: "nameId", essential: true}
	return table{name: "graph_launches", source: apiSource, filter: []condition{notTwin(), launch}, fields: apiFields(),
		doc: "the API calls that launch a CUDA graph"}
}

func graphTraces() table {
	return table{name: "graph_traces", source: graphSource, timed: true,
		doc: "CUDA graphs that ran on a GPU as wholes (graph-level trace)", fields: append(gpuTimes(),
			number("graph_id", "", "graph", "graphId"), number("graph_exec_id", "", "instantiated graph", "graphExecId"))}
}

func nvtx() table {
	return table{name: "nvtx", source: nvtxSource, serial: true,
		doc: "NVTX ranges and marks of the program, with the rows that declare domains and threads", fields: []field{
			number("start", "ns", "begin", "start"), number("end", "ns", "end; missing for a mark and for a range that was never closed", "end"),
			{frames.Field{Name: "text", Kind: frames.String, Doc: "message"}, []string{"textId", "text"}, textCell},
			{frames.Field{Name: "domain", Kind: frames.String, Doc: "name of the domain; missing for the default one"}, []string{"globalTid", "domainId"}, domainCell},
			label("type", "push-pop and start-end are ranges, mark is a point, the others declare something", "eventType", nvtxTypes()),
			processOf("globalTid"), threadOf("tid", "thread that began it", "globalTid"),
			threadOf("end_tid", "thread that ended a start-end range, where that is not the one that began it", "endGlobalTid"),
			number("range_id", "", "pairs the ends of a start-end range", "rangeId"),
			number("category", "", "category given by the program", "category"),
			number("color", "", "color as ARGB", "color"),
		}}
}

// osCalls are the rows of TRACE_PROCESS_EVENT_OS_RUNTIME.
func osCalls() table {
	return table{name: "os_calls", source: osSource, filter: []condition{{text: "eventClass = 27", column: "eventClass"}},
		doc: "calls of the operating system's runtime on the host: read, poll, pthread_mutex_lock and such", fields: []field{
			number("start", "ns", "begin of the call", "start"), number("end", "ns", "end of the call", "end"),
			{frames.Field{Name: "name", Kind: frames.String, Doc: "function"}, []string{"nameId"}, nameCell},
			processOf("globalTid"), threadOf("tid", "calling thread", "globalTid"),
			number("result", "", "value returned", "returnValue"),
		}}
}

func threads() table {
	return table{name: "threads", source: threadSource, doc: "names of threads; one that was renamed has several rows", fields: []field{
		processOf("globalTid"), threadOf("tid", "thread", "globalTid"),
		{frames.Field{Name: "name", Kind: frames.String, Doc: "name of the thread"}, []string{"nameId"}, nameCell},
		number("priority", "", "scheduling priority", "priority"),
	}}
}

func stringTable() table {
	return table{name: "strings", source: stringSource, doc: "names that the other tables refer to, secrets masked", fields: []field{
		number("id", "", "number of the string", "id"),
		{frames.Field{Name: "value", Kind: frames.String, Doc: "the string"}, []string{"id"}, nameCell},
	}}
}

// gpuTimes are the columns that every kind of GPU work has.
func gpuTimes() []field {
	return []field{
		number("start", "ns", "begin on the GPU", "start"), number("end", "ns", "end on the GPU", "end"),
		number("device", "", "CUDA ordinal", "deviceId"), number("context", "", "CUDA context", "contextId"),
		number("stream", "", "CUDA stream", "streamId"),
		number("correlation_id", "", "ties the work to its API call, together with pid; all nodes of one graph launch share it", "correlationId"),
		processOf("globalPid"),
		{frames.Field{Name: "green_context", Kind: frames.Int64, Doc: "green context; missing for work outside one"}, []string{"greenContextId"}, positiveCell},
	}
}

func number(name, unit, doc, from string) field {
	return field{frames.Field{Name: name, Kind: frames.Int64, Unit: unit, Doc: doc}, []string{from}, numberCell}
}

// graphNode is 0 in some versions where others leave it out: both mean that the
// work is not from a graph.
func graphNode() field {
	return field{frames.Field{Name: "graph_node_id", Kind: frames.Int64, Doc: "node of a CUDA graph; missing for work launched by itself"},
		[]string{"graphNodeId"}, positiveCell}
}

// A global id is hardware (8 bits), VM (8), process (24) and thread (24).
const idMask = 1<<24 - 1

func processOf(from string) field {
	return field{frames.Field{Name: "pid", Kind: frames.Int64, Doc: "process"}, []string{from}, processCell}
}

func threadOf(name, doc, from string) field {
	return field{frames.Field{Name: name, Kind: frames.Int64, Doc: doc}, []string{from}, threadCell}
}

func label(name, doc, from string, words map[int64]string) field {
	return field{frames.Field{Name: name, Kind: frames.String, Doc: doc}, []string{from}, labelCell(words)}
}

func copyKinds() map[int64]string {
	return words("unknown,host to device,device to host,host to array,array to host,array to array,array to device," +
		"device to array,device to device,host to host,peer to peer,unified host to device,unified device to host,unified device to device")
}

// memoryKinds are nsys's own numbers, which differ from CUPTI's.
func memoryKinds() map[int64]string {
	return words("pageable,pinned,device,array,managed,device static,managed static,unknown")
}

func nvtxTypes() map[int64]string {
	return map[int64]string{33: "category", 34: "mark", 39: "thread-name", 59: "push-pop", 60: "start-end",
		70: "push-pop", 71: "start-end", 75: "domain", 76: "domain-end"}
}

func words(list string) map[int64]string {
	out := map[int64]string{}
	for i, w := range strings.Split(list, ",") {
		out[int64(i)] = w
	}
	return out
}
