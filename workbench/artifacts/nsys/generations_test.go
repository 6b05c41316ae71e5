package nsys_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"profilemate/workbench/artifacts/nsys"
)

// generation is the shape of an export of one time: what columns its tables have
// beyond those that all have, and the statements that only it has.
type generation struct {
	name    string
	kernel  string // further columns of kernels, with their values
	values  string
	nvtx    string // further columns of NVTX events
	nothing string // as many NULLs as nvtx has columns
	sync    string
	more    string
	want    map[string]string // rows of some columns of tables; an empty text: there is no such table
}

const emptyTables = `CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET (start INTEGER NOT NULL, end INTEGER NOT NULL);
CREATE TABLE OSRT_API (start INTEGER NOT NULL, end INTEGER NOT NULL, eventClass INTEGER NOT NULL, globalTid INTEGER, nameId INTEGER NOT NULL);`

// generations are the changes of the schema that real files show.
func generations() []generation {
	return []generation{
		{name: "2021", more: `CREATE TABLE OSRT_API (start INTEGER, end INTEGER, eventClass INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER, returnValue INTEGER, nestingLevel INTEGER, callchainId INTEGER);
INSERT INTO OSRT_API VALUES (5, 9, 27, 0x100006f00006f, 1, 6, 0, 0, NULL), (6, 7, 28, 0x100006f00006f, 1, 6, 0, 0, NULL);
CREATE TABLE TARGET_INFO_CUDA_NULL_STREAM (streamId INTEGER, hwId INTEGER, vmId INTEGER, processId INTEGER, deviceId INTEGER, contextId INTEGER);
INSERT INTO TARGET_INFO_CUDA_NULL_STREAM VALUES (7, 0, 1, 111, 0, 1);`,
			want: map[string]string{
				"kernels mangled_name graph_id green_context cluster_x": "- | - | - | -\n- | - | - | -\n",
				"os_calls start name pid":                               "5 | poll | 111\n",
				"contexts pid device context null_stream green":         "111 | 0 | 1 | 7 | -\n",
				"devices pid device gpu_id name":                        "- | 0 | 3 | H100\n",
				"graph_nodes":                                           "", "graphs": "",
			}},
		{name: "2022.2", kernel: ", mangledName INTEGER, graphNodeId INTEGER", values: ", 9, 0",
			more: emptyTables + `CREATE TABLE EXPORT_META_DATA (name TEXT, value TEXT); INSERT INTO EXPORT_META_DATA VALUES ('EXPORT_SCHEMA_VERSION', '2.9.1');
CREATE TABLE CUDA_GRAPH_EVENTS (start INTEGER, end INTEGER, eventClass INTEGER, globalTid INTEGER, nameId INTEGER, graphNodeId INTEGER, originalGraphNodeId INTEGER);
INSERT INTO CUDA_GRAPH_EVENTS VALUES (-500, -500, 77, 0x100006f00006f, 6, 4294967296, NULL), (-400, -400, 77, 0x100006f00006f, 6, 8589934592, 4294967296);
CREATE TABLE PROCESSES (globalPid INTEGER, pid INTEGER, name TEXT); INSERT INTO PROCESSES VALUES (0x100006f000000, 111, '/usr/bin/python3 -m vllm');`,
			want: map[string]string{
				"kernels mangled_name graph_node_id":             "_Z1kv | -\n_Z1kv | -\n",
				"graph_nodes start node_id original_node_id tid": "-500 | 4294967296 | - | 111\n-400 | 8589934592 | 4294967296 | 111\n",
				"graphs":    "",
				"os_calls":  "",
				"sets":      "",
				"processes": "111 | python3\n",
				"metadata":  "export_schema_version | 2.9.1\n",
			}},
		{name: "2023.4", kernel: ", greenContextId INTEGER, mangledName INTEGER, graphNodeId INTEGER", values: ", 12, NULL, 77",
			more: `CREATE TABLE PROFILER_OVERHEAD (start INTEGER, end INTEGER, globalTid INTEGER, nameId INTEGER, returnValue INTEGER);
INSERT INTO PROFILER_OVERHEAD VALUES (3, 4, 0x100006f00006f, 6, 0);
CREATE TABLE CUDA_GPU_MEMORY_USAGE_EVENTS (start INTEGER, globalPid INTEGER, deviceId INTEGER, contextId INTEGER, address INTEGER, pc INTEGER, bytes INTEGER, memKind INTEGER, memoryOperationType INTEGER, name TEXT, correlationId INTEGER);
INSERT INTO CUDA_GPU_MEMORY_USAGE_EVENTS VALUES (0, 0x100006f000000, 0, 1, -9223372036854775808, 0, 6442450944, 2, 0, NULL, 0), (90, 0x100006f000000, 0, 1, -9223372036854775808, 0, 6442450944, 2, 1, 'table', 4);`,
			want: map[string]string{
				"kernels green_context graph_node_id":                 "12 | 77\n12 | 77\n",
				"overhead start origin name type":                     "3 | nsys | poll | -\n",
				"memory_usage time operation address bytes kind name": "0 | allocation | -9223372036854775808 | 6442450944 | device | -\n90 | release | -9223372036854775808 | 6442450944 | device | table\n",
			}},
		{name: "2024.5", sync: ", greenContextId INTEGER", more: `CREATE TABLE SCHED_EVENTS (start INTEGER, cpu INTEGER, isSchedIn INTEGER, globalTid INTEGER, threadState INTEGER, threadBlock INTEGER);
INSERT INTO SCHED_EVENTS VALUES (1, 3, 1, 0x100006f00006f, 1, 0), (2, 3, 0, 0x100006f00006f, NULL, 5);
CREATE TABLE COMPOSITE_EVENTS (id INTEGER NOT NULL PRIMARY KEY, start INTEGER, cpu INTEGER, threadState INTEGER, globalTid INTEGER, cpuCycles INTEGER);
INSERT INTO COMPOSITE_EVENTS VALUES (8, 4, 1, 1, 0x100006f00006f, 1000), (9, 5, 2, 2, 0x100006f00006f, 10);
CREATE TABLE SAMPLING_CALLCHAINS (id INTEGER, symbol INTEGER, module INTEGER, stackDepth INTEGER);
INSERT INTO SAMPLING_CALLCHAINS VALUES (8, 1, 10, 1), (8, 6, 10, 0), (7, 1, 1, 0);
CREATE TABLE DIAGNOSTIC_EVENT (timestamp INTEGER, timestampType INTEGER, source INTEGER, severity INTEGER, text TEXT, globalPid INTEGER);
INSERT INTO DIAGNOSTIC_EVENT VALUES (11, 0, 0, 2, 'dropped 5 events', 0x100006f000000);`,
			want: map[string]string{
				"scheduling time cpu change state blocked": "1 | 3 | in | running | 0\n2 | 3 | out | - | 5\n",
				"cpu_samples time cpu state symbol module": "4 | 1 | running | poll | libc.so\n5 | 2 | interruptible | - | -\n",
				"diagnostics severity text":                "warning | dropped 5 events\n",
			}},
		{name: "2025.5", kernel: ", greenContextId INTEGER, graphNodeId INTEGER, graphId INTEGER, clusterX INTEGER, clusterY INTEGER, clusterZ INTEGER, maxActiveClusters INTEGER", values: ", NULL, 5, 2, 4, 1, 1, 8",
			nvtx: ", binaryData BLOB", nothing: ", x'00ff'",
			more: `CREATE TABLE TARGET_INFO_CUDA_DEVICE (gpuId INTEGER, cudaId INTEGER, pid INTEGER); INSERT INTO TARGET_INFO_CUDA_DEVICE VALUES (3, 0, 111), (3, 1, 222);
CREATE TABLE CUPTI_ACTIVITY_KIND_OVERHEAD (start INTEGER, end INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER, overheadType INTEGER);
INSERT INTO CUPTI_ACTIVITY_KIND_OVERHEAD VALUES (1, 2, 0x100006f00006f, 9, 6, 8);
CREATE TABLE PROFILER_OVERHEAD (start INTEGER, end INTEGER, globalTid INTEGER, nameId INTEGER, overheadType INTEGER);
INSERT INTO PROFILER_OVERHEAD VALUES (3, 4, 0x100006f00006f, 6, 99);`,
			want: map[string]string{
				"kernels graph_id graph_node_id cluster_x cluster_y": "2 | 5 | 4 | 1\n2 | 5 | 4 | 1\n",
				"devices pid device gpu_id name":                     "111 | 0 | 3 | H100\n222 | 1 | 3 | H100\n",
				"overhead start origin type correlation_id":          "1 | CUPTI | command buffer full | 9\n3 | nsys | other | -\n",
				"raw.NVTX_EVENTS text binaryData":                    "hello | 00ff\n- | 00ff\n- | 00ff\n",
			}},
		{name: "2026", sync: ", greenContextId INTEGER, deprecatedSyncType INTEGER, eventSyncId INTEGER",
			kernel: ", greenContextId INTEGER, graphNodeId INTEGER, graphId INTEGER, tensorSizeMinusOneElements TEXT NOT NULL DEFAULT ''", values: ", NULL, NULL, NULL, 'x'",
			more: `CREATE TABLE CUPTI_ACTIVITY_KIND_CUDA_EVENT (deviceId INTEGER, contextId INTEGER, streamId INTEGER, correlationId INTEGER, globalPid INTEGER, eventId INTEGER, timestamp INTEGER, eventSyncId INTEGER);
INSERT INTO CUPTI_ACTIVITY_KIND_CUDA_EVENT VALUES (0, 1, 7, 30, 0x100006f000000, 4, 140, 6);
CREATE TABLE CUDA_GRAPH_NODE_EVENTS (start INTEGER, end INTEGER, eventClass INTEGER, globalTid INTEGER, nameId INTEGER, graphNodeId INTEGER, originalGraphNodeId INTEGER, graphId INTEGER);
INSERT INTO CUDA_GRAPH_NODE_EVENTS VALUES (-7, -7, 77, 0x100006f00006f, 6, 12, 11, 2);
CREATE TABLE CUDA_GRAPH_EVENTS (start INTEGER, end INTEGER, eventClass INTEGER, globalTid INTEGER, nameId INTEGER, graphId INTEGER, originalGraphId INTEGER, graphExecId INTEGER);
INSERT INTO CUDA_GRAPH_EVENTS VALUES (-9, -8, 95, 0x100006f00006f, 6, 2, NULL, NULL), (-6, -5, 94, 0x100006f00006f, 6, 2, NULL, 3);
CREATE TABLE GPU_METRICS (rawTimestamp INTEGER, timestamp INTEGER, typeId INTEGER, metricId INTEGER, value INTEGER);
INSERT INTO GPU_METRICS VALUES (1001, 1, 0x10003, 5, 88), (1002, 2, 0x10003, 6, 1), (1003, 3, 0x20003, 5, 7);
CREATE TABLE TARGET_INFO_GPU_METRICS (typeId INTEGER, sourceId INTEGER, typeName TEXT, metricId INTEGER, metricName TEXT);
INSERT INTO TARGET_INFO_GPU_METRICS VALUES (0x10003, 1, 'gh100', 5, 'SMs Active [Throughput %]'), (0x20003, 1, 'gh100', 5, 'PCIe RX');
CREATE TABLE GENERIC_EVENTS (genericEventId INTEGER, rawTimestamp INTEGER, timestamp INTEGER, typeId INTEGER, globalTid INTEGER, data JSON);
INSERT INTO GENERIC_EVENTS VALUES (1, 2001, 12, 4, 0x100006f00006f, '{"irq": 3}');`,
			want: map[string]string{
				"events time event_id sync_id stream":                       "140 | 4 | 6 | 7\n",
				"graph_nodes start node_id original_node_id graph_id":       "-7 | 12 | 11 | 2\n",
				"graphs start what graph_id graph_exec_id":                  "-9 | graph | 2 | -\n-6 | executable graph | 2 | 3\n",
				"gpu_metrics time gpu_id metric value":                      "1 | 3 | SMs Active [Throughput %] | 88\n2 | 3 | - | 1\n3 | 3 | PCIe RX | 7\n",
				"generic_events time type_id data":                          "12 | 4 | {\"irq\": 3}\n",
				"raw.CUPTI_ACTIVITY_KIND_KERNEL tensorSizeMinusOneElements": "x\nx\n",
			}},
	}
}

