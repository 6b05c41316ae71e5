package wire_test

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/web/wire"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

func sample(buffers ...[]byte) jupyter.Message {
	return jupyter.Message{Channel: "shell", Metadata: map[string]any{"a": "b"}, Content: json.RawMessage(`{"code":"π"}`), Buffers: buffers,
		Header:       jupyter.Header{MsgID: "m1", Session: "s", Username: "u", Date: "2026-11-24T00:00:00Z", MsgType: "execute_request", Version: "5.5"},
		ParentHeader: &jupyter.Header{MsgID: "p1", Session: "s", MsgType: "x"}}
}

func TestFramesComeBack(t *testing.T) {
	t.Parallel()
	orphan := sample()
	orphan.ParentHeader = nil
	for name, m := range map[string]jupyter.Message{"plain": sample(), "two buffers": sample([]byte{0, 255}, []byte{}), "no parent": orphan} {
		for _, v1 := range []bool{false, true} {
			frame, binaryFrame, err := wire.Encode(m, v1)
			if err != nil {
				t.Fatal(err)
			}
			if want := v1 || len(m.Buffers) > 0; binaryFrame != want {
				t.Errorf("%s, v1 %t: a binary frame: %t", name, v1, binaryFrame)
			}
			got, err := wire.Decode(frame, binaryFrame, v1)
			if err != nil {
				t.Errorf("%s, v1 %t: %v", name, v1, err)
			}
			if diff := cmp.Diff(m, got); diff != "" {
				t.Errorf("%s, v1 %t:\n%s", name, v1, diff)
			}
		}
	}
}

// The bytes are as the two specifications lay them out, worked by hand.
func TestLayout(t *testing.T) {
	t.Parallel()
	m := jupyter.Message{Channel: "iopub", Header: jupyter.Header{MsgID: "1", MsgType: "status"}, Content: json.RawMessage(`{}`), Buffers: [][]byte{{7, 8, 9}}}
	frame, _, err := wire.Encode(m, false)
	if err != nil {
		t.Fatal(err)
	}
	// Two parts: the count and two offsets are 12 bytes, and the JSON stands at 12.
	if n, first := binary.BigEndian.Uint32(frame), binary.BigEndian.Uint32(frame[4:]); n != 2 || first != 12 {
		t.Errorf("default: %d parts, the first at %d", n, first)
	}
	second := binary.BigEndian.Uint32(frame[8:])
	if int(second) != len(frame)-3 || !strings.HasPrefix(string(frame[12:]), `{"channel":"iopub"`) {
		t.Errorf("default: the buffer is at %d of %d", second, len(frame))
	}
	frame, _, err = wire.Encode(m, true)
	if err != nil {
		t.Fatal(err)
	}
	// Channel, four texts, a buffer and the end: 7 offsets and the count are 64 bytes.
	offset := func(i int) int { return int(binary.LittleEndian.Uint64(frame[8*(i+1):])) }
	if n := binary.LittleEndian.Uint64(frame); n != 7 || offset(0) != 64 || offset(1) != 69 || offset(6) != len(frame) || offset(5) != len(frame)-3 {
		t.Errorf("v1: %d parts at %d, %d, … %d of %d", n, offset(0), offset(1), offset(6), len(frame))
	}
	if string(frame[64:69]) != "iopub" {
		t.Errorf("v1: the channel is %q", frame[64:69])
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	t.Parallel()
	good, _, err := wire.Encode(sample(), true)
	if err != nil {
		t.Fatal(err)
	}
	beyond := append([]byte{}, good...)
	binary.LittleEndian.PutUint64(beyond[16:], 1<<60)
	table := []struct {
		name       string
		frame      []byte
		binary, v1 bool
	}{
		{"empty", nil, false, false},
		{"no object", []byte(`[1]`), false, false},
		{"no header", []byte(`{"channel":"shell","content":{}}`), false, false},
		{"a header that is a text", []byte(`{"channel":"shell","header":"x"}`), false, false},
		{"a text frame on v1", []byte(`{}`), false, true},
		{"a short table", []byte{1, 2, 3}, true, true},
		{"too many parts", binary.LittleEndian.AppendUint64(nil, 1<<40), true, true},
		{"an offset beyond the end", beyond, true, true},
		{"no parts", make([]byte, 16), true, false},
		{"cut off", good[:len(good)-40], true, true},
	}
	for _, row := range table {
		if m, err := wire.Decode(row.frame, row.binary, row.v1); fault.KindOf(err) != fault.Misuse {
			t.Errorf("%s: %v, %v", row.name, m, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, v1 := range []bool{false, true} {
		for _, m := range []jupyter.Message{sample(), sample([]byte{1, 2})} {
			frame, binaryFrame, err := wire.Encode(m, v1)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(frame, binaryFrame, v1)
		}
	}
	f.Fuzz(func(t *testing.T, frame []byte, binaryFrame, v1 bool) {
		m, err := wire.Decode(frame, binaryFrame, v1)
		if err != nil {
			return
		}
		again, binaryFrame, err := wire.Encode(m, v1)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, err := wire.Decode(again, binaryFrame, v1)
		if err != nil || back.Header != m.Header || back.Channel != m.Channel {
			t.Fatalf("it comes back as %v (%v), not %v", back, err, m)
		}
	})
}
