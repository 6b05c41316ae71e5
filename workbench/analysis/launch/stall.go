package launch

import "strings"

// Selected is the state of a warp that issues an instruction, which is no stall.
const Selected = "selected"

// Meaning is what a stall reason says in words, "" where there is nothing to say.
type Meaning struct {
	Waits string // what the warp waits for: goes on from "waits for"
	Help  string // what usually helps, a phrase without a period
}

// StallMeaning explains a reason by the name that ncu's metrics have for it. The words
// are ours; the states are those of the Nsight Compute documentation, "Warp Stall
// Reasons". A reason that is not known, of a newer ncu, is spelled out and has no help.
func StallMeaning(reason string) Meaning {
	switch reason {
	case "long_scoreboard":
		return Meaning{"data from global, local or texture memory (L1, L2 or DRAM)",
			"load less or nearer (shared memory, better hit rates, coalesced access: see memory-hierarchy), ask earlier (prefetch, unroll, cp.async), or keep more warps (see occupancy)"}
	case "short_scoreboard":
		return Meaning{"results of shared memory, special functions or dynamic branches",
			"avoid bank conflicts, use fewer special functions and conversions, and put independent work between request and use"}
	case "wait":
		return Meaning{"the fixed time of the instruction before",
			"offer the compiler more independent instructions (unroll, several accumulators), or keep more warps"}
	case "math_pipe_throttle":
		return Meaning{"a busy arithmetic pipe", "that pipe is the limit: use fewer or cheaper instructions, another precision, or tensor cores"}
	case "not_selected":
		return Meaning{"its turn: it was ready, another warp was chosen", "nothing to repair: there are more ready warps than issue slots"}
	case "barrier":
		return Meaning{"other warps of the block at a barrier (__syncthreads)", "divide the work evenly before the barrier, synchronize less or in smaller groups, or use smaller blocks"}
	case "lg_throttle":
		return Meaning{"a full queue of global and local memory instructions", "use fewer and wider accesses (float4), and avoid local memory and register spills"}
	case "mio_throttle":
		return Meaning{"a full queue of shared memory, special function and branch instructions", "use fewer and wider shared-memory accesses, and spread them over time"}
	case "tex_throttle":
		return Meaning{"a full queue of the texture unit", "use fewer or wider texture and surface accesses, or plain loads"}
	case "drain":
		return Meaning{"its stores to leave the SM before it ends", "coalesce the stores at the end of the kernel, and give each warp more to do"}
	case "branch_resolving":
		return Meaning{"the target of a branch", "use fewer branches: unroll, predicate, or move them out of the loop"}
	case "dispatch_stall":
		return Meaning{"the dispatcher, which holds back for conflicts", "look for register bank conflicts and crowded pipes in the instructions around it"}
	case "imc_miss":
		return Meaning{"an immediate constant that is not in its cache", "use fewer distinct constants, and read them at the same address in all threads"}
	case "no_instruction", "no_instructions":
		return Meaning{"its next instruction to be fetched", "make the code smaller (unroll less) and jump less; very short kernels always wait for it"}
	case "membar":
		return Meaning{"a memory barrier (__threadfence)", "use fewer fences or ones of narrower scope (block instead of device)"}
	case "sleeping":
		return Meaning{"all its threads being asleep", "shorten nanosleep, or poll less"}
	case "gmma", "warpgroup_arrive":
		return Meaning{"warpgroup matrix instructions (wgmma) to start or finish", "keep more of them in flight, and let producer warps run further ahead"}
	case "misc":
		return Meaning{"something that ncu does not tell apart", ""}
	case Selected:
		return Meaning{"nothing: it issues", ""}
	}
	return Meaning{strings.ReplaceAll(reason, "_", " "), ""}
}
