package kernelheadroom

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/trace"
)

// allDevices is the parameter for kernels on all GPUs.
const allDevices = -1

// sides are the columns of a kernel's grid and block.
func sides() []string {
	return []string{"grid_x", "grid_y", "grid_z", "block_x", "block_y", "block_z"}
}

// shape is a kernel name, by its code in the dictionary or -1 for none, with grid and
// block; sides that the capture lacks are 0.
type shape struct {
	name  int32
	sides [6]int64
}

// group is the launches of one shape.
type group struct{ count, time, graph int64 }

// fold adds the kernels of the run up by shape.
type fold struct {
	params  Params
	dict    *frames.Dictionary
	groups  map[shape]*group
	devices map[int64]bool
	odd     int64
}

// Scan implements analysis.Fold.
func (f *fold) Scan(_, _ string, b *frames.Batch) (err error) {
	names := b.Column("name")
	if f.dict, err = trace.OneDictionary(f.dict, names.Dictionary()); err != nil {
		return err
	}
	starts, ends, codes := b.Ints("start"), b.Ints("end"), names.Codes()
	devices, nodes := b.Column("device"), b.Column("graph_node_id")
	var columns [6]*frames.Column
	for i, name := range sides() {
		columns[i] = b.Column(name)
	}
	for i := range starts {
		device := trace.DeviceAt(devices, i)
		f.devices[device] = true
		if f.params.Device != allDevices && device != int64(f.params.Device) {
			continue
		}
		duration := ends[i] - starts[i]
		if duration < 0 || duration > trace.Longest {
			f.odd++
			continue
		}
		key := shape{name: -1}
		if !names.IsNull(i) {
			key.name = codes[i]
		}
		for side, c := range columns {
			if c != nil && !c.IsNull(i) {
				key.sides[side] = c.Int(i)
			}
		}
		g := f.groups[key]
		if g == nil {
			g = &group{}
			f.groups[key] = g
		}
		g.count++
		g.time += duration
		if nodes != nil && !nodes.IsNull(i) {
			g.graph++
		}
	}
	return nil
}

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) (err error) {
	other := after.(*fold)
	if f.dict, err = trace.OneDictionary(f.dict, other.dict); err != nil {
		return err
	}
	for key, o := range other.groups {
		g := f.groups[key]
		if g == nil {
			g = &group{}
			f.groups[key] = g
		}
		g.count += o.count
		g.time += o.time
		g.graph += o.graph
	}
	for device := range other.devices {
		f.devices[device] = true
	}
	f.odd += other.odd
	return nil
}

// checkDevice is the error of a device that the run does not have.
func (f *fold) checkDevice() error {
	var have []int64
	for device := range f.devices {
		have = append(have, device)
	}
	slices.Sort(have)
	return analysis.Selected("device", f.params.Device, have)
}

// kernel is a kernel of the run in one shape. Grid and block are "" where the capture
// does not have them.
type kernel struct {
	name, plain, grid, block string
	group
}

// run lists the kernels that the filter lets pass, most time first.
func (f *fold) run() []kernel {
	plain := launch.PlainNames()
	var list []kernel
	for key, g := range f.groups {
		k := kernel{name: trace.NoName, grid: sidesText(key.sides[:3]), block: sidesText(key.sides[3:]), group: *g}
		if key.name >= 0 {
			k.name = f.dict.String(key.name)
		}
		k.plain = plain(k.name)
		if strings.Contains(k.name, f.params.Kernel) {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b kernel) int {
		return cmp.Or(cmp.Compare(b.time, a.time), cmp.Compare(a.name, b.name), cmp.Compare(a.grid, b.grid), cmp.Compare(a.block, b.block))
	})
	return list
}

// sidesText writes a grid or block as ncu does: "(256, 1, 1)"; "" where it is missing.
func sidesText(sides []int64) string {
	if slices.Contains(sides, 0) {
		return ""
	}
	text := make([]string, len(sides))
	for i, n := range sides {
		text[i] = strconv.FormatInt(n, 10)
	}
	return "(" + strings.Join(text, ", ") + ")"
}
