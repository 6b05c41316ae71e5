package stats

import (
	"cmp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

// launchSum is cuda_kern_exec_sum.
type launchSum struct{ naming kernelNaming }

func newLaunchSum(c Choice) maker { return launchSum{namingOf(c)} }

func (m launchSum) wants() want { return m.naming.wants() | wantCalls }

func (m launchSum) reads() []read {
	return []read{{"kernels", m.naming.columns("start", "end", "device", "pid", "correlation_id")}}
}

func (m launchSum) fold() fold {
	return &launchTimes{names: kernelNames{kernelNaming: m.naming}, groups: map[launchKey]*launches{}}
}

// launchKey says by which call on which thread a kernel was launched where.
type launchKey struct {
	pid, tid, device int64
	call             int32
	kernel           kernelKey
}

// launches are the times of kernels that were launched alike.
type launches struct{ total, call, queue, kernel trace.Samples }

func (l *launches) join(after *launches) {
	l.total.Join(&after.total)
	l.call.Join(&after.call)
	l.queue.Join(&after.queue)
	l.kernel.Join(&after.kernel)
}

// launchTimes gathers the times of all kernels whose call is known.
type launchTimes struct {
	names  kernelNames
	groups map[launchKey]*launches
	wrong  int64
}

func (f *launchTimes) odd() int64 { return f.wrong }

func (f *launchTimes) scan(s *scene, _ string, b *frames.Batch) {
	f.names.batch(b)
	starts, ends, devices := b.Ints("start"), b.Ints("end"), b.Column("device")
	pids, correlation := b.Ints("pid"), b.Ints("correlation_id")
	for i := range starts {
		row := s.lookup.Find(pids[i], correlation[i])
		if row < 0 {
			continue
		}
		from, to := s.calls.Start[row], s.calls.End[row]
		total, call, kernel := max(to, ends[i])-from, to-from, ends[i]-starts[i]
		if min(total, call, kernel) < 0 || max(total, call, kernel) > trace.Longest {
			f.wrong++
			continue
		}
		g := f.group(launchKey{s.calls.Pid[row], s.calls.Tid[row], devices.Int(i), s.callNames[row], f.names.key(s, i)})
		g.total.Add(total)
		g.call.Add(call)
		g.kernel.Add(kernel)
		if queue := starts[i] - to; queue >= 0 { // otherwise it began before the call returned
			g.queue.Add(queue)
		}
	}
}

func (f *launchTimes) group(key launchKey) *launches {
	g := f.groups[key]
	if g == nil {
		g = &launches{}
		f.groups[key] = g
	}
	return g
}

func (f *launchTimes) merge(after fold) {
	o := after.(*launchTimes)
	f.names.adopt(&o.names)
	for key, l := range o.groups {
		f.group(key).join(l)
	}
	f.wrong += o.wrong
}

// launchRow is one row of the report.
type launchRow struct {
	pid, tid, device           int64
	call, name                 name
	total, api, queue, running trace.Stats
}

// compare is the order of the groups.
func (r *launchRow) compare(o *launchRow) int {
	return cmp.Or(cmp.Compare(r.pid, o.pid), cmp.Compare(r.tid, o.tid), cmp.Compare(r.device, o.device),
		r.call.compare(o.call), r.name.compare(o.name))
}

// rows describes the groups, those of equal names joined, the longest average first.
func (f *launchTimes) rows(s *scene) []launchRow {
	type text struct {
		pid, tid, device int64
		call, kernel     name
	}
	groups := map[text]*launches{}
	for key, l := range f.groups {
		call := nameOf(s.callDict, key.call)
		call.text = withoutVersion(call.text)
		t := text{key.pid, key.tid, key.device, call, f.names.name(s, key.kernel)}
		if groups[t] == nil {
			groups[t] = &launches{}
		}
		groups[t].join(l)
	}
	var scratch []uint32
	spread := func(s *trace.Samples) (out trace.Stats) {
		out, scratch = s.Describe(scratch)
		return out
	}
	rows := make([]launchRow, 0, len(groups))
	for t, l := range groups {
		rows = append(rows, launchRow{t.pid, t.tid, t.device, t.call, t.kernel,
			spread(&l.total), spread(&l.call), spread(&l.queue), spread(&l.kernel)})
	}
	slices.SortFunc(rows, func(a, b launchRow) int { return a.compare(&b) })
	slices.SortStableFunc(rows, func(a, b launchRow) int {
		return cmp.Compare(roundTenths(b.total.Mean), roundTenths(a.total.Mean))
	})
	return rows
}

func (m launchSum) finish(s *scene, f fold) (*Table, error) {
	headers := []string{"PID", "TID", "DevId", "Count", "QCount"}
	for _, part := range []string{"T", "A", "Q", "K"} {
		for _, what := range []string{"Avg", "Med", "Min", "Max", "StdDev"} {
			headers = append(headers, part+what+" (ns)")
		}
	}
	rows := f.(*launchTimes).rows(s)
	return &Table{Headers: append(headers, "API Name", "Kernel Name"), Rows: func(emit func(*Row) error) error {
		var r Row
		for i := range rows {
			row := &rows[i]
			r.reset().int(row.pid).int(row.tid).int(row.device).int(row.total.Count).int(row.queue.Count)
			r.times(row.total).times(row.api).times(row.queue).times(row.running).name(row.call).name(row.name)
			if err := emit(&r); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}
