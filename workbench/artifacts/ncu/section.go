package ncu

import (
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/fault"
)

// section is what one header of a print-out governs: files that were joined with
// cat have several.
type section struct {
	line       int // of the header
	page       page
	names      []string
	index      map[string]int // first column of a name
	units      []Unit
	known      []bool // the unit of the column is one that ParseUnit knows
	printed    []string
	identity   []bool
	convention Convention
	tensor     []tensorCounter // in the order of the columns

	metricCodes []int32 // of the raw page: per column the code of its name, and below of its unit, in the metrics table
	unitCodes   []int32
	metricNames *frames.Dictionary // of the details page, whose metrics stand in rows
	unitNames   *frames.Dictionary
}

// identities are the columns of the raw and details pages that say which launch a
// row is about. Two more carry NVTX ranges and have their format as their name.
var identities = []string{"ID", "Process ID", "Process Name", "Host Name", "Kernel Name", "Kernel Time",
	"Context", "Stream", "Block Size", "Grid Size", "Device", "CC"}

const (
	nvtxPushPop   = "thread Domain:Push/Pop_Range:"
	nvtxStartStop = "Id:Domain:Start/Stop_Range:"
)

func newSection(line int, p page, header []string) *section {
	s := &section{line: line, page: p, names: header, index: make(map[string]int, len(header)), identity: make([]bool, len(header))}
	for i, name := range header {
		if _, twice := s.index[name]; !twice {
			s.index[name] = i
		}
		s.identity[i] = slices.Contains(identities, name) || isNVTX(name)
		if c, ok := parseTensor(name); ok && !slices.Contains(s.tensor, c) {
			s.tensor = append(s.tensor, c)
		}
	}
	return s
}

func isNVTX(name string) bool {
	return strings.HasPrefix(name, nvtxPushPop) || strings.HasPrefix(name, nvtxStartStop)
}

// setUnits takes the units row and returns the units it does not know.
func (s *section) setUnits(cells []string) (unknown []string) {
	s.printed = cells
	s.units, s.known = make([]Unit, len(cells)), make([]bool, len(cells))
	for i, text := range cells {
		s.units[i], s.known[i] = ParseUnit(text)
		if !s.known[i] && !slices.Contains(unknown, text) {
			unknown = append(unknown, text)
		}
	}
	return unknown
}

// unit is how the metrics table writes the unit of a column.
func (s *section) unit(column int) string {
	if s.known[column] {
		return s.units[column].Base
	}
	return s.printed[column]
}

// encode gives the names of the columns their codes in the metrics table.
func (s *section) encode(metrics, units *frames.Dictionary) {
	s.metricNames, s.unitNames = metrics, units
	if s.page != rawPage {
		return
	}
	s.metricCodes, s.unitCodes = make([]int32, len(s.names)), make([]int32, len(s.names))
	for i, name := range s.names {
		if !s.identity[i] {
			s.metricCodes[i], s.unitCodes[i] = metrics.Code(name), units.Code(s.unit(i))
		}
	}
}

// long reports whether a row of the table is about one metric of a launch or
// kernel, and not about all of them.
func (s *section) long() bool { return s.page != rawPage }

func (s *section) has(column string) bool {
	_, ok := s.index[column]
	return ok
}

// lacksColumn is Corrupt where the details page has another name for a column that
// its values need: without units, numbers mean nothing.
func (s *section) lacksColumn() error {
	if s.page != detailsPage {
		return nil
	}
	for _, name := range []string{metricColumn, unitColumn, valueColumn} {
		if !s.has(name) {
			return fault.WithRemedy(fault.Errorf(fault.Corrupt, "the header of ncu's details page in line %d has no column %q", s.line, name),
				"print the page again: ncu --import REPORT.ncu-rep --csv --page details > FILE.csv")
		}
	}
	return nil
}

// least is how many cells a row must have to be of use. Rows of metrics on the
// details page end before the columns of rules.
func (s *section) least() int {
	if s.page == detailsPage {
		return s.index[valueColumn] + 1
	}
	return len(s.names)
}

// isUnitsRow reports whether a row holds units: nothing identifies a launch in it.
func (s *section) isUnitsRow(fields []string) bool {
	return len(fields) == len(s.names) && fields[0] == "" && fields[1] == ""
}
