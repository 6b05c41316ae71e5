package zmtp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	handshakeLimit = 10 * time.Second
	linger         = time.Second // what waits at the end has this long to be written
	maxTopics      = 1000        // subscriptions of a peer
)

// peer is one connection after its handshake.
type peer struct {
	conn  net.Conn
	r     *bufio.Reader
	own   Type
	other properties
	minor byte // of the ZMTP 3 that it speaks
	out   *queue
	wrote chan struct{} // closed when nothing more is written

	mu     sync.Mutex
	topics [][]byte // what an XPUB's peer has subscribed to, as often as it has
}

// meet shakes hands on a new connection and starts to write to it.
func meet(conn net.Conn, own properties, patience time.Duration) (*peer, error) {
	p := &peer{conn: conn, r: bufio.NewReaderSize(conn, 64<<10), own: own.socket, out: newQueue(patience), wrote: make(chan struct{})}
	if err := conn.SetDeadline(time.Now().Add(handshakeLimit)); err != nil {
		return nil, err
	}
	var err error
	if p.other, p.minor, err = shake(conn, p.r, own); err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	go p.write()
	return p, nil
}

// write writes what is queued until the queue is closed or the connection breaks.
func (p *peer) write() {
	defer close(p.wrote)
	for {
		batch := p.out.pop()
		if len(batch) == 0 {
			return
		}
		size := 0
		for _, m := range batch {
			size += len(m)
		}
		buffers := net.Buffers(batch)
		if _, err := buffers.WriteTo(p.conn); err != nil {
			p.out.close()
			p.conn.Close() // ends reading too
			return
		}
		p.out.wrote(size)
	}
}

// read returns the next message; subscriptions are taken in and told to subscribed.
func (p *peer) read(subscribed func(topic []byte)) ([][]byte, error) {
	for {
		frames, err := readMessage(p.r, func(c command) error { p.command(c, subscribed); return nil })
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				err = io.EOF
			}
			return nil, err
		}
		if p.own != XPub {
			return frames, nil
		}
		if len(frames) == 1 && len(frames[0]) > 0 && frames[0][0] <= 1 { // as ZMTP 3.0 subscribes
			p.subscribe(frames[0][0] == 1, frames[0][1:], subscribed)
		}
	}
}

// command does what a peer's command asks. Those that are not known ask nothing.
func (p *peer) command(c command, subscribed func([]byte)) {
	switch {
	case c.name == "PING" && len(c.data) >= 2:
		p.out.push(command{name: "PONG", data: c.data[2:min(len(c.data), 2+16)]}.encode())
	case c.name == "SUBSCRIBE" && p.own == XPub:
		p.subscribe(true, c.data, subscribed)
	case c.name == "CANCEL" && p.own == XPub:
		p.subscribe(false, c.data, subscribed)
	}
}

func (p *peer) subscribe(on bool, topic []byte, subscribed func([]byte)) {
	p.mu.Lock()
	switch {
	case on && len(p.topics) < maxTopics:
		p.topics = append(p.topics, topic)
	case !on:
		for i, t := range p.topics {
			if bytes.Equal(t, topic) {
				p.topics = append(p.topics[:i], p.topics[i+1:]...)
				break
			}
		}
	}
	p.mu.Unlock()
	if on {
		subscribed(topic)
	}
}

// wants reports whether the peer has subscribed to a message that begins so.
func (p *peer) wants(first []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.topics {
		if bytes.HasPrefix(first, t) {
			return true
		}
	}
	return false
}

// close ends the connection when what is queued has been written, or after linger.
func (p *peer) close() {
	p.out.close()
	select {
	case <-p.wrote:
	case <-time.After(linger):
	}
	p.conn.Close()
}
