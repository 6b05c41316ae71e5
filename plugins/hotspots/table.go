package hotspots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
)

func text(name, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.String, Doc: doc}
}
func whole(name, unit, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Int64, Unit: unit, Doc: doc}
}
func float(name, unit, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Float64, Unit: unit, Doc: doc}
}

func instructionTable(p *launch.Profile, list []kernel, most int) *frames.Frame {
	b := frames.NewBuilder("instructions", launch.Schema(
		text("offset", "byte in the function, in hexadecimal; the address where the function is not known"),
		text("opcode", "name of the instruction; missing where it is not known"),
		whole("samples", "sample", "that rank: all, or those in which the scheduler issued nothing"),
		float("share_of_samples", "%", "of the kernel's samples"),
		whole("time_at", "ns", "that share of the kernel's time"),
		text("top", "stall reason with most of these samples"),
		float("top_share", "%", "of these samples"),
		text("waits_for", "the top reason in words"),
		text("line", "file and line; missing without -lineinfo"),
		text("source", "text of the line; missing without --import-source"),
		whole("executed", "inst", "times that a warp executed it"),
		float("threads", "thread", "that did something, of the 32 of a warp, on average"),
		whole("excess_sectors", "sector", "sectors of global memory that better addresses would save"),
		text("remark", "what ncu's rules say of it"),
		text("part", "device function, mangled, inside of the kernel"),
		text("address", "in the profiled process, in the first launch, in hexadecimal"),
	))
	for _, k := range list {
		for _, x := range k.instructions[:min(len(k.instructions), most)] {
			if x.weight == 0 && k.seen {
				break
			}
			reason, share := top(x.reasons)
			words := ""
			if reason != "" {
				words = launch.StallMeaning(reason).Waits
			}
			samples := any(nil)
			if k.seen {
				samples = launch.Whole(x.weight)
			}
			p.Row(b, k.Kernel, x.hex(), launch.Text(x.opcode), samples, launch.Number(k.share(x.weight)), launch.Whole(k.timeAt(x.weight)),
				launch.Text(reason), launch.Number(share), launch.Text(words), launch.Text(x.where()), launch.Text(x.source),
				launch.Whole(x.executed), launch.Number(x.threads/x.executed), launch.Whole(x.excess()), launch.Text(x.remark), launch.Text(x.part), fmt.Sprintf("%#x", x.address))
		}
	}
	return b.Frame()
}

// where is file and line of the instruction: "" when they are not known.
func (x *instruction) where() string {
	if x.line == 0 {
		return ""
	}
	return x.file + ":" + strconv.FormatInt(x.line, 10)
}

// line is the instructions of one source line.
type line struct {
	where, source   string
	samples, excess float64
	count           int
	reasons         map[string]float64
}

// lines adds the instructions of a kernel up by source line, hottest first.
func (k kernel) lines() []*line {
	var out []*line
	byWhere := map[string]*line{}
	for _, x := range k.instructions {
		where := x.where()
		if where == "" {
			continue
		}
		l := byWhere[where]
		if l == nil {
			l = &line{where: where, source: x.source, reasons: map[string]float64{}, excess: math.NaN()}
			byWhere[where] = l
			out = append(out, l)
		}
		l.count++
		l.samples += x.weight
		if e := x.excess(); math.IsNaN(l.excess) {
			l.excess = e
		} else if !math.IsNaN(e) {
			l.excess += e
		}
		for reason, n := range x.reasons {
			l.reasons[reason] += n
		}
	}
	slices.SortStableFunc(out, func(a, b *line) int { return cmp.Compare(b.samples, a.samples) })
	return out
}

func lineTable(p *launch.Profile, list []kernel, most int) *frames.Frame {
	b := frames.NewBuilder("lines", launch.Schema(
		text("line", "file and line"), text("source", "text of the line; missing without --import-source"),
		whole("samples", "sample", "of all its instructions"), float("share_of_samples", "%", "of the kernel's samples"),
		whole("time_at", "ns", "that share of the kernel's time"),
		text("top", "stall reason with most of these samples"), float("top_share", "%", "of these samples"),
		whole("instructions", "", "that the line became and that ran or were sampled"),
		whole("excess_sectors", "sector", "sectors of global memory that better addresses would save"),
	))
	for _, k := range list {
		lines := k.lines()
		for _, l := range lines[:min(len(lines), most)] {
			reason, share := top(l.reasons)
			p.Row(b, k.Kernel, l.where, launch.Text(l.source), launch.Whole(l.samples), launch.Number(k.share(l.samples)), launch.Whole(k.timeAt(l.samples)),
				launch.Text(reason), launch.Number(share), l.count, launch.Whole(l.excess))
		}
	}
	return b.Frame()
}

// hottest is how many instructions the table of kernels adds up.
const hottest = 10

func kernelTable(p *launch.Profile, list []kernel) *frames.Frame {
	b := frames.NewBuilder("kernels", launch.Schema(
		whole("samples", "sample", "that rank; missing without any"),
		whole("instructions", "", "that ran or were sampled"),
		text("hottest", "instruction with most samples"),
		float("hottest_share", "%", "of the samples"),
		float("ten_share", "%", "of the samples, of the ten hottest instructions"),
		text("top", "stall reason with most samples of the kernel"),
		float("top_share", "%", "of the samples"),
	))
	for _, k := range list {
		var samples, count any
		name, first, ten, reasons := "", math.NaN(), math.NaN(), map[string]float64{}
		if len(k.instructions) > 0 {
			count = len(k.instructions)
		}
		if k.seen {
			samples, first, ten = launch.Whole(k.samples), k.share(k.instructions[0].weight), 0
			name = k.instructions[0].name()
			for i, x := range k.instructions {
				if i < hottest {
					ten += k.share(x.weight)
				}
				for reason, n := range x.reasons {
					reasons[reason] += n
				}
			}
		}
		reason, share := top(reasons)
		p.Row(b, k.Kernel, samples, count, launch.Text(name), launch.Number(first), launch.Number(ten), launch.Text(reason), launch.Number(share))
	}
	return b.Frame()
}
