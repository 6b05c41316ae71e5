package report

import (
	"profilemate/workbench/artifacts/ncu/wire"
)

// Fields of the NVTX state of a launch.
const (
	nvtxThread    = 2
	threadID      = 1
	threadDomain  = 2
	domainPushPop = 3
	rangeName     = 1
	nvtxMaxRanges = 4096 // nested ranges, far more than any program has
)

// OpenRanges returns the names of the push/pop ranges that were open on the
// launching thread, outermost first, of one domain after the other. Damage is a
// Corrupt fault, and what was read before it is returned.
func (x *Result) OpenRanges() ([]string, error) {
	var names []string
	state := wire.Read(x.nvtx)
	for state.Next() {
		if state.Number != nvtxThread {
			continue
		}
		more, err := x.rangesOf(state.Data())
		if names = append(names, more...); err != nil {
			return names, err
		}
	}
	return names, state.Err()
}

// rangesOf returns the open ranges of a thread, none unless it launched the result.
func (x *Result) rangesOf(data []byte) (names []string, err error) {
	var domains [][]byte
	thread := int64(-1)
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case threadID:
			thread = int64(r.Uint())
		case threadDomain:
			domains = append(domains, r.Data())
		}
	}
	if r.Err() != nil || thread != x.Thread {
		return nil, r.Err()
	}
	for _, domain := range domains {
		more, err := pushPop(domain)
		if names = append(names, more...); err != nil {
			return names, err
		}
	}
	return names, nil
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
