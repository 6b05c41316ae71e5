package zmtp_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter/zmtp"
)

func listen(t *testing.T, typ zmtp.Type, h zmtp.Handler) (*zmtp.Socket, string) {
	t.Helper()
	s, err := zmtp.Listen(typ, "127.0.0.1:0", h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, fmt.Sprintf("127.0.0.1:%d", s.Port())
}

func dial(t *testing.T, typ zmtp.Type, address, identity string) *zmtp.Conn {
	t.Helper()
	c, err := zmtp.Dial(t.Context(), typ, address, []byte(identity))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// echo is a ROUTER that answers each message with its identity and frames.
func echo(t *testing.T) (*zmtp.Socket, string) {
	t.Helper()
	var s *zmtp.Socket
	ready := make(chan struct{})
	s, address := listen(t, zmtp.Router, zmtp.Handler{Message: func(identity []byte, frames [][]byte) {
		<-ready
		if err := s.Send(identity, append([][]byte{identity}, frames...)...); err != nil {
			t.Log(err) // a peer may have gone
		}
	}})
	close(ready)
	return s, address
}

func frames(texts ...string) [][]byte {
	list := make([][]byte, len(texts))
	for i, text := range texts {
		list[i] = []byte(text)
	}
	return list
}

func TestMessagesArriveWhole(t *testing.T) {
	t.Parallel()
	_, address := echo(t)
	c := dial(t, zmtp.Dealer, address, "me")
	table := [][][]byte{
		frames("one"), frames(""), frames("", "a", ""),
		frames(strings.Repeat("x", 255)), frames(strings.Repeat("y", 256), "short"), // either side of a long length
		frames(strings.Repeat("z", 3<<20)),
	}
	for _, want := range table {
		if err := c.Send(want...); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range table {
		got, err := c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if want = append(frames("me"), want...); !slices.EqualFunc(want, got, bytes.Equal) {
			t.Errorf("a message of %d frames became one of %d, or its bytes changed", len(want), len(got))
		}
	}
}

// A client that comes back under its name before the kernel knows that its old
// connection is broken takes that connection's place.
func TestIdentityIsHandedOver(t *testing.T) {
	t.Parallel()
	_, address := echo(t)
	first := dial(t, zmtp.Dealer, address, "same")
	if err := first.Send([]byte("first")); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Receive(); err != nil { // from now on the socket knows it
		t.Fatal(err)
	}
	for i := range 3 {
		c := dial(t, zmtp.Dealer, address, "same")
		if err := c.Send([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Receive(); err != nil || got[1][0] != byte(i) {
			t.Fatalf("connection %d got %v (%v)", i, got, err)
		}
	}
	if _, err := first.Receive(); err == nil {
		t.Error("the first connection still gets messages")
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	topics := make(chan string, 10)
	s, address := listen(t, zmtp.XPub, zmtp.Handler{Subscribed: func(topic []byte, send func(...[]byte)) {
		send([]byte("welcome"))
		topics <- string(topic)
	}})
	s.Publish([]byte("nobody hears this"))
	c := dial(t, zmtp.Sub, address, "")
	if topic := <-topics; topic != "" {
		t.Errorf("subscribed to %q", topic)
	}
	s.Publish([]byte("a"), []byte("1"))
	for _, want := range []string{"welcome", "a"} {
		if got, err := c.Receive(); err != nil || string(got[0]) != want {
			t.Fatalf("received %q (%v), want %s", got, err, want)
		}
	}
}

// A peer of ZMTP 3.0 subscribes by messages, one of 3.1 by commands.
func TestSubscriptionsOfBothVersions(t *testing.T) {
	t.Parallel()
	subscribed := make(chan string, 10)
	s, address := listen(t, zmtp.XPub, zmtp.Handler{Subscribed: func(topic []byte, _ func(...[]byte)) { subscribed <- string(topic) }})
	table := []struct{ name, on, off string }{
		{"3.0", "\x00\x02\x01a", "\x00\x02\x00a"},
		{"3.1", "\x04\x0b\x09SUBSCRIBEa", "\x04\x08\x06CANCELa"},
	}
	for _, row := range table {
		conn := shaken(t, address, "SUB")
		write(t, conn, row.on)
		if topic := <-subscribed; topic != "a" {
			t.Fatalf("%s: subscribed to %q", row.name, topic)
		}
		s.Publish([]byte("b"))
		s.Publish([]byte("a"))
		if got := read(t, conn, 3); got != "\x00\x01a" {
			t.Errorf("%s: got %q", row.name, got)
		}
		write(t, conn, row.off+"\x04\x08\x04PING\x00\x00x") // the PONG says that the rest is done
		if got := read(t, conn, 8); got != "\x04\x06\x04PONGx" {
			t.Errorf("%s: ping got %q", row.name, got)
		}
		s.Publish([]byte("a"))
		write(t, conn, "\x04\x08\x04PING\x00\x00y")
		if got := read(t, conn, 8); got != "\x04\x06\x04PONGy" {
			t.Errorf("%s: after it was canceled came %q", row.name, got)
		}
	}
}

func greet(version, mechanism string) string {
	g := "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f" + version + mechanism
	return g + strings.Repeat("\x00", 64-len(g))
}

func ready(typ string) string {
	data := "\x05READY\x0bSocket-Type" + string(binary.BigEndian.AppendUint32(nil, uint32(len(typ)))) + typ
	return "\x04" + string([]byte{byte(len(data))}) + data
}

// shaken returns a plain connection after a handshake as a socket of a type.
func shaken(t *testing.T, address, typ string) net.Conn {
	t.Helper()
	conn := connect(t, address)
	write(t, conn, greet("\x03\x00", "NULL")+ready(typ))
	if got := read(t, conn, 64); !strings.HasPrefix(got, "\xff") || !strings.HasPrefix(got[9:], "\x7f\x03\x01NULL\x00") {
		t.Fatalf("greeting %q", got)
	}
	head := read(t, conn, 2)
	if body := read(t, conn, int(head[1])); !strings.HasPrefix(body, "\x05READY\x0bSocket-Type") {
		t.Fatalf("command %q", body)
	}
	return conn
}

func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, conn net.Conn, n int) string {
	t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(conn, b); err != nil {
		t.Fatalf("reading %d bytes: %v", n, err)
	}
	return string(b)
}

// Whatever a stranger sends ends its connection only.
func TestBadPeersAreLeft(t *testing.T) {
	t.Parallel()
	_, address := echo(t)
	hello := greet("\x03\x00", "NULL")
	table := map[string]string{
		"a web browser":         "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + strings.Repeat(" ", 64),
		"ZMTP 2":                "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x05\x00\x00",
		"another mechanism":     greet("\x03\x00", "CURVE"),
		"no READY":              hello + "\x00\x01a",
		"another command":       hello + "\x04\x06\x05HELLO",
		"a command of nothing":  hello + "\x04\x00",
		"a command cut short":   hello + "\x04\x02\x05R",
		"a property cut short":  hello + "\x04\x08\x05READY\x0bS",
		"a value cut short":     hello + "\x04\x0d\x05READY\x01a\xff\xff\xff\xffx",
		"a socket that is none": hello + ready("NOISE"),
		"a publisher":           hello + ready("PUB"),
		"an absurd length":      hello + ready("DEALER") + "\x02\x3f\xff\xff\xff\xff\xff\xff\xff",
		"a negative length":     hello + ready("DEALER") + "\x02\xff\xff\xff\xff\xff\xff\xff\xff",
		"a long command":        hello + ready("DEALER") + "\x06\x00\x00\x00\x00\x00\x02\x00\x00" + strings.Repeat("x", 1<<17),
		"unknown flags":         hello + ready("DEALER") + "\x80\x00",
		"too many frames":       hello + ready("DEALER") + strings.Repeat("\x01\x00", zmtp.MaxFrames+1),
	}
	for name, sent := range table {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, address)
			_, _ = io.WriteString(conn, sent) // it may be closed while this is on its way
			_ = conn.(*net.TCPConn).CloseWrite()
			if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
				t.Error("the connection is kept")
			}
			c := dial(t, zmtp.Dealer, address, "")
			if err := c.Send([]byte("alive")); err != nil {
				t.Fatal(err)
			}
			if got, err := c.Receive(); err != nil || string(got[1]) != "alive" {
				t.Errorf("afterwards the socket says %q (%v)", got, err)
			}
		})
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// One subscriber has stopped reading. Others get everything, and the sender is held
// up once and not for long.
func TestStuckSubscriberHoldsUpNobody(t *testing.T) {
	t.Parallel()
	subscribed := make(chan struct{}, 2)
	s, address := listen(t, zmtp.XPub, zmtp.Handler{Subscribed: func([]byte, func(...[]byte)) { subscribed <- struct{}{} }})
	stuck := shaken(t, address, "SUB")
	write(t, stuck, "\x00\x01\x01")
	<-subscribed
	c := dial(t, zmtp.Sub, address, "")
	<-subscribed
	const messages = 200
	body := bytes.Repeat([]byte("x"), 1<<20) // 200 MiB: more than sockets and queue hold
	begin := time.Now()
	go func() {
		for i := range messages {
			s.Publish([]byte{byte(i)}, body)
		}
	}()
	for i := range messages {
		got, err := c.Receive()
		if err != nil || got[0][0] != byte(i) || len(got[1]) != len(body) {
			t.Fatalf("message %d is %d (%v)", i, got[0], err)
		}
	}
	// A second for each message that has no room would be over two minutes.
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("it took %v", took)
	}
	stuck.Close() // or closing the socket would give it a second to read
}

func TestSendToNobody(t *testing.T) {
	t.Parallel()
	s, _ := listen(t, zmtp.Router, zmtp.Handler{})
	if err := s.Send([]byte("nobody"), []byte("a")); fault.KindOf(err) != fault.Missing {
		t.Errorf("error %v, want a Missing fault", err)
	}
}

func TestDialGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s, address := listen(t, zmtp.Router, zmtp.Handler{})
	s.Close()
	if _, err := zmtp.Dial(ctx, zmtp.Dealer, address, nil); fault.KindOf(err) != fault.Missing || !strings.Contains(err.Error(), address) {
		t.Errorf("error %v, want a Missing fault with the address", err)
	}
}

// What was sent before Close arrives.
func TestCloseWritesOutWhatIsQueued(t *testing.T) {
	t.Parallel()
	s, address := echo(t)
	c := dial(t, zmtp.Dealer, address, "last")
	if err := c.Send(bytes.Repeat([]byte("x"), 8<<20)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Receive(); err != nil {
		t.Fatal(err)
	}
	if err := s.Send([]byte("last"), bytes.Repeat([]byte("y"), 8<<20)); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	if got, err := c.Receive(); err != nil || len(got[0]) != 8<<20 {
		t.Errorf("the last message has %d frames (%v)", len(got), err)
	}
	if _, err := c.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("after it: %v, want io.EOF", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// libzmq is the oracle: its DEALER, REQ and SUB sockets connect, vanish and come
// back under the same name.
func TestLibzmqTalks(t *testing.T) {
	t.Parallel()
	const times = 100
	_, router := echo(t)
	var rep *zmtp.Socket
	opened := make(chan struct{})
	rep, repAddress := listen(t, zmtp.Rep, zmtp.Handler{Message: func(identity []byte, frames [][]byte) {
		<-opened
		if err := rep.Send(identity, frames...); err != nil {
			t.Error(err)
		}
	}})
	close(opened)
	_, xpub := listen(t, zmtp.XPub, zmtp.Handler{Subscribed: func(topic []byte, send func(...[]byte)) {
		send([]byte("news"), topic, bytes.Repeat([]byte("n"), 1000))
	}})
	out, err := exec.Command(python(t), "testdata/libzmq.py", router, repAddress, xpub, fmt.Sprint(times)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), fmt.Sprintf("%d rounds", times)) {
		t.Errorf("libzmq: %v\n%s", err, out)
	}
}

func python(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(p, "-c", "import zmq").Run() == nil {
			return p
		}
	}
	t.Fatal("no python3 has zmq; make setup installs it")
	return ""
}

// FuzzPeer sends a ROUTER and an XPUB what a stranger may, with and without a
// handshake, and asks whether they still answer.
func FuzzPeer(f *testing.F) {
	f.Add([]byte("\x00\x01a"), true)
	f.Add([]byte("\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01b"), true)
	f.Add([]byte("\x04\x08\x04PING\x00\x00x"), true)
	f.Add([]byte("\x04\x0b\x09SUBSCRIBEa\x04\x08\x06CANCELa"), true)
	f.Add([]byte("\x02\x7f\xff\xff\xff\xff\xff\xff\xff"), true)
	f.Add([]byte(greet("\x03\x01", "NULL")+ready("DEALER")+"\x00\x01a"), false)
	f.Add([]byte(greet("\x03\x00", "NULL")+"\x04\x08\x05READY\x0bS"), false)
	f.Fuzz(func(t *testing.T, data []byte, shake bool) {
		if err := zmtp.Fed(zmtp.Router, data, shake); err != nil && fault.KindOf(err) == fault.Internal && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a stranger's bytes are an error of ours: %v", err)
		}
		if err := zmtp.Fed(zmtp.XPub, data, shake); err != nil && fault.KindOf(err) == fault.Internal && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a stranger's bytes are an error of ours: %v", err)
		}
	})
}
