package report

import (
	"profilemate/workbench/artifacts/ncu/wire"
)

// Instance is one instance of a metric: of a unit of the chip, of an instruction,
// of a sample.
type Instance struct {
	ID    Value // what it belongs to: a number, or text
	Value Value
}

// Fields of an instance.
const (
	instanceID    = 1
	instanceValue = 2
)

// Instances calls fn with each instance, in order. They share memory with the
// result.
func (m Metric) Instances(fn func(Instance) error) error {
	r := wire.Read(m.instances)
	for r.Next() {
		if r.Number != metricInstance {
			continue
		}
		instance, err := readInstance(r.Data())
		if err != nil {
			return err
		}
		if err := fn(instance); err != nil {
			return err
		}
	}
	return r.Err()
}

func readInstance(data []byte) (x Instance, err error) {
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case instanceID:
			x.ID, err = readValue(r.Data())
		case instanceValue:
			x.Value, err = readValue(r.Data())
		}
		if err != nil {
			return x, err
		}
	}
	return x, r.Err()
}
