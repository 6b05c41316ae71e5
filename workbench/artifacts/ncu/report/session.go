package report

import (
	"bytes"

	"profilemate/workbench/artifacts/ncu/wire"
)

// Session says when, where and how the report was made.
type Session struct {
	Created  int64  // seconds since 1970, 0 when not known
	Command  string // the command line of ncu
	Host     System // where the report was written
	Target   System // where the program ran
	Versions []Version
	Devices  []Device
}

// System is a computer. Its name and addresses are not read.
type System struct {
	OS, Build, Processor, Architecture string
}

// Version is a piece of software that took part.
type Version struct{ Provider, Version string }

// Device is a GPU with its attributes, in the order of the file.
type Device struct {
	ID         int64
	Name       string
	Attributes []Attribute
}

// Attribute is a property of a device, which raw pages show as a metric of every
// launch: device__attribute_…
type Attribute struct {
	Name  string
	Value Value
}

// Fields of the session.
const (
	sessionCreated  = 2
	sessionHost     = 3
	sessionTarget   = 4
	sessionDevice   = 6
	sessionVersion  = 8
	sessionCommand  = 11
	deviceID        = 1
	deviceName      = 2
	deviceAttribute = 3
)

// add takes the part of the session that a block has. Parts come in several blocks.
func (s *Session) add(data []byte) error {
	r := wire.Read(data)
	for r.Next() {
		var err error
		switch r.Number {
		case sessionCreated:
			s.Created = int64(r.Uint())
		case sessionHost:
			err = s.Host.read(r.Data())
		case sessionTarget:
			err = s.Target.read(r.Data())
		case sessionDevice:
			err = s.addDevice(r.Data())
		case sessionVersion:
			var pair [2]string
			if pair, err = readPair(r.Data()); err == nil {
				s.Versions = append(s.Versions, Version{pair[0], pair[1]})
			}
		case sessionCommand:
			s.Command = r.String()
		}
		if err != nil {
			return err
		}
	}
	return r.Err()
}

func (s *System) read(data []byte) error {
	fields := [...]*string{nil, &s.OS, &s.Build, &s.Processor, &s.Architecture}
	r := wire.Read(data)
	for r.Next() {
		if r.Number < len(fields) {
			*fields[r.Number] = r.String()
		}
	}
	return r.Err()
}

// readPair reads a message of two strings.
func readPair(data []byte) (pair [2]string, err error) {
	r := wire.Read(data)
	for r.Next() {
		if r.Number <= len(pair) {
			pair[r.Number-1] = r.String()
		}
	}
	return pair, r.Err()
}

// addDevice takes a device; a later one of the same ID takes its place.
func (s *Session) addDevice(data []byte) error {
	var d Device
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case deviceID:
			d.ID = int64(r.Uint())
		case deviceName:
			d.Name = r.String()
		case deviceAttribute:
			a, err := readAttribute(r.Data())
			if err != nil {
				return err
			}
			d.Attributes = append(d.Attributes, a)
		}
	}
	for i := range s.Devices {
		if s.Devices[i].ID == d.ID {
			s.Devices[i] = d
			return r.Err()
		}
	}
	s.Devices = append(s.Devices, d)
	return r.Err()
}

func readAttribute(data []byte) (a Attribute, err error) {
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case 1:
			a.Name = r.String()
		case 2:
			if a.Value, err = readValue(r.Data()); err != nil {
				return a, err
			}
			a.Value.text = bytes.Clone(a.Value.text) // it outlives the block
		}
	}
	return a, r.Err()
}
