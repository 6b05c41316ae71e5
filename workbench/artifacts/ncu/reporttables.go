package ncu

import (
	"math"
	"time"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu/report"
)

func (a *reportArtifact) tables() []table {
	return append(commonTables(a.launches, a.names.metrics, a.names.units), a.rulesTable(), a.sectionsTable(), a.instancesTable(), a.instructionsTable(), a.samplesTable(), a.sessionTable())
}

// perLaunch makes a table of what fill reads from each result. Damage inside a
// result ends its rows and is noted.
func (a *reportArtifact) perLaunch(info artifacts.TableInfo, fill func(launch int64, x *reported, b *batcher) (damage, err error)) table {
	info.Rows = -1
	return table{info, func() func(row, *batcher) error {
		return func(r row, b *batcher) error {
			damage, err := fill(r.launch, r.values.(*reported), b)
			if damage != nil {
				a.note(info.Name, r.launch)
			}
			return err
		}
	}}
}

func (a *reportArtifact) rulesTable() table {
	return a.perLaunch(rulesInfo(), func(launch int64, x *reported, b *batcher) (damage, err error) {
		list, damage := x.result.Rules()
		for _, r := range list {
			if err := fillAdvice(b, launch, r); err != nil {
				return damage, err
			}
		}
		return damage, nil
	})
}

func (a *reportArtifact) sectionsTable() table {
	return a.perLaunch(sectionsInfo(), func(launch int64, x *reported, b *batcher) (damage, err error) {
		list, damage := x.result.Sections()
		for _, s := range list {
			metrics := s.Metrics
			if len(metrics) == 0 {
				metrics = []report.Labeled{{}}
			}
			for _, m := range metrics {
				if err := b.row(launch, text(s.ID), text(s.Name), s.Order, text(m.Metric), text(m.Label)); err != nil {
					return damage, err
				}
			}
		}
		return damage, nil
	})
}

func (a *reportArtifact) instancesTable() table {
	info := artifacts.TableInfo{Name: "instances", Doc: "one row a launch, metric and instance of it: of a unit of the chip, an instruction or a sample",
		Schema: frames.Schema{
			{Name: "launch", Kind: frames.Int64, Doc: "key of launches"},
			{Name: "metric", Kind: frames.String, Doc: "name of the metric"},
			{Name: "instance", Kind: frames.Int64, Doc: "position in the metric's list, from 0"},
			{Name: "id", Kind: frames.String, Doc: "what the instance belongs to, as ncu's correlation IDs name it; missing where they do not"},
			{Name: "value", Kind: frames.Float64, Doc: "in the unit of the metric; missing for text"},
			{Name: "text", Kind: frames.String, Doc: "value of an instance that is no number"},
		}}
	return a.perLaunch(info, func(launch int64, x *reported, b *batcher) (damage, err error) {
		for _, m := range x.result.Metrics {
			position := int64(0)
			lost := m.Instances(func(i report.Instance) error {
				b.setInt(0, launch)
				b.setCode(1, x.names.metrics, x.names.canonical[m.Name])
				b.setInt(2, position)
				b.set(3, func() any { return text(i.ID.String()) })
				if f, ok := i.Value.Number(); ok {
					b.setFloat(4, f)
					b.set(5, noValue)
				} else {
					b.set(4, noValue)
					b.set(5, func() any { return valueText(i.Value) })
				}
				position++
				err = b.endRow()
				return err
			})
			if err != nil {
				return damage, err
			}
			if lost != nil {
				damage = lost
			}
		}
		return damage, nil
	})
}

// valueText returns a text as a cell; what is not a number is missing.
func valueText(v report.Value) any {
	if v.Form != report.Text {
		return nil
	}
	return text(v.String())
}

// sessionTable is filled once, with the first launch.
func (a *reportArtifact) sessionTable() table {
	info := artifacts.TableInfo{Name: "session", Rows: -1, Doc: "when, where and with what the report was made, one row a fact",
		Schema: frames.Schema{
			{Name: "part", Kind: frames.String, Doc: "session, host, target, version, or device and its index"},
			{Name: "name", Kind: frames.String, Doc: "what the fact is"},
			{Name: "value", Kind: frames.String, Doc: "as text"},
		}}
	return table{info, func() func(row, *batcher) error {
		done := false
		return func(_ row, b *batcher) error {
			if done {
				return nil
			}
			done = true
			for _, fact := range sessionFacts(a.report.Session) {
				if err := b.row(fact[0], fact[1], text(fact[2])); err != nil {
					return err
				}
			}
			return nil
		}
	}}
}

// sessionFacts lists the session as part, name and value, what is not known left
// out.
func sessionFacts(s report.Session) [][3]string {
	var all [][3]string
	add := func(part, name, value string) {
		if value != "" {
			all = append(all, [3]string{part, name, value})
		}
	}
	if s.Created > 0 && s.Created < math.MaxUint32 {
		add("session", "created", time.Unix(s.Created, 0).UTC().Format(time.RFC3339))
	}
	add("session", "command", s.Command)
	for _, system := range []struct {
		part string
		of   report.System
	}{{"host", s.Host}, {"target", s.Target}} {
		add(system.part, "os", system.of.OS)
		add(system.part, "build", system.of.Build)
		add(system.part, "processor", system.of.Processor)
		add(system.part, "architecture", system.of.Architecture)
	}
	for _, v := range s.Versions {
		add("version", v.Provider, v.Version)
	}
	for _, d := range s.Devices {
		part := "device " + optional(&d.ID)
		add(part, "name", d.Name)
		for _, a := range d.Attributes {
			add(part, a.Name, a.Value.String())
		}
	}
	return all
}
