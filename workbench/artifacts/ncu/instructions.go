package ncu

import (
	"maps"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu/report"
)

// The metrics whose instances are of instructions. Those of the reasons that a warp
// stalls for are named SAMPLED+reason, with NOT_ISSUED behind it for the samples in
// which the scheduler issued nothing.
const (
	samplesMetric   = "smsp__pcsamp_sample_count"
	sampledMetric   = "smsp__pcsamp_warps_issue_stalled_"
	notIssuedSuffix = "_not_issued"
	executedMetric  = "inst_executed"
	threadsMetric   = "thread_inst_executed"
	threadsOnMetric = "thread_inst_executed_true"
	sectorsMetric   = "memory_l2_theoretical_sectors_global"
	idealMetric     = "memory_l2_theoretical_sectors_global_ideal"
)

// instruction is what was counted of an instruction of a launch, by metric. What was
// not counted is not in it.
type instruction map[string]int64

// instructionsOf gathers the instances of instructions of a launch, by address.
func instructionsOf(x *report.Result, names []string) (map[uint64]instruction, error) {
	out := map[uint64]instruction{}
	for _, m := range x.Metrics {
		name := names[m.Name]
		if !ofInstructions(name) {
			continue
		}
		err := m.Instances(func(i report.Instance) error {
			address, ok := i.ID.Int()
			value, ok2 := countOf(i.Value)
			if !ok || !ok2 {
				return nil
			}
			at := out[uint64(address)]
			if at == nil {
				at = instruction{}
				out[uint64(address)] = at
			}
			at[name] = value
			return nil
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func ofInstructions(metric string) bool {
	switch metric {
	case samplesMetric, executedMetric, threadsMetric, threadsOnMetric, sectorsMetric, idealMetric:
		return true
	}
	return strings.HasPrefix(metric, sampledMetric)
}

// countOf returns a count, which some reports store as a floating-point number.
func countOf(v report.Value) (int64, bool) {
	if n, ok := v.Int(); ok {
		return n, true
	}
	f, ok := v.Number()
	if !ok || f != float64(int64(f)) {
		return 0, false
	}
	return int64(f), true
}

// cell is a count as a cell.
func (i instruction) cell(metric string) any {
	if n, ok := i[metric]; ok {
		return n
	}
	return nil
}

// sampled returns the samples of all reasons together, or of these the ones in which
// the scheduler issued nothing; nil without any.
func (i instruction) sampled(notIssued bool) any {
	if n, ok := i[samplesMetric]; ok && !notIssued {
		return n
	}
	sum, known := int64(0), false
	for name, n := range i {
		if strings.HasPrefix(name, sampledMetric) && strings.HasSuffix(name, notIssuedSuffix) == notIssued {
			sum, known = sum+n, true
		}
	}
	if !known {
		return nil
	}
	return sum
}

func (a *reportArtifact) instructionsTable() table {
	info := artifacts.TableInfo{Name: "instructions", Doc: "one row a launch and instruction that ran or was sampled (section SourceCounters)",
		Schema: frames.Schema{
			{Name: "launch", Kind: frames.Int64, Doc: "key of launches"},
			{Name: "address", Kind: frames.Int64, Doc: "of the instruction, in the profiled process"},
			{Name: "function", Kind: frames.String, Doc: "kernel, mangled, that the instruction is part of"},
			{Name: "part", Kind: frames.String, Doc: "device function, mangled, inside of it that was not inlined; missing for the kernel's own code"},
			{Name: "offset", Kind: frames.Int64, Unit: "B", Doc: "from the function's first instruction"},
			{Name: "opcode", Kind: frames.String, Doc: "name of the SASS instruction, without modifiers and operands; missing where it is not known"},
			{Name: "file", Kind: frames.String, Doc: "path of the source file; missing without -lineinfo"},
			{Name: "line", Kind: frames.Int64, Doc: "in that file"},
			{Name: "source", Kind: frames.String, Doc: "text of that line; missing without --import-source"},
			{Name: "executed", Kind: frames.Int64, Unit: "inst", Doc: "times that a warp executed it"},
			{Name: "threads", Kind: frames.Int64, Unit: "thread", Doc: "threads that did, active ones"},
			{Name: "threads_on", Kind: frames.Int64, Unit: "thread", Doc: "of these, the ones whose predicate was true"},
			{Name: "samples", Kind: frames.Int64, Unit: "sample", Doc: "samples of the program counter that found a warp at it"},
			{Name: "not_issued", Kind: frames.Int64, Unit: "sample", Doc: "of these, the ones in which the scheduler issued nothing"},
			{Name: "sectors", Kind: frames.Int64, Unit: "sector", Doc: "sectors of global memory that it asks for"},
			{Name: "sectors_ideal", Kind: frames.Int64, Unit: "sector", Doc: "sectors that would hold as much"},
			{Name: "remark", Kind: frames.String, Doc: "what ncu's rules say of it"},
		}}
	return a.perLaunch(info, func(launch int64, x *reported, b *batcher) (damage, err error) {
		code, err := a.code()
		if err != nil {
			return nil, err
		}
		a.noteCode(code.undecoded)
		counted, damage := instructionsOf(x.result, a.report.Names)
		ids, lost := x.result.Sources()
		if lost != nil {
			damage = lost
		}
		remarks, lost := remarksOf(x.result)
		if lost != nil {
			damage = lost
		}
		for _, address := range slices.Sorted(maps.Keys(counted)) {
			cells := append([]any{launch, int64(address)}, code.describe(ids, address)...)
			at := counted[address]
			cells = append(cells, at.cell(executedMetric), at.cell(threadsMetric), at.cell(threadsOnMetric), at.sampled(false), at.sampled(true),
				at.cell(sectorsMetric), at.cell(idealMetric), text(remarks[address]))
			if err := b.row(cells...); err != nil {
				return damage, err
			}
		}
		return damage, nil
	})
}

// noteCode remembers how many modules of code cannot be read.
func (a *reportArtifact) noteCode(undecoded int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.codeless = undecoded
}

// describe returns function, part, offset, opcode, file, line and source of the
// instruction at an address.
func (m *modules) describe(ids []uint64, address uint64) []any {
	f, offset, ok := m.find(ids, address)
	if !ok {
		return make([]any, 7)
	}
	cells := []any{text(f.name), nil, int64(offset), nil, nil, nil, nil}
	if f.code == nil {
		return cells
	}
	cells[1], cells[3] = text(f.code.Part(offset)), text(f.code.Opcode(offset))
	if file, line, ok := f.code.Line(offset); ok {
		cells[4], cells[5], cells[6] = text(file), int64(line), text(m.text(file, line))
	}
	return cells
}

// remarksOf joins what rules say of each instruction.
func remarksOf(x *report.Result) (map[uint64]string, error) {
	list, err := x.Remarks()
	out := map[uint64]string{}
	for _, r := range list {
		if said := out[r.Address]; said != "" {
			r.Text = said + " " + r.Text
		}
		out[r.Address] = r.Text
	}
	return out, err
}

func (a *reportArtifact) samplesTable() table {
	info := artifacts.TableInfo{Name: "stall_samples", Doc: "one row a launch, instruction and reason that warps sampled at it were stalled for",
		Schema: frames.Schema{
			{Name: "launch", Kind: frames.Int64, Doc: "key of launches"},
			{Name: "address", Kind: frames.Int64, Doc: "of the instruction, as in instructions"},
			{Name: "reason", Kind: frames.String, Doc: "as ncu names it; selected is no stall"},
			{Name: "samples", Kind: frames.Int64, Unit: "sample", Doc: "warps found so"},
			{Name: "not_issued", Kind: frames.Int64, Unit: "sample", Doc: "of these, the ones in which the scheduler issued nothing"},
		}}
	return a.perLaunch(info, func(launch int64, x *reported, b *batcher) (damage, err error) {
		counted, damage := instructionsOf(x.result, a.report.Names)
		for _, address := range slices.Sorted(maps.Keys(counted)) {
			at := counted[address]
			for _, name := range slices.Sorted(maps.Keys(at)) {
				reason, ok := strings.CutPrefix(name, sampledMetric)
				if !ok || strings.HasSuffix(reason, notIssuedSuffix) || at[name] == 0 {
					continue
				}
				if err := b.row(launch, int64(address), reason, at[name], at.cell(name+notIssuedSuffix)); err != nil {
					return damage, err
				}
			}
		}
		return damage, nil
	})
}
