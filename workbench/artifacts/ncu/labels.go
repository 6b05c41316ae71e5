package ncu

import "strings"

// labelRule gives the metric that the details page shows under a label. unit, when
// not empty, is the base unit that tells it from another metric of the same label.
type labelRule struct{ label, unit, metric string }

// labels finds the metrics of the labels of one launch.
type labels struct {
	elapsed    bool   // rates of the compute section are of elapsed cycles, not of active ones
	capability string // of the device: "9.0", "" when not known
}

// spillLabel stands in the memory section of reports since the compute section
// shows its rates per elapsed cycle.
const spillLabel = "Local Memory Spilling Requests"

// spreadSection repeats a label for the mean, the extremes and the sum of a counter
// where --print-details all shows its chart.
const spreadSection = "GPU and Memory Workload Distribution"

func labelsOf(entries []entry, capability string) labels {
	l := labels{capability: capability}
	for _, e := range entries {
		l.elapsed = l.elapsed || e.label == spillLabel || strings.HasPrefix(e.label, spillLabel+" (")
	}
	return l
}

// metric returns the metric of a row. The page shows metrics by label, by name, or
// as "label (name)"; those asked for with --metrics always by name. For a label that
// is not known ok is false and the label stands for the metric.
func (l labels) metric(e entry) (name string, ok bool) {
	if isMetricName(e.label) {
		return e.label, true
	}
	if at := strings.LastIndex(e.label, " ("); at > 0 && strings.HasSuffix(e.label, ")") {
		if inner := e.label[at+2 : len(e.label)-1]; isMetricName(inner) {
			return inner, true
		}
	}
	if e.section == spreadSection && !strings.HasPrefix(e.label, "Average ") && !strings.HasPrefix(e.label, "Total ") {
		return e.label, false
	}
	lists := [][]labelRule{labelRules[:]}
	if l.elapsed {
		lists = append(lists, elapsedLabels[:])
	}
	switch major, _, _ := strings.Cut(l.capability, "."); major {
	case "8":
		lists = append(lists, ampereLabels[:])
	case "9":
		lists = append(lists, hopperLabels[:])
	}
	for _, rules := range lists {
		for _, r := range rules {
			if r.label == e.label && (r.unit == "" || e.known && r.unit == e.unit.Base) {
				return r.metric, true
			}
		}
	}
	return e.label, false
}

func isMetricName(text string) bool {
	return strings.Contains(text, "__") && !strings.ContainsAny(text, " ()")
}

// elapsedLabels are shown per active cycle by ncu 2022 to 2024, and per elapsed cycle
// by 2025. A page that does not tell which keeps the label.
var elapsedLabels = [...]labelRule{
	{"SM Busy", "%", "sm__instruction_throughput.avg.pct_of_peak_sustained_elapsed"},
	{"Issue Slots Busy", "%", "sm__inst_issued.avg.pct_of_peak_sustained_elapsed"},
}

// ampereLabels and hopperLabels are shown from other counters on devices of compute
// capability 8 and 9; on others the page does not tell from which.
var (
	ampereLabels = [...]labelRule{{"L2 Compression Input Sectors", "", "lts__gcomp_input_sectors.sum"}}
	hopperLabels = [...]labelRule{{"L2 Compression Input Sectors", "", "lrc__ilc_input_sectors.sum"}}
)

