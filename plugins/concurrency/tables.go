package concurrency

import (
	"profilemate/frames"
)

// percent is nil for a part of nothing.
func percent(part, whole int64) any {
	if whole <= 0 {
		return nil
	}
	return share(part, whole)
}

// share is part in percent of whole, which is not 0.
func share(part, whole int64) float64 { return 100 * float64(part) / float64(whole) }

// deviceTable leaves out what depends on the work beside it where graphs may have run
// that the trace does not show.
func (v *view) deviceTable() *frames.Frame {
	b := frames.NewBuilder("devices", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal in the process"},
		{Name: "streams", Kind: frames.Int64},
		{Name: "window", Kind: frames.Int64, Unit: "ns", Doc: "from the first to the last work"},
		{Name: "busy", Kind: frames.Int64, Unit: "ns"},
		{Name: "at_once", Kind: frames.Float64, Unit: "%", Doc: "of the busy time with at least two pieces of work"},
		{Name: "most", Kind: frames.Int64, Doc: "most pieces of work at once"},
		{Name: "compute", Kind: frames.Int64, Unit: "ns", Doc: "time in which a kernel other than communication ran"},
		{Name: "communication", Kind: frames.Int64, Unit: "ns", Doc: "time in which communication ran"},
		{Name: "communication_hidden", Kind: frames.Float64, Unit: "%", Doc: "of it beside computation; missing without communication"},
		{Name: "communication_exposed", Kind: frames.Int64, Unit: "ns", Doc: "communication without computation"},
		{Name: "copies", Kind: frames.Int64, Unit: "ns", Doc: "time in which a copy or memory set ran"},
		{Name: "copies_hidden", Kind: frames.Float64, Unit: "%", Doc: "of it beside computation; missing without copies"},
		{Name: "copies_exposed", Kind: frames.Int64, Unit: "ns", Doc: "copies without computation or communication"},
		{Name: "unknown", Kind: frames.Int64, Unit: "ns", Doc: "not seen busy, but hidden graph work may have run"},
	})
	for i := range v.devices {
		d := &v.devices[i]
		p := d.parts()
		time, most := d.atOnce()
		row := []any{d.Pid, d.Device, len(d.streams), d.window.Duration(), d.busy.Total(), percent(time, d.busy.Total()), most, d.computing.Total(),
			d.talking.Total(), percent(p.besideTalk, d.talking.Total()), p.talk,
			d.copying.Total(), percent(d.copying.Overlap(d.computing).Total(), d.copying.Total()), p.copying, d.unknown.Total()}
		if d.veiled {
			for _, unknown := range []int{5, 6, 9, 10, 12, 13} {
				row[unknown] = nil
			}
		}
		b.Row(row...)
	}
	return b.Frame()
}

func (v *view) streamTable() *frames.Frame {
	b := frames.NewBuilder("streams", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64},
		{Name: "stream", Kind: frames.Int64, Doc: "CUDA stream; missing where the trace does not say"},
		{Name: "busy", Kind: frames.Int64, Unit: "ns"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the busy time of the device; time of several streams counts for each"},
		{Name: "alone", Kind: frames.Int64, Unit: "ns", Doc: "time in which no other stream of the device ran"},
		{Name: "compute", Kind: frames.Int64, Doc: "kernels other than communication"},
		{Name: "communication", Kind: frames.Int64, Doc: "communication kernels"},
		{Name: "copies", Kind: frames.Int64, Doc: "copies and memory sets"},
		{Name: "graphs", Kind: frames.Int64, Doc: "graphs traced as wholes"},
	})
	for i := range v.devices {
		d := &v.devices[i]
		for _, s := range d.streams {
			var number any
			if s.number >= 0 {
				number = s.number
			}
			b.Row(d.Pid, d.Device, number, s.busy.Total(), percent(s.busy.Total(), d.busy.Total()), s.alone,
				s.kernels, s.talks, s.copies, int64(len(s.work))-s.kernels-s.talks-s.copies)
		}
	}
	return b.Frame()
}

// level is the time with so many pieces of work at once, or with at least so many.
type level struct {
	running int
	more    bool
	time    int64 // ns
}

// shownLevels returns the levels of a device, the highest added up. It may have
// none, when nothing took any time.
func (v *view) shownLevels(d *device) []level {
	var list []level
	for n, time := range d.levels {
		if n < v.params.Levels {
			list = append(list, level{n, false, time})
			continue
		}
		if n == v.params.Levels {
			list = append(list, level{n, n+1 < len(d.levels), 0})
		}
		list[v.params.Levels].time += time
	}
	return list
}

func (v *view) levelTable() *frames.Frame {
	b := frames.NewBuilder("levels", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64},
		{Name: "at_once", Kind: frames.Int64, Doc: "pieces of work; missing for time that is unknown"},
		{Name: "or_more", Kind: frames.Bool, Doc: "whether more at once are added up in this row"},
		{Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the window"},
	})
	for i := range v.devices {
		d := &v.devices[i]
		for _, l := range v.shownLevels(d) {
			b.Row(d.Pid, d.Device, l.running, l.more, l.time, percent(l.time, d.window.Duration()))
		}
		if unknown := d.unknown.Total(); unknown > 0 {
			b.Row(d.Pid, d.Device, nil, false, unknown, percent(unknown, d.window.Duration()))
		}
	}
	return b.Frame()
}

func (v *view) collectiveTable() *frames.Frame {
	b := frames.NewBuilder("collectives", frames.Schema{
		{Name: "kernel", Kind: frames.String},
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64},
		{Name: "count", Kind: frames.Int64, Doc: "kernels that were under way together with the other devices'"},
		{Name: "wait", Kind: frames.Int64, Unit: "ns", Doc: "from the begin here to the begin on the last device"},
		{Name: "work", Kind: frames.Int64, Unit: "ns", Doc: "from then to the end here"},
		{Name: "wait_share", Kind: frames.Float64, Unit: "%", Doc: "of both"},
		{Name: "longest_wait", Kind: frames.Int64, Unit: "ns"},
		{Name: "last", Kind: frames.Int64, Doc: "how often this device began last"},
	})
	for _, c := range v.collectives {
		b.Row(c.name, c.device.Pid, c.device.Device, c.count, c.wait, c.work, percent(c.wait, c.wait+c.work), c.longest, c.last)
	}
	return b.Frame()
}
