package zmq

import (
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/jupyter/zmtp"
)

// maxBacklog is how many messages wait for the first client that listens.
const maxBacklog = 100

// Kernel is a kernel's end: a jupyter.Conn that any number of clients share. What is
// published before the first client has subscribed waits for it, so that a client
// sees the kernel start.
type Kernel struct {
	connection Connection
	sockets    map[string]*zmtp.Socket // by channel; heartbeat under "hb"
	in         chan jupyter.Message
	done       chan struct{}
	once       sync.Once
	replays    replays
	warned     sync.Map // kinds of fault that the log has heard of

	mu      sync.Mutex // serializes what is published
	welcome func(subscription string) jupyter.Message
	heard   bool // somebody has subscribed
	backlog []jupyter.Message
}

// Listen opens the sockets that a connection names.
func Listen(c Connection) (*Kernel, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	k := &Kernel{connection: c, sockets: map[string]*zmtp.Socket{}, in: make(chan jupyter.Message), done: make(chan struct{})}
	ports := k.connection.ports()
	for i, channel := range []string{jupyter.Shell, jupyter.IOPub, jupyter.Stdin, jupyter.Control, "hb"} {
		opening := make(chan struct{}) // a heartbeat may come before the socket is known
		var socket *zmtp.Socket
		typ, handler := k.socket(channel, func(identity []byte, frames [][]byte) {
			<-opening
			_ = socket.Send(identity, frames...) // nobody waits for an echo that nobody takes
		})
		socket, err := zmtp.Listen(typ, c.Address(*ports[i]), handler)
		if err != nil {
			k.Close()
			return nil, fault.WithRemedy(err, "another kernel may use the port: start this one again")
		}
		close(opening)
		k.sockets[channel], *ports[i] = socket, socket.Port()
	}
	return k, nil
}

// socket says what listens on a channel.
func (k *Kernel) socket(channel string, echo func([]byte, [][]byte)) (zmtp.Type, zmtp.Handler) {
	switch channel {
	case jupyter.IOPub:
		return zmtp.XPub, zmtp.Handler{Subscribed: k.subscribed}
	case "hb":
		return zmtp.Rep, zmtp.Handler{Message: echo}
	}
	return zmtp.Router, zmtp.Handler{Message: func(identity []byte, frames [][]byte) { k.take(channel, identity, frames) }}
}

// Connection is where the kernel listens, with the ports that were picked.
func (k *Kernel) Connection() Connection { return k.connection }

// take hands a message on. One that is not signed rightly, or comes twice, is
// dropped: whoever sent it gets no answer.
func (k *Kernel) take(channel string, identity []byte, frames [][]byte) {
	m, err := Decode(frames, channel, k.connection.Key)
	if err == nil && k.connection.Key != "" && !k.replays.first(signatureOf(frames)) {
		err = fault.Errorf(fault.Conflict, "%s: a message came twice", channel)
	}
	if err != nil {
		if _, again := k.warned.LoadOrStore(fault.KindOf(err), true); !again {
			slog.Warn("a message was dropped, as are others like it", "reason", err)
		}
		return
	}
	m.Identities = append([][]byte{identity}, m.Identities...)
	select {
	case k.in <- m:
	case <-k.done:
	}
}

// signatureOf returns the signature of a message that Decode has read, as it was
// computed.
func signatureOf(frames [][]byte) string {
	at := slices.IndexFunc(frames, func(f []byte) bool { return string(f) == delimiter })
	return strings.ToLower(string(frames[at+1]))
}

// Receive returns the next request of any client, and io.EOF after Close.
func (k *Kernel) Receive() (jupyter.Message, error) {
	select {
	case m := <-k.in:
		return m, nil
	case <-k.done:
		return jupyter.Message{}, io.EOF
	}
}

// Send publishes an iopub message, or sends another to the client that its
// Identities name. A client that has gone loses its answer.
func (k *Kernel) Send(m jupyter.Message) error {
	if m.Channel == jupyter.IOPub {
		return k.publish(m)
	}
	frames, err := Encode(m, k.connection.Key)
	if err != nil {
		return err
	}
	if len(m.Identities) == 0 || k.sockets[m.Channel] == nil {
		return fault.Errorf(fault.Missing, "nobody is to get a %s", m.Header.MsgType)
	}
	return k.sockets[m.Channel].Send(m.Identities[0], slices.Concat(m.Identities[1:], frames)...)
}

func (k *Kernel) publish(m jupyter.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.heard {
		if len(k.backlog) == maxBacklog {
			k.backlog = k.backlog[1:]
		}
		k.backlog = append(k.backlog, m)
		return nil
	}
	frames, err := published(m, k.connection.Key)
	if err == nil {
		k.sockets[jupyter.IOPub].Publish(frames...)
	}
	return err
}

// published returns the frames of an iopub message, its topic first.
func published(m jupyter.Message, key string) ([][]byte, error) {
	frames, err := Encode(m, key)
	return append([][]byte{[]byte("kernel." + m.Header.Session + "." + m.Header.MsgType)}, frames...), err
}

// Welcome sets what greets a client that has subscribed, from which it knows that
// it will miss nothing more.
func (k *Kernel) Welcome(message func(subscription string) jupyter.Message) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.welcome = message
}

func (k *Kernel) subscribed(topic []byte, send func(frames ...[]byte)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	waiting := k.backlog
	k.backlog, k.heard = nil, true
	if k.welcome != nil {
		waiting = append([]jupyter.Message{k.welcome(string(topic))}, waiting...)
	}
	for _, m := range waiting {
		if frames, err := published(m, k.connection.Key); err == nil {
			send(frames...)
		}
	}
}

// Close ends Receive and all connections, when what was sent has been written or a
// second has passed.
func (k *Kernel) Close() error {
	var errs []error
	k.once.Do(func() {
		close(k.done)
		var closing sync.WaitGroup
		var mu sync.Mutex
		for _, s := range k.sockets {
			closing.Go(func() {
				err := s.Close()
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			})
		}
		closing.Wait()
	})
	return errors.Join(errs...)
}