// script writes what all generations have, rows out of order.
func (g generation) script() string {
	return stringsSQL + fmt.Sprintf(`
INSERT INTO StringIds VALUES (1, 'void k<int>()'), (2, 'k'), (3, 'cudaLaunchKernel_v7000'), (6, 'poll'), (9, '_Z1kv'), (10, '/usr/lib/libc.so'), (11, 'registered');
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL, contextId INTEGER NOT NULL, streamId INTEGER NOT NULL,
	correlationId INTEGER, globalPid INTEGER, demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL%s);
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (300, 400, 0, 1, 7, 12, 0x100006f000000, 1, 2%s), (100, 200, 0, 1, 7, 11, 0x800100006f000000, 1, 2%s);
CREATE TABLE CUPTI_ACTIVITY_KIND_SYNCHRONIZATION (start INTEGER, end INTEGER, deviceId INTEGER, contextId INTEGER, streamId INTEGER, correlationId INTEGER, globalPid INTEGER, syncType INTEGER, eventId INTEGER%s);
INSERT INTO CUPTI_ACTIVITY_KIND_SYNCHRONIZATION (start, end, deviceId, contextId, streamId, correlationId, globalPid, syncType, eventId) VALUES (500, 600, 0, 1, 7, 13, 0x100006f000000, 3, 4294967295);
CREATE TABLE NVTX_EVENTS (start INTEGER NOT NULL, end INTEGER, eventType INTEGER NOT NULL, text TEXT, globalTid INTEGER, endGlobalTid INTEGER, textId INTEGER, domainId INTEGER%s);
INSERT INTO NVTX_EVENTS VALUES (50, 450, 59, 'hello', 0x100006f00006f, NULL, NULL, 0%s), (40, NULL, 59, NULL, 0x100006f00006f, NULL, 11, 0%s), (60, 70, 60, NULL, 0x100006f00006f, NULL, NULL, 0%s);
CREATE TABLE TARGET_INFO_GPU (vmId INTEGER, id INTEGER, name TEXT, cuDevice INTEGER); INSERT INTO TARGET_INFO_GPU VALUES (1, 3, 'H100', 0);
`, g.kernel, g.values, g.values, g.sync, g.nvtx, g.nothing, g.nothing, g.nothing) + g.more
}

