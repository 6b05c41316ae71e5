package report

import (
	"profilemate/workbench/artifacts/ncu/wire"
)

// Fields of the NVTX state of a launch.
const (
	nvtxDomain    = 1
	nvtxThread    = 2
	domainID      = 1 // also of a domain of a thread
	domainName    = 2
	threadID      = 1
	threadDomain  = 2
	domainPushPop = 3
	rangeName     = 1
	nvtxMaxRanges = 4096 // nested ranges, far more than any program has
)

// HasRanges reports whether NVTX was recorded for the result.
func (x *Result) HasRanges() bool { return len(x.nvtx) > 0 }

// OpenThread is a thread with its open push/pop ranges.
type OpenThread struct {
	ID     int64       // -1 when the report does not name it
	Ranges []OpenRange // of one domain after the other, outermost first
}

// OpenRange is an open range.
type OpenRange struct{ Domain, Name string }

// OpenRanges returns the names of the push/pop ranges that were open on the
// launching thread, outermost first, of one domain after the other. Damage is a
// Corrupt fault, and what was read before it is returned.
func (x *Result) OpenRanges() ([]string, error) {
	threads, err := x.OpenThreads()
	var names []string
	for _, t := range threads {
		if t.ID != x.Thread {
			continue
		}
		for _, r := range t.Ranges {
			names = append(names, r.Name)
		}
	}
	return names, err
}

// OpenThreads returns the open push/pop ranges of all threads. Damage is a Corrupt
// fault, and what was read before it is returned.
func (x *Result) OpenThreads() ([]OpenThread, error) {
	domains, threads := map[uint64]string{}, [][]byte{}
	state := wire.Read(x.nvtx)
	for state.Next() {
		switch state.Number {
		case nvtxDomain:
			id, name := namedDomain(state.Data())
			domains[id] = name
		case nvtxThread:
			threads = append(threads, state.Data())
		}
	}
	var list []OpenThread
	for _, data := range threads {
		t, err := openThread(data, domains)
		if list = append(list, t); err != nil {
			return list, err
		}
	}
	return list, state.Err()
}

// namedDomain reads the declaration of a domain. One without a name is of no use.
func namedDomain(data []byte) (id uint64, name string) {
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case domainID:
			id = r.Uint()
		case domainName:
			name = r.String()
		}
	}
	return id, name
}

// openThread reads a thread. Its number stands before its domains.
func openThread(data []byte, domains map[uint64]string) (t OpenThread, err error) {
	t.ID = -1
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case threadID:
			t.ID = int64(r.Uint())
		case threadDomain:
			id, _ := namedDomain(r.Data())
			names, err := pushPop(r.Data())
			for _, name := range names {
				t.Ranges = append(t.Ranges, OpenRange{domains[id], name})
			}
			if err != nil {
				return t, err
			}
		}
	}
	return t, r.Err()
}

func pushPop(domain []byte) (names []string, err error) {
	r := wire.Read(domain)
	for r.Next() && len(names) < nvtxMaxRanges {
		if r.Number != domainPushPop {
			continue
		}
		name := ""
		attributes := wire.Read(r.Data())
		for attributes.Next() {
			if attributes.Number == rangeName {
				name = attributes.String()
			}
		}
		if attributes.Err() != nil {
			return names, attributes.Err()
		}
		names = append(names, name)
	}
	return names, r.Err()
}
