package concurrency

import (
	"cmp"
	"slices"
)

// collective is what one device spends in the communication kernels of one name
// that it ran together with others. Times are in ns.
type collective struct {
	name       string
	device     *device
	count      int64
	wait, work int64
	last       int64 // how often this device began last
	longest    int64 // longest wait
}

// match pairs the communication kernels of several devices: the n-th of a name on
// each. All devices that have the name must have as many, and nine of ten must have
// been under way together, or the name is counted as unmatched: other communicators,
// or devices that talk to somebody else.
func (v *view) match() {
	byName := map[int32][][]int32{} // by name: by device, the rows in order of time; nil for none
	for i := range v.devices {
		for _, row := range v.devices[i].Rows {
			if !v.isTalk(row) {
				continue
			}
			name := v.timeline.Name[row]
			if byName[name] == nil {
				byName[name] = make([][]int32, len(v.devices))
			}
			byName[name][i] = append(byName[name][i], row)
		}
	}
	short := v.timeline.ShortNames()
	for name, rows := range byName {
		var devices []int
		for i := range rows {
			if len(rows[i]) > 0 {
				devices = append(devices, i)
			}
		}
		if len(devices) < 2 {
			continue
		}
		if list, ok := v.together(devices, rows); ok {
			for i := range list {
				list[i].name = short[name]
			}
			v.collectives = append(v.collectives, list...)
		} else {
			v.unmatched++
		}
	}
	slices.SortFunc(v.collectives, func(a, b collective) int {
		return cmp.Or(cmp.Compare(b.wait, a.wait), cmp.Compare(b.work, a.work), cmp.Compare(a.name, b.name),
			cmp.Compare(a.device.Pid, b.device.Pid), cmp.Compare(a.device.Device, b.device.Device))
	})
}

// together splits the time of kernels that devices ran together.
func (v *view) together(devices []int, rows [][]int32) (list []collective, ok bool) {
	count := len(rows[devices[0]])
	for _, i := range devices {
		if len(rows[i]) != count {
			return nil, false
		}
		list = append(list, collective{device: &v.devices[i]})
	}
	met := 0
	for n := range count {
		if v.addCollective(list, devices, rows, n) {
			met++
		}
	}
	return list, met*10 >= count*9
}

// addCollective adds the n-th kernels, unless one ended before another began.
func (v *view) addCollective(list []collective, devices []int, rows [][]int32, n int) bool {
	t := v.timeline
	begun, ended, last := t.Start[rows[devices[0]][n]], t.End[rows[devices[0]][n]], 0
	for at, i := range devices {
		row := rows[i][n]
		if t.Start[row] > begun {
			begun, last = t.Start[row], at
		}
		ended = min(ended, t.End[row])
	}
	if ended < begun {
		return false
	}
	list[last].last++
	for at, i := range devices {
		row := rows[i][n]
		c, wait := &list[at], begun-t.Start[row]
		c.count++
		c.wait += wait
		c.work += t.End[row] - begun
		c.longest = max(c.longest, wait)
	}
	return true
}
