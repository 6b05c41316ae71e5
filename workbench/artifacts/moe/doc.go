// Package moe reads the routing that a tracker of a mixture-of-experts model wrote:
// a folder of moe_*.csv files, moe_summary.json, expert_counts_by_step.json and
// layer_affinity.csv, or one of those files alone.
//
// A file is known by its header, not by its name. Counts stay int64; percentages
// are computed again from the counts. A row that cannot be read is counted and
// reported with its file and line, and a file that breaks off gives what came
// before. What the files leave unsaid (experts, top-k, tokens, which pairs a
// co-selection holds) is worked out where the counts determine it, and the metadata
// say from what.
package moe
