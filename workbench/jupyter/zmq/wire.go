package zmq

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// delimiter parts the identities of a message from its signature.
const delimiter = "<IDS|MSG>"

// signed is how many frames a signature covers: header, parent, metadata, content.
const signed = 4

// Encode returns the frames of a message without its identities: the delimiter, the
// signature by key (none for an empty key), the four signed parts, and the buffers.
func Encode(m jupyter.Message, key string) ([][]byte, error) {
	parent, metadata := any(m.ParentHeader), m.Metadata
	if m.ParentHeader == nil {
		parent = struct{}{}
	}
	if metadata == nil {
		metadata = map[string]any{}
	}
	frames := [][]byte{[]byte(delimiter), nil}
	for _, part := range []any{m.Header, parent, metadata} {
		raw, err := json.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("encoding %s: %w", m.Header.MsgType, err)
		}
		frames = append(frames, raw)
	}
	content := []byte(m.Content)
	if len(content) == 0 {
		content = []byte("{}")
	}
	frames = append(frames, content)
	frames[1] = sign(frames[2:], key)
	return append(frames, m.Buffers...), nil
}

// sign returns the signature of parts in hexadecimal; it is empty for an empty key.
func sign(parts [][]byte, key string) []byte {
	if key == "" {
		return []byte{}
	}
	mac := hmac.New(sha256.New, []byte(key))
	for _, p := range parts {
		mac.Write(p) // a hash takes everything
	}
	return hex.AppendEncode(nil, mac.Sum(nil))
}

// Decode reads a message and checks its signature. Frames that are no message are
// Corrupt; a wrong signature is Denied.
func Decode(frames [][]byte, channel, key string) (jupyter.Message, error) {
	at := slices.IndexFunc(frames, func(f []byte) bool { return string(f) == delimiter })
	if at < 0 || len(frames) < at+2+signed {
		return jupyter.Message{}, fault.Errorf(fault.Corrupt, "%s: %d frames are no Jupyter message", channel, len(frames))
	}
	signature, parts := frames[at+1], frames[at+2:at+2+signed]
	if !hmac.Equal(bytes.ToLower(signature), sign(parts, key)) {
		return jupyter.Message{}, fault.Errorf(fault.Denied, "%s: the signature is wrong", channel)
	}
	m := jupyter.Message{Channel: channel, Metadata: map[string]any{}, Identities: frames[:at]}
	for i, into := range []any{&m.Header, &m.ParentHeader, &m.Metadata, &m.Content} {
		if err := json.Unmarshal(parts[i], into); err != nil {
			return jupyter.Message{}, fault.Errorf(fault.Corrupt, "%s: part %d of a message is no JSON object: %w", channel, i+1, err)
		}
	}
	if m.Header.MsgType == "" || m.Header.MsgID == "" {
		return jupyter.Message{}, fault.Errorf(fault.Corrupt, "%s: the header has no msg_type or msg_id", channel)
	}
	if m.ParentHeader != nil && m.ParentHeader.MsgID == "" {
		m.ParentHeader = nil // Jupyter writes {} for "answers nothing"
	}
	if buffers := frames[at+2+signed:]; len(buffers) > 0 {
		m.Buffers = buffers
	}
	return m, nil
}

// maxSignatures is how many signatures are remembered, as other kernels do.
const maxSignatures = 1 << 16

// replays remembers signatures, so that no message is taken twice. It is safe for
// concurrent use.
type replays struct {
	mu    sync.Mutex
	seen  map[string]struct{}
	order []string // ring of the remembered
	next  int
}

// first reports whether a signature is seen for the first time.
func (r *replays) first(signature string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, again := r.seen[signature]; again {
		return false
	}
	if r.seen == nil {
		r.seen = map[string]struct{}{}
	}
	if len(r.order) < maxSignatures {
		r.order = append(r.order, signature)
	} else {
		delete(r.seen, r.order[r.next])
		r.order[r.next] = signature
		r.next = (r.next + 1) % maxSignatures
	}
	r.seen[signature] = struct{}{}
	return true
}
