package nsys

import "profilemate/frames"

func threads() table {
	return table{name: "threads", source: "ThreadNames", doc: "names of threads of all programs seen on the machine, profiled or not; one that was renamed has several rows", fields: []field{
		processOf("globalTid"), threadOf("tid", "thread", "globalTid"),
		named("name", "name of the thread", "nameId"),
		number("priority", "", "scheduling priority", "priority"),
	}}
}

func processes() table {
	return table{name: "processes", source: processSource, serial: true, doc: "processes seen on the machine, profiled or not", fields: []field{
		processOf("globalPid"),
		{Field: frames.Field{Name: "name", Kind: frames.String, Doc: "program, without its folder and arguments"},
			from: texts("name"), make: programCell},
	}}
}

func streams() table {
	return table{name: "streams", source: "TARGET_INFO_CUDA_STREAM", doc: "CUDA streams of the program, used or not", fields: []field{
		number("pid", "", "process", "processId"),
		number("context", "", "CUDA context", "contextId"), number("stream", "", "CUDA stream", "streamId"),
		label("kind", "how it was made; the null stream waits for the others of its context", "flag", streamKinds()),
		{Field: frames.Field{Name: "priority", Kind: frames.Int64, Doc: "lower numbers go first, 0 is the usual one"},
			from: wholes("priority"), make: signedCell},
	}}
}

// contexts stood in a table of null streams until 2023.3.
func contexts(s schema) table {
	source, null := "TARGET_INFO_CUDA_CONTEXT_INFO", "nullStreamId"
	if s.first(null, source) == "" {
		source, null = "TARGET_INFO_CUDA_NULL_STREAM", "streamId"
	}
	return table{name: "contexts", source: source, doc: "CUDA contexts of the program", fields: []field{
		number("pid", "", "process", "processId"),
		number("device", "", "CUDA ordinal", "deviceId"), number("context", "", "CUDA context", "contextId"),
		number("null_stream", "", "its null stream", null),
		positive("parent_context", "context that a green one is part of", "parentContextId"),
		number("green", "", "1 for a green context, 0 for another", "isGreenContext"),
	}}
}

func diagnosticEvents() table {
	return table{name: "diagnostics", source: diagnostics, serial: true, doc: "what nsys itself reported while it captured", fields: []field{
		number("time", "ns", "when", "timestamp"),
		label("severity", "how bad it is", "severity", severities()),
		processOf("globalPid"),
		{Field: frames.Field{Name: "text", Kind: frames.String, Doc: "message, folders left out"}, from: texts("text"), make: messageCell},
	}}
}
