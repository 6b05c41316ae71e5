// Package plugins lists the analyses of this program.
package plugins

import (
	"profilemate/plugins/apisummary"
	"profilemate/plugins/bottlenecks"
	"profilemate/plugins/components"
	"profilemate/plugins/concurrency"
	"profilemate/plugins/coselection"
	"profilemate/plugins/cpusamples"
	"profilemate/plugins/cudagraphs"
	"profilemate/plugins/expertactivation"
	"profilemate/plugins/expertplacement"
	"profilemate/plugins/gpumetrics"
	"profilemate/plugins/gpuutilization"
	"profilemate/plugins/health"
	"profilemate/plugins/hotspots"
	"profilemate/plugins/imbalance"
	"profilemate/plugins/kerneldistribution"
	"profilemate/plugins/kernelfamilies"
	"profilemate/plugins/kernelsummary"
	"profilemate/plugins/launchcompare"
	"profilemate/plugins/launches"
	"profilemate/plugins/launchoverhead"
	"profilemate/plugins/layeraffinity"
	"profilemate/plugins/loadimbalance"
	"profilemate/plugins/memorycopies"
	"profilemate/plugins/memoryhierarchy"
	"profilemate/plugins/memoryusage"
	"profilemate/plugins/nvtxsummary"
	"profilemate/plugins/nvtxtree"
	"profilemate/plugins/occupancy"
	"profilemate/plugins/phases"
	"profilemate/plugins/roofline"
	"profilemate/plugins/routingdrift"
	"profilemate/plugins/routingkernels"
	"profilemate/plugins/routingweights"
	"profilemate/plugins/rules"
	"profilemate/plugins/stalls"
	"profilemate/plugins/steps"
	"profilemate/plugins/synchronization"
	"profilemate/plugins/timeline"
	"profilemate/workbench/analysis"
)

// All returns the analyses in the order of the help and of the page.
func All() []analysis.Analysis {
	return []analysis.Analysis{
		health.Analysis,
		kernelsummary.Analysis,
		kernelfamilies.Analysis,
		kerneldistribution.Analysis,
		apisummary.Analysis,
		memorycopies.Analysis,
		memoryusage.Analysis,
		phases.Analysis,
		nvtxsummary.Analysis,
		nvtxtree.Analysis,
		components.Analysis,
		timeline.Analysis,
		gpuutilization.Analysis,
		gpumetrics.Analysis,
		cpusamples.Analysis,
		cudagraphs.Analysis,
		launchoverhead.Analysis,
		synchronization.Analysis,
		steps.Analysis,
		concurrency.Analysis,
		launches.Analysis,
		bottlenecks.Analysis,
		roofline.Analysis,
		occupancy.Analysis,
		stalls.Analysis,
		memoryhierarchy.Analysis,
		rules.Analysis,
		hotspots.Analysis,
		launchcompare.Analysis,
		expertactivation.Analysis,
		loadimbalance.Analysis,
		imbalance.Analysis,
		coselection.Analysis,
		layeraffinity.Analysis,
		routingweights.Analysis,
		routingdrift.Analysis,
		expertplacement.Analysis,
		routingkernels.Analysis,
	}
}