// labelRules are the labels of ncu 2020 to 2025, by section.
var labelRules = [...]labelRule{
	{"Duration", "", "gpu__time_duration.sum"},
	{"Elapsed Cycles", "", "gpc__cycles_elapsed.max"},
	{"SM Active Cycles", "", "sm__cycles_active.avg"},
	{"SM Frequency", "", "gpc__cycles_elapsed.avg.per_second"},
	{"DRAM Frequency", "", "dram__cycles_elapsed.avg.per_second"},
	{"Compute (SM) Throughput", "", "sm__throughput.avg.pct_of_peak_sustained_elapsed"},
	{"Compute (SM) [%]", "", "sm__throughput.avg.pct_of_peak_sustained_elapsed"},
	{"SM [%]", "", "sm__throughput.avg.pct_of_peak_sustained_elapsed"},
	{"SOL SM", "", "sm__throughput.avg.pct_of_peak_sustained_elapsed"},
	{"Memory Throughput", "%", "gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed"},
	{"Memory [%]", "", "gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed"},
	{"SOL Memory", "", "gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed"},
	{"DRAM Throughput", "", "gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed"},
	{"SOL DRAM", "", "gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed"},
	{"L1/TEX Cache Throughput", "", "l1tex__throughput.avg.pct_of_peak_sustained_active"},
	{"SOL L1/TEX Cache", "", "l1tex__throughput.avg.pct_of_peak_sustained_active"},
	{"L2 Cache Throughput", "", "lts__throughput.avg.pct_of_peak_sustained_elapsed"},
	{"SOL L2 Cache", "", "lts__throughput.avg.pct_of_peak_sustained_elapsed"},

	{"Maximum Buffer Size", "", "profiler__pmsampler_buffer_size_bytes"},
	{"Maximum Sampling Interval", "ns", "profiler__pmsampler_interval_time"},
	{"Maximum Sampling Interval", "cycle", "profiler__pmsampler_interval_cycles"},
	{"# Pass Groups", "", "profiler__pmsampler_pass_groups"},
	{"Dropped Samples", "", "profiler__pmsampler_dropped_samples"},

	{"Executed Ipc Active", "", "sm__inst_executed.avg.per_cycle_active"},
	{"Executed Ipc Elapsed", "", "sm__inst_executed.avg.per_cycle_elapsed"},
	{"Issued Ipc Active", "", "sm__inst_issued.avg.per_cycle_active"},

	{"Memory Throughput", "B/s", "dram__bytes.sum.per_second"},
	{"Mem Busy", "", "gpu__compute_memory_access_throughput.avg.pct_of_peak_sustained_elapsed"},
	{"Max Bandwidth", "", "gpu__compute_memory_request_throughput.avg.pct_of_peak_sustained_elapsed"},
	{"Mem Pipes Busy", "", "sm__memory_throughput.avg.pct_of_peak_sustained_elapsed"},
	{"L1/TEX Hit Rate", "", "l1tex__t_sector_hit_rate.pct"},
	{"L2 Hit Rate", "", "lts__t_sector_hit_rate.pct"},
	{"L2 Persisting Size", "", "launch__persisting_l2_cache_size"},
	{"L2 Compression Success Rate", "", "lts__average_gcomp_input_sector_success_rate.pct"},
	{"L2 Compression Ratio", "", "lts__average_gcomp_output_sector_compression_achieved_rate.ratio"},
	{spillLabel, "", "derived__local_spilling_requests"},
	{"Local Memory Spilling Request Overhead", "", "derived__local_spilling_requests_pct"},

	{"One or More Eligible", "", "smsp__issue_active.avg.pct_of_peak_sustained_active"},
	{"No Eligible", "", "smsp__issue_inst0.avg.pct_of_peak_sustained_active"},
	{"Issued Warp Per Scheduler", "", "smsp__issue_active.avg.per_cycle_active"},
	{"Active Warps Per Scheduler", "", "smsp__warps_active.avg.per_cycle_active"},
	{"Eligible Warps Per Scheduler", "", "smsp__warps_eligible.avg.per_cycle_active"},

	{"Warp Cycles Per Issued Instruction", "", "smsp__average_warp_latency_per_inst_issued.ratio"},
	{"Warp Cycles Per Executed Instruction", "", "smsp__average_warps_active_per_inst_executed.ratio"},
	{"Avg. Active Threads Per Warp", "", "smsp__thread_inst_executed_per_inst_executed.ratio"},
	{"Avg. Not Predicated Off Threads Per Warp", "", "smsp__thread_inst_executed_pred_on_per_inst_executed.ratio"},

	{"Executed Instructions", "", "smsp__inst_executed.sum"},
	{"Avg. Executed Instructions Per Scheduler", "", "smsp__inst_executed.avg"},
	{"Issued Instructions", "", "smsp__inst_issued.sum"},
	{"Avg. Issued Instructions Per Scheduler", "", "smsp__inst_issued.avg"},

	{"Grid Size", "", "launch__grid_size"},
	{"Block Size", "", "launch__block_size"},
	{"Cluster Size", "", "launch__cluster_size"},
	{"Preferred Cluster Size", "", "launch__preferred_cluster_size"},
	{"Cluster Scheduling Policy", "", "launch__cluster_scheduling_policy"},
	{"Function Cache Configuration", "", "launch__func_cache_config"},
	{"Registers Per Thread", "", "launch__registers_per_thread"},
	{"Static Shared Memory Per Block", "", "launch__shared_mem_per_block_static"},
	{"Dynamic Shared Memory Per Block", "", "launch__shared_mem_per_block_dynamic"},
	{"Driver Shared Memory Per Block", "", "launch__shared_mem_per_block_driver"},
	{"Shared Memory Configuration Size", "", "launch__shared_mem_config_size"},
	{"Threads", "", "launch__thread_count"},
	{"Waves Per SM", "", "launch__waves_per_multiprocessor"},
	{"Stack Size", "", "launch__stack_size"},
	{"# SMs", "", "launch__sm_count"},
	{"# TPCs", "", "launch__tpc_count"},
	{"Enabled TPC IDs", "", "launch__tpc_enabled"},
	{"Uses Green Context", "", "launch__uses_green_context"},

	{"Theoretical Occupancy", "", "sm__maximum_warps_per_active_cycle_pct"},
	{"Theoretical Active Warps per SM", "", "sm__maximum_warps_avg_per_active_cycle"},
	{"Achieved Occupancy", "", "sm__warps_active.avg.pct_of_peak_sustained_active"},
	{"Achieved Active Warps Per SM", "", "sm__warps_active.avg.per_cycle_active"},
	{"Block Limit SM", "", "launch__occupancy_limit_blocks"},
	{"Block Limit Registers", "", "launch__occupancy_limit_registers"},
	{"Block Limit Shared Mem", "", "launch__occupancy_limit_shared_mem"},
	{"Block Limit Warps", "", "launch__occupancy_limit_warps"},
	{"Block Limit Barriers", "", "launch__occupancy_limit_barriers"},
	{"Max Active Clusters", "", "launch__cluster_max_active"},
	{"Max Cluster Size", "", "launch__cluster_max_potential_size"},
	{"Cluster Occupancy", "", "launch__occupancy_cluster_pct"},
	{"Overall GPU Occupancy", "", "launch__occupancy_cluster_gpu_pct"},

	{"Branch Instructions", "", "smsp__inst_executed_op_branch.sum"},
	{"Branch Instructions Ratio", "", "derived__smsp__inst_executed_op_branch_pct"},
	{"Branch Efficiency", "", "smsp__sass_average_branch_targets_threads_uniform.pct"},
	{"Avg. Divergent Branches", "", "smsp__sass_branch_targets_threads_divergent.avg"},

	{"Average SM Active Cycles", "", "sm__cycles_active.avg"},
	{"Average SMSP Active Cycles", "", "smsp__cycles_active.avg"},
	{"Average L1 Active Cycles", "", "l1tex__cycles_active.avg"},
	{"Average L2 Active Cycles", "", "lts__cycles_active.avg"},
	{"Average DRAM Active Cycles", "", "dram__cycles_active.avg"},
	{"Average MC Channel Active Cycles", "", "mcc__cycles_active.avg"},
	{"Total SM Elapsed Cycles", "", "sm__cycles_elapsed.sum"},
	{"Total SMSP Elapsed Cycles", "", "smsp__cycles_elapsed.sum"},
	{"Total L1 Elapsed Cycles", "", "l1tex__cycles_elapsed.sum"},
	{"Total L2 Elapsed Cycles", "", "lts__cycles_elapsed.sum"},
	{"Total DRAM Elapsed Cycles", "", "dram__cycles_elapsed.sum"},
	{"Total MC Channel Elapsed Cycles", "", "mcc__cycles_elapsed.sum"},
}
