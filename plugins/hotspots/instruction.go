package hotspots

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
)

// place tells the instructions of a kernel apart: by their offset in a function, or,
// where the report does not tell functions, by their address.
type place struct {
	function string
	offset   int64
}

// instruction is an instruction in all launches of a kernel. What was not counted is
// NaN.
type instruction struct {
	place
	address            int64 // in the first launch
	part, opcode       string
	file, source       string
	line               int64 // 0 when it is not known
	remark             string
	executed, threads  float64
	samples, notIssued float64
	sectors, ideal     float64
	reasons            map[string]float64 // samples that rank, by reason
	weight             float64            // samples that rank; 0 without any
}

// kernel is the instructions of a kernel, hottest first.
type kernel struct {
	*launch.Kernel
	instructions []*instruction
	samples      float64 // that rank
	seen         bool    // samples were taken
}

// collect adds the instructions of each kernel up. code and samples may be nil.
func collect(ctx context.Context, p *launch.Profile, code, samples *frames.Frame, by string) ([]kernel, error) {
	list := make([]kernel, len(p.Kernels))
	kernels, ids := map[int64]int{}, p.Column("launch")
	for i, k := range p.Kernels {
		list[i].Kernel = k
		for _, row := range k.Rows {
			kernels[int64(ids(row))] = i
		}
	}
	found, err := addInstructions(ctx, list, kernels, code)
	if err != nil {
		return nil, err
	}
	if err := addSamples(ctx, found, samples, by); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].rank(by)
	}
	return list, nil
}

// at is an instruction of a launch.
type at struct{ launch, address int64 }

// need reports columns without which a table says nothing.
func need(f *frames.Frame, columns ...string) error {
	_, err := f.Select(columns...)
	return err
}

func addInstructions(ctx context.Context, list []kernel, kernels map[int64]int, code *frames.Frame) (map[at]*instruction, error) {
	found := map[at]*instruction{}
	if code == nil {
		return found, nil
	}
	if err := need(code, "launch", "address"); err != nil {
		return nil, err
	}
	byPlace := make([]map[place]*instruction, len(list))
	for i := range code.Len() {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		id := at{code.Column("launch").Int(i), code.Column("address").Int(i)}
		k, ok := kernels[id.launch]
		if !ok {
			continue
		}
		here := place{str(code, "function", i), id.address}
		if c := code.Column("offset"); c != nil && !c.IsNull(i) {
			here.offset = c.Int(i)
		}
		if byPlace[k] == nil {
			byPlace[k] = map[place]*instruction{}
		}
		x := byPlace[k][here]
		if x == nil {
			x = &instruction{place: here, address: id.address, part: str(code, "part", i), opcode: str(code, "opcode", i), file: str(code, "file", i),
				source: str(code, "source", i), line: lineAt(code, i), remark: str(code, "remark", i), reasons: map[string]float64{},
				executed: math.NaN(), threads: math.NaN(), samples: math.NaN(), notIssued: math.NaN(), sectors: math.NaN(), ideal: math.NaN()}
			byPlace[k][here] = x
			list[k].instructions = append(list[k].instructions, x)
		}
		x.add(code, i)
		found[id] = x
	}
	return found, nil
}

// lineAt is the source line of a row: 0 when it is not known.
func lineAt(code *frames.Frame, i int) int64 {
	if c := code.Column("line"); c != nil && !c.IsNull(i) {
		return c.Int(i)
	}
	return 0
}

// add adds what was counted in one launch.
func (x *instruction) add(code *frames.Frame, i int) {
	for name, to := range map[string]*float64{"executed": &x.executed, "threads_on": &x.threads, "samples": &x.samples,
		"not_issued": &x.notIssued, "sectors": &x.sectors, "sectors_ideal": &x.ideal} {
		if v := number(code, name, i); math.IsNaN(*to) {
			*to = v
		} else if !math.IsNaN(v) {
			*to += v
		}
	}
	x.remark = cmp.Or(x.remark, str(code, "remark", i))
}

func addSamples(ctx context.Context, found map[at]*instruction, samples *frames.Frame, by string) error {
	if samples == nil {
		return nil
	}
	if err := need(samples, "launch", "address", "reason", "samples"); err != nil {
		return err
	}
	column := "samples"
	if by == notIssued {
		column = "not_issued"
	}
	for i := range samples.Len() {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		x := found[at{samples.Column("launch").Int(i), samples.Column("address").Int(i)}]
		if n := number(samples, column, i); x != nil && n > 0 {
			x.reasons[samples.Column("reason").Str(i)] += n
		}
	}
	return nil
}

// rank sorts the instructions, hottest first, then by place.
func (k *kernel) rank(by string) {
	for _, x := range k.instructions {
		n := x.samples
		if by == notIssued {
			n = x.notIssued
		}
		if !math.IsNaN(n) {
			k.seen = true
			x.weight = n
			k.samples += n
		}
	}
	slices.SortStableFunc(k.instructions, func(a, b *instruction) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.function, b.function), cmp.Compare(a.offset, b.offset))
	})
}

// share is the part of the kernel's samples, in %: NaN without any.
func (k kernel) share(samples float64) float64 { return 100 * samples / k.samples }

// timeAt is the part of the kernel's time in ns that samples stand for: NaN when it is
// not known.
func (k kernel) timeAt(samples float64) float64 {
	if k.Time == 0 {
		return math.NaN()
	}
	return float64(k.Time) * samples / k.samples
}

// top is the stall with most samples, and its part of all of them in %; "" and NaN
// without any.
func top(reasons map[string]float64) (reason string, share float64) {
	all, most := 0.0, 0.0
	for _, name := range sortedReasons(reasons) {
		n := reasons[name]
		all += n
		if name != launch.Selected && n > most {
			reason, most = name, n
		}
	}
	if reason == "" {
		return "", math.NaN()
	}
	return reason, 100 * most / all
}

func sortedReasons(reasons map[string]float64) []string {
	var names []string
	for name := range reasons {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// name is the instruction in words: "FFMA at 0x1a0".
func (x *instruction) name() string {
	return fmt.Sprintf("%s at %s", cmp.Or(x.opcode, "the instruction"), x.hex())
}

// hex is the offset as disassemblers print it; without a function it is the address.
func (x *instruction) hex() string { return fmt.Sprintf("%#x", x.offset) }

// excess is the sectors that better addresses would save: NaN when not counted.
func (x *instruction) excess() float64 { return x.sectors - x.ideal }

func str(f *frames.Frame, column string, i int) string {
	if c := f.Column(column); c != nil {
		return c.Str(i)
	}
	return ""
}

// number is a cell of a column of whole numbers: NaN when it is missing.
func number(f *frames.Frame, column string, i int) float64 {
	if c := f.Column(column); c != nil && !c.IsNull(i) {
		return float64(c.Int(i))
	}
	return math.NaN()
}
