package zmtp

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"

	"profilemate/workbench/fault"
)

// Type is the type of a socket.
type Type string

// The types of socket. Router, XPub and Rep listen; Dealer, Sub and Req dial.
const (
	Router Type = "ROUTER"
	XPub   Type = "XPUB"
	Rep    Type = "REP"
	Dealer Type = "DEALER"
	Sub    Type = "SUB"
	Req    Type = "REQ"
)

// talksTo reports whether a socket of a type may be connected to one of another,
// some of which only other programs have.
func (t Type) talksTo(peer Type) bool {
	peers := map[Type][]Type{
		Router: {Dealer, Req, Router},
		XPub:   {Sub, "XSUB"},
		Rep:    {Req, Dealer},
		Dealer: {Router, Rep, Dealer},
		Sub:    {XPub, "PUB"},
		Req:    {Rep, Router},
	}
	return slices.Contains(peers[t], peer)
}

// The parts of a greeting: a signature, the version, the mechanism, and zeros.
const (
	greetingSize  = 64
	signatureSize = 10
	mechanismAt   = 12
	mechanismSize = 20
)

// maxIdentity is the most bytes of an identity.
const maxIdentity = 255

func greeting() []byte {
	g := make([]byte, greetingSize)
	g[0], g[9], g[10], g[11] = 0xff, 0x7f, 3, 1
	copy(g[mechanismAt:], "NULL")
	return g
}

// greeted checks a peer's greeting and returns the minor version that it speaks.
func greeted(g []byte) (minor byte, err error) {
	mechanism := string(bytes.TrimRight(g[mechanismAt:mechanismAt+mechanismSize], "\x00"))
	switch {
	case g[0] != 0xff || g[9] != 0x7f:
		return 0, fault.Errorf(fault.Corrupt, "the peer does not speak ZMTP")
	case g[10] < 3:
		return 0, fault.Errorf(fault.Unsupported, "the peer speaks ZMTP %d, not 3", g[10])
	case mechanism != "NULL":
		return 0, fault.Errorf(fault.Unsupported, "the peer wants the mechanism %q, not NULL", mechanism)
	case g[10] > 3:
		return 1, nil
	}
	return g[11], nil
}

// properties are what a READY command says of a socket.
type properties struct {
	socket   Type
	identity []byte
}

func (p properties) ready() []byte {
	data := appendProperty(nil, "Socket-Type", []byte(p.socket))
	if p.socket != XPub && p.socket != Sub {
		data = appendProperty(data, "Identity", p.identity)
	}
	return command{name: "READY", data: data}.encode()
}

func appendProperty(to []byte, name string, value []byte) []byte {
	to = append(append(to, byte(len(name))), name...)
	to = binary.BigEndian.AppendUint32(to, uint32(len(value)))
	return append(to, value...)
}

// parseProperties reads the data of a READY command. Names that are not known are
// left aside.
func parseProperties(data []byte) (properties, error) {
	var p properties
	for len(data) > 0 {
		n := 1 + int(data[0])
		if len(data) < n+4 {
			return p, fault.Errorf(fault.Corrupt, "a property is cut short")
		}
		name := string(data[1:n])
		size := binary.BigEndian.Uint32(data[n:])
		data = data[n+4:]
		if uint64(size) > uint64(len(data)) {
			return p, fault.Errorf(fault.Corrupt, "property %q is cut short", name)
		}
		value := data[:size]
		data = data[size:]
		switch {
		case strings.EqualFold(name, "Socket-Type"):
			p.socket = Type(value)
		case strings.EqualFold(name, "Identity"):
			p.identity = value
		}
	}
	if len(p.identity) > maxIdentity || len(p.identity) > 0 && p.identity[0] == 0 {
		return p, fault.Errorf(fault.Corrupt, "an identity of %d bytes is too long or begins with a zero", len(p.identity))
	}
	return p, nil
}

// shake greets a peer and learns what it is. It returns the peer's properties and
// minor version. A peer of a type that does not fit is told so.
func shake(rw io.ReadWriter, r io.Reader, own properties) (properties, byte, error) {
	if _, err := rw.Write(append(greeting(), own.ready()...)); err != nil {
		return properties{}, 0, err
	}
	var g [greetingSize]byte
	if _, err := io.ReadFull(r, g[:signatureSize+1]); err != nil {
		return properties{}, 0, err
	}
	if g[signatureSize] >= 3 { // an older peer's greeting is shorter
		if _, err := io.ReadFull(r, g[signatureSize+1:]); err != nil {
			return properties{}, 0, err
		}
	}
	minor, err := greeted(g[:])
	if err != nil {
		return properties{}, 0, err
	}
	theirs, err := readReady(r)
	if err == nil && !own.socket.talksTo(theirs.socket) {
		err = fault.Errorf(fault.Unsupported, "a %s socket does not talk to a %q socket", own.socket, theirs.socket)
		reason := "Invalid socket type"
		_, _ = rw.Write(command{name: "ERROR", data: append([]byte{byte(len(reason))}, reason...)}.encode()) // it is left anyway
	}
	return theirs, minor, err
}

func readReady(r io.Reader) (properties, error) {
	flags, body, err := readFrame(r, maxCommand)
	if err != nil {
		return properties{}, err
	}
	c, err := parseCommand(body)
	switch {
	case err != nil:
		return properties{}, err
	case flags&flagCommand == 0 || flags&flagMore != 0 || c.name != "READY":
		return properties{}, fault.Errorf(fault.Corrupt, "the peer does not say what it is: it sends %q", c.name)
	}
	return parseProperties(c.data)
}