// Every generation of the schema gives the tables that it has the data for, by both
// readers alike; rows stay as they are stored.
func TestGenerations(t *testing.T) {
	t.Parallel()
	for _, g := range generations() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			path := database(t, g.script())
			rows, both := openWith(t, path, nsys.ByRows), openWith(t, path)
			g.want["kernels start end pid name"] = "300 | 400 | 111 | void k<int>()\n100 | 200 | 111 | void k<int>()\n"
			g.want["nvtx start end text type"] = "50 | 450 | hello | push-pop\n40 | - | registered | push-pop\n60 | 70 | - | start-end\n"
			g.want["synchronizations start type event_id"] = "500 | stream | 4294967295\n"
			for what, want := range g.want {
				parts := strings.Fields(what)
				columns := parts[1:]
				if len(columns) == 0 {
					columns = nil // all
				}
				if want == "" {
					if slices.Contains(tableList(both), parts[0]) {
						t.Errorf("there is a table %s", parts[0])
					}
					continue
				}
				if diff := gocmp.Diff(want, text(load(t, both, parts[0], columns...))); diff != "" {
					t.Errorf("%s (-want +got)\n%s", what, diff)
				}
			}
			if diff := gocmp.Diff(rows.Tables(), both.Tables()); diff != "" {
				t.Errorf("tables (-rows +both)\n%s", diff)
			}
			for _, table := range tableList(rows) {
				equal(t, table, loadWith(t, rows, table, 1), loadWith(t, both, table, 2))
			}
		})
	}
}
