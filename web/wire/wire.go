// Package wire writes Jupyter messages as WebSocket frames, and reads them: the
// default framing and that of v1.kernel.websocket.jupyter.org.
package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// V1 is the subprotocol whose frames are all binary. A client that does not ask for
// it speaks the default framing.
const V1 = "v1.kernel.websocket.jupyter.org"

// maxParts bounds what a frame says it has, before anything is allocated for it.
const maxParts = 1 << 16

// message is a message as JSON has it in the default framing.
type message struct {
	Channel  string          `json:"channel"`
	Header   json.RawMessage `json:"header"`
	Parent   json.RawMessage `json:"parent_header"`
	Metadata json.RawMessage `json:"metadata"`
	Content  json.RawMessage `json:"content"`
	Buffers  []string        `json:"buffers"` // empty: those of a frame stand beside the JSON
}

// Encode returns a message as one frame, and whether that is a binary one. With v1
// it always is, else where the message has buffers.
func Encode(m jupyter.Message, v1 bool) (frame []byte, binaryFrame bool, err error) {
	parts, err := partsOf(m)
	if err != nil {
		return nil, false, fmt.Errorf("encoding %s: %w", m.Header.MsgType, err)
	}
	if v1 {
		list := [][]byte{[]byte(m.Channel), parts.Header, parts.Parent, parts.Metadata, parts.Content}
		return joinV1(append(list, m.Buffers...)), true, nil
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return nil, false, fmt.Errorf("encoding %s: %w", m.Header.MsgType, err)
	}
	if len(m.Buffers) == 0 {
		return text, false, nil
	}
	return joinDefault(append([][]byte{text}, m.Buffers...)), true, nil
}

// partsOf encodes what a message is made of. What answers nothing has an empty
// parent, as Jupyter writes it.
func partsOf(m jupyter.Message) (message, error) {
	header, err := json.Marshal(m.Header)
	if err != nil {
		return message{}, err
	}
	parent, metadata, content := []byte("{}"), []byte("{}"), []byte("{}")
	if m.ParentHeader != nil {
		if parent, err = json.Marshal(m.ParentHeader); err != nil {
			return message{}, err
		}
	}
	if len(m.Metadata) > 0 {
		if metadata, err = json.Marshal(m.Metadata); err != nil {
			return message{}, err
		}
	}
	if len(m.Content) > 0 {
		content = m.Content
	}
	return message{Channel: m.Channel, Header: header, Parent: parent, Metadata: metadata, Content: content, Buffers: []string{}}, nil
}

// joinDefault puts parts behind a table of big-endian offsets.
func joinDefault(parts [][]byte) []byte {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(parts)))
	offset := 4 * (len(parts) + 1)
	for _, part := range parts {
		frame = binary.BigEndian.AppendUint32(frame, uint32(offset))
		offset += len(part)
	}
	return append(frame, bytes.Join(parts, nil)...)
}

// joinV1 puts parts behind a table of little-endian offsets, the last of which is
// the length of the frame.
func joinV1(parts [][]byte) []byte {
	frame := binary.LittleEndian.AppendUint64(nil, uint64(len(parts)+1))
	offset := 8 * (len(parts) + 2)
	for _, part := range parts {
		frame = binary.LittleEndian.AppendUint64(frame, uint64(offset))
		offset += len(part)
	}
	frame = binary.LittleEndian.AppendUint64(frame, uint64(offset))
	return append(frame, bytes.Join(parts, nil)...)
}

// Decode reads one frame. What is no message of the framing is Misuse.
func Decode(frame []byte, binaryFrame, v1 bool) (jupyter.Message, error) {
	switch {
	case v1 && !binaryFrame:
		return jupyter.Message{}, fault.Errorf(fault.Misuse, "a text frame came on a socket of %s", V1)
	case v1:
		return decodeV1(frame)
	case binaryFrame:
		return decodeDefault(frame)
	}
	return decodeJSON(frame)
}

func decodeV1(frame []byte) (jupyter.Message, error) {
	parts, err := split(frame, 8, func(b []byte) uint64 { return binary.LittleEndian.Uint64(b) })
	if err != nil {
		return jupyter.Message{}, err
	}
	if len(parts) < 6 || len(parts[len(parts)-1]) != 0 {
		return jupyter.Message{}, fault.Errorf(fault.Misuse, "a frame has %d parts and no end, not a channel, four JSON texts and buffers", len(parts))
	}
	buffers := parts[5 : len(parts)-1]
	return assemble(message{Channel: string(parts[0]), Header: parts[1], Parent: parts[2], Metadata: parts[3], Content: parts[4]}, buffers)
}

func decodeDefault(frame []byte) (jupyter.Message, error) {
	parts, err := split(frame, 4, func(b []byte) uint64 { return uint64(binary.BigEndian.Uint32(b)) })
	if err != nil {
		return jupyter.Message{}, err
	}
	m, err := decodeJSON(parts[0])
	if err == nil && len(parts) > 1 {
		m.Buffers = parts[1:]
	}
	return m, err
}

// split takes a frame apart: the number of parts, that many offsets, the parts. The
// last part reaches to the frame's end.
func split(frame []byte, width int, number func([]byte) uint64) ([][]byte, error) {
	if len(frame) < 2*width {
		return nil, fault.Errorf(fault.Misuse, "a frame of %d bytes has no table of its parts", len(frame))
	}
	n := number(frame)
	if n == 0 || n > maxParts || uint64(len(frame)) < (n+1)*uint64(width) {
		return nil, fault.Errorf(fault.Misuse, "a frame of %d bytes says that it has %d parts", len(frame), n)
	}
	at := func(i uint64) uint64 {
		if i == n {
			return uint64(len(frame))
		}
		return number(frame[(i+1)*uint64(width):])
	}
	parts := make([][]byte, n)
	for i := range n {
		from, to := at(i), at(i+1)
		if from < (n+1)*uint64(width) || from > to || to > uint64(len(frame)) {
			return nil, fault.Errorf(fault.Misuse, "part %d of a frame is from byte %d to %d of %d", i, from, to, len(frame))
		}
		parts[i] = frame[from:to:to]
	}
	return parts, nil
}

func decodeJSON(text []byte) (jupyter.Message, error) {
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return jupyter.Message{}, fault.Errorf(fault.Misuse, "a frame is no message: %w", err)
	}
	return assemble(m, nil)
}

// assemble reads the JSON texts of a message.
func assemble(raw message, buffers [][]byte) (jupyter.Message, error) {
	m := jupyter.Message{Channel: raw.Channel, Metadata: map[string]any{}, Content: json.RawMessage("{}")}
	if len(buffers) > 0 {
		m.Buffers = buffers
	}
	parent := jupyter.Header{}
	for _, part := range []struct {
		name string
		text []byte
		into any
	}{{"header", raw.Header, &m.Header}, {"parent_header", raw.Parent, &parent}, {"metadata", raw.Metadata, &m.Metadata}, {"content", raw.Content, &m.Content}} {
		if len(bytes.TrimSpace(part.text)) == 0 {
			continue
		}
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return jupyter.Message{}, fault.Errorf(fault.Misuse, "the %s of a message is no JSON object: %w", part.name, err)
		}
	}
	if m.Header.MsgType == "" || m.Header.MsgID == "" {
		return jupyter.Message{}, fault.Errorf(fault.Misuse, "the header of a message has no msg_type or no msg_id")
	}
	if parent.MsgID != "" {
		m.ParentHeader = &parent
	}
	if m.Metadata == nil {
		m.Metadata = map[string]any{} // it was null
	}
	return m, nil
}
