package nsys

import "profilemate/frames"

func apiFields() []field {
	return []field{
		number("start", "ns", "begin of the call", "start"), number("end", "ns", "end of the call", "end"),
		{Field: frames.Field{Name: "name", Kind: frames.String, Doc: "function, without its version suffix (_v7000)"},
			from: wholes("nameId"), make: apiNameCell, prepare: needNames},
		named("full_name", "function, as recorded", "nameId"),
		processOf("globalTid"), threadOf("tid", "calling thread", "globalTid"),
		number("correlation_id", "", "ties the call to its GPU work, together with pid", "correlationId"),
		number("result", "", "value returned, 0 for success", "returnValue"),
	}
}

// backtraceClass is the class of the second row that a call has when backtraces were
// on (TRACE_PROCESS_EVENT_CUDABACKTRACE).
const backtraceClass = 67

// notTwin leaves out those second rows.
func notTwin() condition {
	return condition{column: "eventClass", keep: func(_ *scope, v int64) bool { return v != backtraceClass }}
}

func apiCalls() table {
	return table{name: "api_calls", source: apiSource, filter: []condition{notTwin()}, fields: apiFields(),
		doc: "CUDA runtime and driver calls on the host, each once"}
}

func graphLaunches() table {
	launch := condition{column: "nameId", essential: true, prepare: needLaunchers,
		keep: func(s *scope, v int64) bool { return s.launchers[v] }}
	return table{name: "graph_launches", source: apiSource, filter: []condition{notTwin(), launch}, fields: apiFields(),
		doc: "the API calls that launch a CUDA graph"}
}

func nvtx() table {
	return table{name: "nvtx", source: nvtxSource, serial: true,
		doc: "NVTX ranges and marks of the program, with the rows that declare domains and threads", fields: []field{
			number("start", "ns", "begin", "start"), number("end", "ns", "end; missing for a mark and for a range that was never closed", "end"),
			{Field: frames.Field{Name: "text", Kind: frames.String, Doc: "message"},
				from: append(wholes("textId"), texts("text")...), make: textCell, prepare: needNames},
			{Field: frames.Field{Name: "domain", Kind: frames.String, Doc: "name of the domain; missing for the default one"},
				from: wholes("globalTid", "domainId"), make: domainCell, prepare: needDomains},
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
	runtime := condition{column: "eventClass", keep: func(_ *scope, v int64) bool { return v == 27 }}
	return table{name: "os_calls", source: "OSRT_API", filter: []condition{runtime},
		doc: "calls of the operating system's runtime on the host: read, poll, pthread_mutex_lock and such", fields: []field{
			number("start", "ns", "begin of the call", "start"), number("end", "ns", "end of the call", "end"),
			named("name", "function", "nameId"),
			processOf("globalTid"), threadOf("tid", "calling thread", "globalTid"),
			number("result", "", "value returned", "returnValue"),
			number("nesting", "", "calls that this one was made in", "nestingLevel"),
		}}
}

// overhead joins what CUPTI and what nsys say that tracing cost.
func overhead() table {
	nsys := overheadOf("PROFILER_OVERHEAD", "nsys")
	t := overheadOf("CUPTI_ACTIVITY_KIND_OVERHEAD", "CUPTI")
	t.then = &nsys
	return t
}

func overheadOf(source, origin string) table {
	return table{name: "overhead", source: source, doc: "time that tracing itself took on the host", fields: []field{
		number("start", "ns", "begin", "start"), number("end", "ns", "end", "end"),
		{Field: frames.Field{Name: "origin", Kind: frames.String, Doc: "who says so: CUPTI or nsys"}, make: fixedCell(origin, "CUPTI", "nsys")},
		named("name", "what took it", "nameId"),
		label("type", "kind of overhead; missing in exports before 2025.6 that nsys itself wrote", "overheadType", overheadTypes()),
		processOf("globalTid"), threadOf("tid", "thread", "globalTid"),
		number("correlation_id", "", "API call during which it happened, where CUPTI says", "correlationId"),
	}}
}

func cpuSamples() table {
	return table{name: "cpu_samples", source: "COMPOSITE_EVENTS", doc: "samples of what threads were doing", fields: []field{
		number("time", "ns", "when it was sampled", "start"),
		processOf("globalTid"), threadOf("tid", "thread", "globalTid"),
		number("cpu", "", "processor", "cpu"),
		label("state", "state of the thread", "threadState", threadStates()),
		number("cycles", "", "processor cycles since the sample before", "cpuCycles"),
		{Field: frames.Field{Name: "symbol", Kind: frames.String, Doc: "function at the top of the call chain"},
			from: wholes("id"), make: calleeCell(false), prepare: needCallchains},
		{Field: frames.Field{Name: "module", Kind: frames.String, Doc: "library or program that it is in, without its folder"},
			from: wholes("id"), make: calleeCell(true), prepare: needCallchains},
	}}
}

func scheduling() table {
	return table{name: "scheduling", source: "SCHED_EVENTS", doc: "threads that processors took up and laid down", fields: []field{
		number("time", "ns", "when", "start"),
		number("cpu", "", "processor", "cpu"),
		label("change", "in: the thread begins to run; out: it stops", "isSchedIn", enumerate("out,in")),
		processOf("globalTid"), threadOf("tid", "thread", "globalTid"),
		label("state", "state of the thread, from 2024.5 on", "threadState", threadStates()),
		number("blocked", "", "why it stopped, as nsys numbers it", "threadBlock"),
	}}
}

func genericEvents() table {
	return table{name: "generic_events", source: "GENERIC_EVENTS", serial: true, doc: "events of other sources, such as the kernel's trace points", fields: []field{
		number("time", "ns", "when", "timestamp"),
		number("type_id", "", "type; its name is in raw.GENERIC_EVENT_TYPES", "typeId"),
		processOf("globalTid"), threadOf("tid", "thread", "globalTid"),
		plain("data", "values as JSON; missing unless the export was made with --include-json", "data"),
	}}
}

func stringTable() table {
	return table{name: "strings", source: stringSource, doc: "names that the other tables refer to, secrets masked", fields: []field{
		number("id", "", "number of the string", "id"),
		named("value", "the string", "id"),
	}}
}
