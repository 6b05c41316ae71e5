package zmq_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/jupyter/zmq"
	"profilemate/workbench/jupyter/zmtp"
)

func request(msgType string, content any) jupyter.Message {
	return jupyter.NewMessage(jupyter.Shell, msgType, "client", nil, content)
}

func TestMessagesSurviveTheWire(t *testing.T) {
	t.Parallel()
	m := request(jupyter.ExecuteRequest, map[string]any{"code": "µ\n"})
	reply := jupyter.NewMessage(jupyter.Shell, jupyter.ExecuteReply, "kernel", &m.Header, map[string]any{})
	reply.Buffers = [][]byte{{0, 255}, {}}
	for _, key := range []string{"", "secret"} {
		for _, want := range []jupyter.Message{m, reply} {
			frames, err := zmq.Encode(want, key)
			if err != nil {
				t.Fatal(err)
			}
			want.Identities = [][]byte{[]byte("id"), {}}
			got, err := zmq.Decode(append([][]byte{[]byte("id"), {}}, frames...), jupyter.Shell, key)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("message changed (-sent +received):\n%s", diff)
			}
		}
	}
}

// The signature that jupyter_client 7.4.9 makes:
//
//	s = jupyter_client.session.Session(key=b"secret"); s.sign([b"{}", b"{}", b"{}", b'{"a":1}'])
func TestSignatureIsThatOfOthers(t *testing.T) {
	t.Parallel()
	const signature = "9335a27f3b96ceef8d908311214c9b96d0a1763df3e479e8e92f19b227d8b058"
	frames := [][]byte{[]byte("<IDS|MSG>"), []byte(signature), []byte("{}"), []byte("{}"), []byte("{}"), []byte(`{"a":1}`)}
	if _, err := zmq.Decode(frames, jupyter.Shell, "secret"); fault.KindOf(err) != fault.Corrupt || !strings.Contains(err.Error(), "msg_type") {
		t.Errorf("error %v, want one of the empty header alone", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	good, err := zmq.Encode(request(jupyter.ExecuteRequest, map[string]any{}), "secret")
	if err != nil {
		t.Fatal(err)
	}
	change := func(frame int, with string) [][]byte {
		f := append([][]byte{}, good...)
		f[frame] = []byte(with)
		return f
	}
	unsigned, err := zmq.Encode(request(jupyter.ExecuteRequest, map[string]any{}), "")
	if err != nil {
		t.Fatal(err)
	}
	other, err := zmq.Encode(request(jupyter.ExecuteRequest, map[string]any{}), "guess")
	if err != nil {
		t.Fatal(err)
	}
	table := []struct {
		name   string
		frames [][]byte
		key    string
		kind   fault.Kind
	}{
		{"nothing", nil, "", fault.Corrupt},
		{"no delimiter", good[1:], "secret", fault.Corrupt},
		{"a part is missing", good[:5], "secret", fault.Corrupt},
		{"no signature", unsigned, "secret", fault.Denied},
		{"another key", other, "secret", fault.Denied},
		{"content changed", change(5, `{"code":"x"}`), "secret", fault.Denied},
		{"half a signature", change(1, hex.EncodeToString(make([]byte, 16))), "secret", fault.Denied},
		{"a signature that nobody asked for", good, "", fault.Denied},
		{"no JSON", [][]byte{[]byte("<IDS|MSG>"), {}, []byte("hello"), []byte("{}"), []byte("{}"), []byte("{}")}, "", fault.Corrupt},
		{"a header of nothing", [][]byte{[]byte("<IDS|MSG>"), {}, []byte("{}"), []byte("{}"), []byte("{}"), []byte("{}")}, "", fault.Corrupt},
	}
	for _, row := range table {
		if _, err := zmq.Decode(row.frames, jupyter.Shell, row.key); fault.KindOf(err) != row.kind {
			t.Errorf("%s: %v, want %s", row.name, err, row.kind)
		}
	}
}

func FuzzDecode(f *testing.F) {
	frames, err := zmq.Encode(request(jupyter.ExecuteRequest, map[string]any{"code": "a"}), "")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Join(frames, []byte("\n")))
	f.Add([]byte("id\n<IDS|MSG>\n\n{}\nnull\n{}\n[]\nbuffer"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := zmq.Decode(bytes.Split(data, []byte("\n")), jupyter.Shell, "")
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Errorf("error without a kind: %v", err)
			}
			return
		}
		again, err := zmq.Encode(m, "")
		if err != nil {
			t.Fatalf("a message that was read cannot be written: %v", err)
		}
		if m2, err := zmq.Decode(again, jupyter.Shell, ""); err != nil || m2.Header != m.Header || len(m2.Buffers) != len(m.Buffers) {
			t.Fatalf("%+v became %+v (%v)", m, m2, err)
		}
	})
}

