package report

import (
	"profilemate/workbench/artifacts/ncu/wire"
)

// Section is a section of the details page: which metrics it heads, under which
// labels.
type Section struct {
	ID, Name string
	Order    int64
	Metrics  []Labeled
}

// Labeled is a metric under its label.
type Labeled struct{ Metric, Label string }

// Fields of a section.
const (
	sectionID     = 1
	sectionName   = 2
	sectionOrder  = 3
	sectionHeader = 4
	headerMetric  = 2
)

// Sections returns the sections in the order of the file. Damage is a Corrupt fault,
// and what was read before it is returned.
func (x *Result) Sections() ([]Section, error) {
	list := make([]Section, 0, len(x.sections))
	for _, data := range x.sections {
		var s Section
		r := wire.Read(data)
		for r.Next() {
			switch r.Number {
			case sectionID:
				s.ID = r.String()
			case sectionName:
				s.Name = r.String()
			case sectionOrder:
				s.Order = int64(r.Uint())
			case sectionHeader:
				if err := s.header(r.Data()); err != nil {
					return list, err
				}
			}
		}
		if r.Err() != nil {
			return list, r.Err()
		}
		list = append(list, s)
	}
	return list, nil
}

func (s *Section) header(data []byte) error {
	r := wire.Read(data)
	for r.Next() {
		if r.Number != headerMetric {
			continue
		}
		pair, err := readPair(r.Data())
		if err != nil {
			return err
		}
		if pair[0] != "" { // an empty one leaves a gap on the page
			s.Metrics = append(s.Metrics, Labeled{Metric: pair[0], Label: pair[1]})
		}
	}
	return r.Err()
}
