package ncu

import "strings"

// MetricUnit returns the base unit in which a report stores the named metric, as
// ParseUnit writes it; "" for a plain number, and for a metric that is not known.
// Reports hold no units: the names follow rules, and these follow the units rows of
// print-outs.
func MetricUnit(name string) string {
	stem, rollup, _ := strings.Cut(unprefixed(name), ".")
	if unit, ok := lookup(ownUnits[:], stem); ok {
		return unit
	}
	last := rollup[strings.LastIndexByte(rollup, '.')+1:]
	switch {
	case strings.HasPrefix(last, "pct"), strings.HasSuffix(stem, "_pct"):
		return "%"
	case last == "ratio", last == "max_rate":
		unit, _ := lookup(ratioUnits[:], stem)
		return unit
	}
	counted, _ := lookup(countedUnits[:], stem)
	switch {
	case counted == "":
		return ""
	case last == "per_second" && counted == "cycle":
		return "Hz"
	case last == "per_second":
		return counted + "/s"
	case !strings.HasPrefix(last, "per_cycle") && !strings.HasPrefix(last, "peak"), counted == "warp":
		return counted // warps in a cycle are warps
	case counted == "cycle":
		return "" // cycles of a cycle
	}
	return counted + "/cycle"
}

// unprefixed takes the name of the pass group off: "SM_A.TriageCompute.", or
// "pmsampling:".
func unprefixed(name string) string {
	if at := strings.Index(name, "__"); at >= 0 {
		return name[strings.LastIndexAny(name[:at], ".:")+1:]
	}
	return name
}

// unitRule gives a unit to the names that hold its words: "^" stands for the
// beginning, and "$" for the end.
type unitRule struct{ words, unit string }

// lookup returns the unit of the first rule that fits.
func lookup(rules []unitRule, stem string) (string, bool) {
	marked := "^" + stem + "$"
	for _, r := range rules {
		if strings.Contains(marked, r.words) {
			return r.unit, true
		}
	}
	return "", false
}

// ownUnits are the metrics whose unit does not follow from what they count, or
// that have one whatever the rollup.
var ownUnits = [...]unitRule{
	{"^derived__pct_occupancy_per_register_count", "%/register"},
	{"^derived__pct_occupancy_per_shared_mem_size", "%/B"},
	{"^derived__pct_occupancy_per_block_size", "%"},
	{"^derived__pct_occupancy_per_", ""},
	{"^launch__occupancy_per_", ""},
	{"^launch__registers_per_thread", "register/thread"},
	{"^launch__shared_mem_per_block", "B/block"},
	{"^launch__block_dim_", "block"},
	{"^launch__occupancy_limit_", "block"},
	{"^launch__cluster_max_potential_size", "block"},
	{"^launch__cluster_max_active", "cluster"},
	{"^launch__sm_count", "SM"},
	{"^launch__thread_count", "thread"},
	{"^launch__persisting_l2_cache_size", "B"},
	{"^launch__shared_mem_config_size", "B"},
	{"^launch__occupancy_cluster", "%"},
	{"^launch__", ""},
	{"^device__", ""},
	{"^numa__", ""},
	{"^nvlink__", ""},
	{"^c2clink__", ""},
	{"^profiler__replayer_passes", "pass"},
	{"^profiler__pmsampler_interval_time", "ns"},
	{"^profiler__pmsampler_merged_samples", "sample"},
	{"^smsp__pcsamp_aggregated_passes", "pass"},
	{"^smsp__pcsamp_interval_cycles", "cycle"},
	{"_pcsamp_warps_issue_stalled_branch_resolving", "branch"},
	{"_pcsamp_warps_issue_stalled_no_inst", "inst"},
	{"_pcsamp_warps_issue_stalled_", "warp"},
	{"_per_opcode", ""},
	{"_memdesc_explicit_evict_type", ""},
	{"^derived__lts__lts2xbar_bytes", "B"},
	{"^derived__l1tex__", ""},
	{"^derived__memory_l2_", "sector"},
	{"^derived__memory_l1_", ""},
	{"^memory_l1_", "sector"},
	{"^memory_l2_", "sector"},
	{"avg_thread_", "thread"},
	{"^sm__maximum_warps_per_active_cycle_pct", "%"},
	{"maximum_warps_avg_per_active_cycle", "warp"},
}

// ratioUnits are the units of ratios and of their limits.
var ratioUnits = [...]unitRule{
	{"_data_bytes_per_sector", "B/sector"},
	{"_warp_latency_per_", "cycle"},
	{"_warps_active_per_inst", "cycle"},
	{"_issue_stalled_", "inst"},
}

// countedUnits are what counters count.
var countedUnits = [...]unitRule{
	{"__ops_path_tensor_", ""},
	{"wavefronts", ""},
	{"bank_conflicts", ""},
	{"_time_duration", "ns"},
	{"cycles", "cycle"},
	{"writeback_active", "cycle"},
	{"^sm__icc_requests", "cycle"},
	{"^smsp__imc_requests", "cycle"},
	{"branch_targets", "branch"},
	{"inst_executed", "inst"},
	{"inst_issued", "inst"},
	{"^lts__t_requests", "request"},
	{"^gcc__cache_requests", "request"},
	{"requests", ""},
	{"bytes", "B"},
	{"^gcc__xbar2gcc_sectors", ""},
	{"sectors", "sector"},
	{"ctas_launched", "block"},
	{"warps", "warp"},
}