func listen(t *testing.T, key string) *zmq.Kernel {
	t.Helper()
	k, err := zmq.Listen(zmq.Connection{IP: "127.0.0.1", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

// A message that is signed wrongly, or comes twice, reaches nobody; one that is right
// and comes behind it does.
func TestForgedAndReplayedMessagesAreDropped(t *testing.T) {
	t.Parallel()
	k := listen(t, "secret")
	c, err := zmtp.Dial(t.Context(), zmtp.Dealer, address(k.Connection().ControlPort), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send := func(msgType, key string, times int) {
		frames, err := zmq.Encode(request(msgType, map[string]any{}), key)
		if err != nil {
			t.Fatal(err)
		}
		for range times {
			if err := c.Send(frames...); err != nil {
				t.Fatal(err)
			}
		}
	}
	send("forged", "guess", 1)
	send("replayed", "secret", 3)
	send("last", "secret", 1)
	for _, want := range []string{"replayed", "last"} {
		if m, err := k.Receive(); err != nil || m.Header.MsgType != want {
			t.Fatalf("received %q (%v), want %s", m.Header.MsgType, err, want)
		}
	}
}

func address(port int) string { return zmq.Connection{IP: "127.0.0.1"}.Address(port) }

// Two clients ask at once: each gets its own answer, and both what is published.
func TestAnswersFindTheirClient(t *testing.T) {
	t.Parallel()
	k := listen(t, "secret")
	k.Welcome(func(subscription string) jupyter.Message {
		return jupyter.NewMessage(jupyter.IOPub, jupyter.IOPubWelcome, "kernel", nil, jupyter.Welcome{Subscription: subscription})
	})
	conns := make([]jupyter.Conn, 2)
	for i := range conns {
		var err error
		if conns[i], err = zmq.Dial(t.Context(), k.Connection()); err != nil {
			t.Fatal(err)
		}
		defer conns[i].Close()
		if m, err := conns[i].Receive(); err != nil || m.Header.MsgType != jupyter.IOPubWelcome {
			t.Fatalf("client %d is greeted by %q (%v)", i, m.Header.MsgType, err)
		}
		if err := conns[i].Send(request("question", i)); err != nil {
			t.Fatal(err)
		}
	}
	for range conns {
		m, err := k.Receive()
		if err != nil {
			t.Fatal(err)
		}
		answer := jupyter.NewMessage(m.Channel, "answer", "kernel", &m.Header, m.Content)
		answer.Identities = m.Identities
		if err := k.Send(answer); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Send(jupyter.NewMessage(jupyter.IOPub, "news", "kernel", nil, 7)); err != nil {
		t.Fatal(err)
	}
	for i, conn := range conns {
		got := map[string]string{}
		for range 2 {
			m, err := conn.Receive()
			if err != nil {
				t.Fatal(err)
			}
			got[m.Header.MsgType] = string(m.Content)
		}
		if want := map[string]string{"answer": string('0' + rune(i)), "news": "7"}; !cmp.Equal(got, want) {
			t.Errorf("client %d got %v, want %v", i, got, want)
		}
	}
	k.Close()
	for _, conn := range conns {
		if _, err := conn.Receive(); !errors.Is(err, io.EOF) {
			t.Errorf("after the kernel has ended: %v, want io.EOF", err)
		}
	}
}

// The kernel's first words wait for the first client.
func TestFirstWordsWait(t *testing.T) {
	t.Parallel()
	k := listen(t, "")
	if err := k.Send(jupyter.NewMessage(jupyter.IOPub, jupyter.StatusType, "kernel", nil, jupyter.Status{ExecutionState: jupyter.StateStarting})); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	conn, err := zmq.Dial(t.Context(), k.Connection())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if m, err := conn.Receive(); err != nil || m.Header.MsgType != jupyter.StatusType {
		t.Errorf("received %q (%v), want the status", m.Header.MsgType, err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	k := listen(t, "secret")
	c, err := zmtp.Dial(t.Context(), zmtp.Req, address(k.Connection().HeartbeatPort), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, beat := range []string{"ping", "again"} {
		if err := c.Send(nil, []byte(beat)); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Receive(); err != nil || len(got) != 2 || string(got[1]) != beat {
			t.Errorf("the echo of %s is %q (%v)", beat, got, err)
		}
	}
}

func TestConnectionFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want, err := zmq.NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "good.json")
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want 0600: the key is in it", info.Mode(), err)
	}
	if got, err := zmq.ReadConnection(path); err != nil || got != want {
		t.Errorf("%+v became %+v (%v)", want, got, err)
	}
	table := []struct {
		name, content, says string
		kind                fault.Kind
	}{
		{"cut.json", `{"transport":"tcp","ip":"127`, "cut.json", fault.Corrupt},
		{"empty.json", "", "empty.json", fault.Corrupt},
		{"ipc.json", `{"transport":"ipc","ip":"/tmp/k"}`, `this program speaks tcp, not "ipc"`, fault.Unsupported},
		{"md5.json", `{"ip":"127.0.0.1","key":"k","signature_scheme":"hmac-md5"}`, `signs by hmac-sha256, not "hmac-md5"`, fault.Unsupported},
		{"port.json", `{"ip":"127.0.0.1","hb_port":70000}`, "port 70000", fault.Corrupt},
		{"noip.json", `{}`, "ip: there is none", fault.Corrupt},
	}
	for _, row := range table {
		file := filepath.Join(dir, row.name)
		if err := os.WriteFile(file, []byte(row.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := zmq.ReadConnection(file); fault.KindOf(err) != row.kind || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want %s with %q", row.name, err, row.kind, row.says)
		}
	}
	if _, err := zmq.ReadConnection(filepath.Join(dir, "none.json")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no file: %v, want NotFound", err)
	}
	first := listen(t, "")
	if _, err := zmq.Listen(first.Connection()); err == nil || !strings.Contains(err.Error(), "start this one again") {
		t.Errorf("ports that are taken: %v", err)
	}
}
