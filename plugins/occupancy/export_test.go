package occupancy

// RuleOccupancy is the occupancy in % that the rules allow blocks of threads with
// these registers of a thread and this shared memory on an SM.
func RuleOccupancy(sm SM, threads, registers, shared float64) float64 {
	d := device{registers: sm.Registers, warps: sm.Warps, blocks: sm.Blocks, shared: sm.Shared}
	return d.occupancy(block{threads: threads, registers: registers, shared: shared})
}

// SM is what an SM has.
type SM struct{ Registers, Warps, Blocks, Shared float64 }
