package jupyter_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// closable is a buffer that NewStream can write to.
type closable struct{ bytes.Buffer }

func (*closable) Close() error { return nil }

func frame(body string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

func TestStreamCarriesMessagesWhole(t *testing.T) {
	t.Parallel()
	parent := jupyter.NewMessage(jupyter.Shell, jupyter.ExecuteRequest, "s", nil, map[string]any{"code": "µ\n"})
	reply := jupyter.NewMessage(jupyter.Shell, jupyter.ExecuteReply, "s", &parent.Header, map[string]any{"status": "ok"})
	reply.Buffers = [][]byte{{0, 1, 255}, {}}
	var out closable
	c := jupyter.NewStream(nil, &out)
	for _, m := range []jupyter.Message{parent, reply} {
		if err := c.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	in := jupyter.NewStream(&out, &closable{})
	for _, want := range []jupyter.Message{parent, reply} {
		got, err := in.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("message changed (-sent +received):\n%s", diff)
		}
	}
	if _, err := in.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v, want io.EOF", err)
	}
}

func TestReadFrameRefusesDamage(t *testing.T) {
	t.Parallel()
	table := []struct{ name, input, says string }{
		{"a length cut short", "\x00\x00", "it ends within a length"},
		{"a frame cut short", "\x00\x00\x00\x09{}", "it ends 2 bytes into a frame of 9"},
		{"text instead of frames", "panic: no such file", "above the limit"},
		{"no JSON", string(frame("hello")), "a frame of 5 bytes is no message"},
		{"no header", string(frame("{}")), "no msg_type or msg_id"},
		{"a long frame cut short", "\x01\x00\x00\x00" + strings.Repeat(" ", 3<<20), "it ends 3145728 bytes into a frame of 16777216"},
	}
	for _, row := range table {
		_, err := jupyter.ReadFrame(strings.NewReader(row.input))
		if fault.KindOf(err) != fault.Corrupt || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want a Corrupt fault with %q", row.name, err, row.says)
		}
	}
}

func TestReadFrameTakesAnEmptyParentForNone(t *testing.T) {
	t.Parallel()
	m, err := jupyter.ReadFrame(bytes.NewReader(frame(`{"header":{"msg_id":"1","msg_type":"status"},"parent_header":{}}`)))
	if err != nil || m.ParentHeader != nil {
		t.Errorf("parent %v (%v), want none", m.ParentHeader, err)
	}
}

func FuzzReadFrame(f *testing.F) {
	var out closable
	m := jupyter.NewMessage(jupyter.IOPub, jupyter.StreamType, "s", nil, map[string]any{"name": "stdout", "text": "a"})
	m.Buffers = [][]byte{{1, 2}}
	if err := jupyter.NewStream(nil, &out).Send(m); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add(frame("{}"))
	f.Add(frame(`{"header":{"msg_id":"1","msg_type":"x"},"parent_header":null,"metadata":null,"content":null}`))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := jupyter.ReadFrame(bytes.NewReader(data))
		if err != nil {
			return
		}
		var out closable
		if err := jupyter.NewStream(nil, &out).Send(m); err != nil {
			t.Fatalf("a message that was read cannot be sent: %v", err)
		}
		again, err := jupyter.ReadFrame(&out)
		if err != nil {
			t.Fatalf("a message that was sent cannot be read: %v", err)
		}
		if again.Header != m.Header || again.Channel != m.Channel || len(again.Buffers) != len(m.Buffers) {
			t.Fatalf("%+v became %+v", m, again)
		}
	})
}

func BenchmarkStream(b *testing.B) {
	// 1 MB is a result with a full preview.
	m := jupyter.NewMessage(jupyter.IOPub, jupyter.DisplayData, "s", nil, map[string]any{"text": strings.Repeat("12.5,", 200_000)})
	b.SetBytes(int64(len(m.Content)))
	b.ReportAllocs()
	for b.Loop() {
		var out closable
		if err := jupyter.NewStream(nil, &out).Send(m); err != nil {
			b.Fatal(err)
		}
		if _, err := jupyter.ReadFrame(&out); err != nil {
			b.Fatal(err)
		}
	}
}
