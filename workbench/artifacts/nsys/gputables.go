package nsys

import "profilemate/frames"

func kernels() table {
	fields := append(gpuTimes(),
		named("name", "demangled name with its template arguments", "demangledName"),
		named("short_name", "base name", "shortName"),
		named("mangled_name", "name as the linker has it; missing unless it was captured", "mangledName"),
		graphNode(),
		positive("graph_id", "CUDA graph; missing for work launched by itself, and in exports before 2025.5", "graphId"))
	fields = append(fields,
		number("grid_x", "", "blocks of the grid in x", "gridX"), number("grid_y", "", "blocks of the grid in y", "gridY"),
		number("grid_z", "", "blocks of the grid in z", "gridZ"), number("block_x", "", "threads of a block in x", "blockX"),
		number("block_y", "", "threads of a block in y", "blockY"), number("block_z", "", "threads of a block in z", "blockZ"),
		number("cluster_x", "", "blocks of a cluster in x", "clusterX"), number("cluster_y", "", "blocks of a cluster in y", "clusterY"),
		number("cluster_z", "", "blocks of a cluster in z", "clusterZ"),
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

func graphTraces() table {
	return table{name: "graph_traces", source: "CUPTI_ACTIVITY_KIND_GRAPH_TRACE", timed: true,
		doc: "CUDA graphs that ran on a GPU as wholes (graph-level trace)", fields: append(gpuTimes(),
			number("graph_id", "", "graph", "graphId"), number("graph_exec_id", "", "instantiated graph", "graphExecId"))}
}

func synchronizations() table {
	return table{name: "synchronizations", source: "CUPTI_ACTIVITY_KIND_SYNCHRONIZATION", timed: true,
		doc: "waits of the host or of a stream, as the driver sees them; how long a thread was blocked is the time of its API call", fields: append(gpuTimes(),
			label("type", "what was waited for", "syncType", syncTypes()),
			number("event_id", "", "CUDA event waited for; 4294967295 for none", "eventId"))}
}

// events have no begin and end: older exports do not even have a time.
func events() table {
	return table{name: "events", source: "CUPTI_ACTIVITY_KIND_CUDA_EVENT", doc: "CUDA events that were recorded", fields: []field{
		number("time", "ns", "when it was reached on the GPU; missing in exports before 2026", "timestamp"),
		number("device", "", "CUDA ordinal", "deviceId"), number("context", "", "CUDA context", "contextId"),
		number("stream", "", "CUDA stream", "streamId"),
		number("correlation_id", "", "ties the event to its API call, together with pid", "correlationId"),
		processOf("globalPid"),
		number("event_id", "", "CUDA event", "eventId"),
		number("sync_id", "", "ties the event to the synchronization that waited for it", "eventSyncId"),
	}}
}

// graphNodes are nodes as they were created, which stand in the table of graph
// events until some version after 2023.4. Their times are often negative: graphs
// are built before the capture begins.
func graphNodes(s schema) table {
	source := s.first("graphNodeId", "CUDA_GRAPH_NODE_EVENTS", "CUDA_GRAPH_EVENTS")
	return table{name: "graph_nodes", source: source, doc: "nodes of CUDA graphs as they were created; negative times are before the capture began",
		fields: []field{
			number("start", "ns", "begin of the creation", "start"), number("end", "ns", "end of the creation", "end"),
			named("name", "function that created it", "nameId"),
			processOf("globalTid"), threadOf("tid", "thread that created it", "globalTid"),
			number("node_id", "", "node; kernels name it as graph_node_id", "graphNodeId"),
			positive("original_node_id", "node that it was cloned from", "originalGraphNodeId"),
			positive("graph_id", "graph", "graphId"),
		}}
}

// graphs are the creation of whole graphs, which takes the name of what was nodes
// in older exports.
func graphs() table {
	exists := condition{column: "graphId", essential: true, keep: func(*scope, int64) bool { return true }}
	return table{name: "graphs", source: "CUDA_GRAPH_EVENTS", filter: []condition{exists},
		doc: "CUDA graphs as they were created, cloned and instantiated", fields: []field{
			number("start", "ns", "begin of the creation", "start"), number("end", "ns", "end of the creation", "end"),
			label("what", "what was made", "eventClass", map[int64]string{94: "executable graph", 95: "graph", 96: "clone"}),
			named("name", "function that made it", "nameId"),
			processOf("globalTid"), threadOf("tid", "thread that made it", "globalTid"),
			number("graph_id", "", "graph", "graphId"),
			positive("original_graph_id", "graph that it was cloned from", "originalGraphId"),
			positive("graph_exec_id", "instantiated graph", "graphExecId"),
		}}
}

func memoryUsage() table {
	return table{name: "memory_usage", source: "CUDA_GPU_MEMORY_USAGE_EVENTS", serial: true,
		doc: "allocations and releases of device memory; allocators of frameworks keep memory and hide what tensors use", fields: []field{
			number("time", "ns", "when; 0 for what was allocated before the capture began", "start"),
			processOf("globalPid"),
			number("device", "", "CUDA ordinal", "deviceId"), number("context", "", "CUDA context", "contextId"),
			number("stream", "", "CUDA stream, of allocations in stream order", "streamId"),
			label("operation", "allocation or release", "memoryOperationType", memoryOperations()),
			number("address", "", "begin of the memory, on the device", "address"),
			number("bytes", "B", "bytes allocated or released", "bytes"),
			label("kind", "memory", "memKind", memoryKinds()),
			plain("name", "variable, where it is one", "name"),
			number("correlation_id", "", "ties it to its API call, together with pid; 0 when there is none", "correlationId"),
			number("pool", "", "address of the memory pool used", "localMemoryPoolAddress"),
			number("pool_bytes", "B", "size of the pool", "localMemoryPoolSize"),
			number("pool_used", "B", "bytes of the pool in use", "localMemoryPoolUtilizedSize"),
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
		positive("green_context", "green context; missing for work outside one", "greenContextId"),
	}
}

// graphNode is 0 in some versions where others leave it out: both mean that the
// work is not from a graph.
func graphNode() field {
	return positive("graph_node_id", "node of a CUDA graph; missing for work launched by itself", "graphNodeId")
}

// gpuMetrics are samples of hardware counters. Their names stand in another table,
// under both numbers: a metric's number means a metric only within its type.
func gpuMetrics() table {
	return table{name: "gpu_metrics", source: "GPU_METRICS", doc: "samples of the GPUs' hardware counters", fields: []field{
		number("time", "ns", "when it was sampled", "timestamp"),
		{Field: frames.Field{Name: "gpu_id", Kind: frames.Int64, Doc: "nsys's number of the GPU; the table devices maps it to a CUDA ordinal"},
			from: wholes("typeId"), make: gpuCell},
		{Field: frames.Field{Name: "metric", Kind: frames.String, Doc: "name of the counter, with its unit; missing where the export does not name it"},
			from: wholes("typeId", "metricId"), make: metricCell, prepare: needMetrics},
		number("metric_id", "", "number of the counter, of this capture only", "metricId"),
		number("value", "", "percent or count, as the name says", "value"),
	}}
}
