package zmtp

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"profilemate/workbench/fault"
)

// maxPeers bounds the connections of a socket. Another one is closed at once.
const maxPeers = 256

// defaultPatience is how long a peer may read nothing before it loses messages.
const defaultPatience = time.Second

// Handler is told what the peers of a listening socket do. Its functions are called
// on the goroutine of the peer, one at a time for each; nil ones are not.
type Handler struct {
	// Message gets what a peer of a ROUTER or REP sent, and owns the frames.
	Message func(identity []byte, frames [][]byte)
	// Subscribed tells that a peer of an XPUB gets messages from now on. send sends to it
	// alone, whatever its topics.
	Subscribed func(topic []byte, send func(frames ...[]byte))
}

// Socket is a listening socket. It is safe for concurrent use.
type Socket struct {
	typ      Type
	listener net.Listener
	handler  Handler
	serving  sync.WaitGroup

	mu     sync.Mutex
	peers  map[string]*peer      // by identity
	conns  map[net.Conn]struct{} // with those that still shake hands
	serial uint32                // of the last identity that was made here
	closed bool
}

// Listen opens a Router, XPub or Rep socket at a TCP address ("127.0.0.1:0").
func Listen(typ Type, address string, h Handler) (*Socket, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening a %s socket: %w", typ, err)
	}
	s := &Socket{typ: typ, listener: listener, handler: h, peers: map[string]*peer{}, conns: map[net.Conn]struct{}{}}
	s.serving.Go(s.accept)
	return s, nil
}

// Port is the TCP port that the socket listens on.
func (s *Socket) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *Socket) accept() {
	for {
		conn, err := s.listener.Accept()
		switch {
		case err == nil && s.admit(conn):
			s.serving.Go(func() { s.serve(conn) })
		case err == nil:
			conn.Close()
		case s.ended():
			return
		default: // out of file descriptors, or a peer that was gone before it was taken
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (s *Socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Socket) admit(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.conns) >= maxPeers {
		return false
	}
	s.conns[conn] = struct{}{}
	return true
}

// serve handles one connection until it ends, however that comes about.
func (s *Socket) serve(conn net.Conn) {
	defer func() {
		conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	p, err := meet(conn, properties{socket: s.typ}, defaultPatience)
	if err != nil {
		return // it is no peer
	}
	identity, ok := s.register(p)
	if ok {
		s.read(p, identity)
	}
	s.unregister(identity, p)
	p.out.close()
}

func (s *Socket) read(p *peer, identity string) {
	subscribed := func(topic []byte) {
		if s.handler.Subscribed != nil {
			s.handler.Subscribed(topic, func(frames ...[]byte) { p.out.push(encode(frames)) })
		}
	}
	for {
		frames, err := p.read(subscribed)
		if err != nil {
			return
		}
		if s.handler.Message != nil {
			s.handler.Message([]byte(identity), frames)
		}
	}
}

// register gives a peer its identity. A peer that comes back before its old
// connection is known to be broken takes its place.
func (s *Socket) register(p *peer) (identity string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", false
	}
	identity = string(p.other.identity)
	if identity == "" {
		s.serial++
		identity = string(binary.BigEndian.AppendUint32([]byte{0}, s.serial))
	}
	if old := s.peers[identity]; old != nil {
		old.conn.Close()
	}
	s.peers[identity] = p
	return identity, true
}

func (s *Socket) unregister(identity string, p *peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peers[identity] == p {
		delete(s.peers, identity)
	}
}

// Send sends a message to the peer of a ROUTER or REP with an identity. A peer that
// has gone is Missing, as is one that has stopped reading.
func (s *Socket) Send(identity []byte, frames ...[]byte) error {
	s.mu.Lock()
	p := s.peers[string(identity)]
	s.mu.Unlock()
	if p == nil || !p.out.push(encode(frames)) {
		return fault.Errorf(fault.Missing, "the peer of a %s socket is not there", s.typ)
	}
	return nil
}

// Publish sends a message to the peers of an XPUB that have subscribed to what its
// first frame begins with.
func (s *Socket) Publish(frames ...[]byte) {
	s.mu.Lock()
	peers := slices.Collect(maps.Values(s.peers))
	s.mu.Unlock()
	var message []byte
	for _, p := range peers {
		if !p.wants(frames[0]) {
			continue
		}
		if message == nil {
			message = encode(frames)
		}
		p.out.push(message)
	}
}

// Close writes out what is queued, for at most a second, and ends all connections.
// Messages that come meanwhile are still handled, so that Close must not be called
// from a Handler.
func (s *Socket) Close() error {
	s.mu.Lock()
	s.closed = true
	peers := slices.Collect(maps.Values(s.peers))
	s.mu.Unlock()
	err := s.listener.Close()
	var closing sync.WaitGroup
	for _, p := range peers {
		closing.Go(p.close)
	}
	closing.Wait()
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
	return err
}
