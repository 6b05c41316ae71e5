// Package jupyter speaks the Jupyter messaging protocol, version 5.5: messages,
// and the transports that carry them.
package jupyter

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// ProtocolVersion is the version of the messaging protocol in every header.
const ProtocolVersion = "5.5"

// The channels a message can travel on.
const (
	Shell   = "shell"
	Control = "control"
	IOPub   = "iopub"
	Stdin   = "stdin"
)

// Header identifies a message.
type Header struct {
	MsgID    string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"` // RFC 3339 with nanoseconds
	MsgType  string `json:"msg_type"`
	Version  string `json:"version"`
}

// Message is one Jupyter message. ParentHeader is nil for a message that answers
// nothing; Content is the raw JSON object of the message type.
type Message struct {
	Channel      string          `json:"channel"`
	Header       Header          `json:"header"`
	ParentHeader *Header         `json:"parent_header"`
	Metadata     map[string]any  `json:"metadata"`
	Content      json.RawMessage `json:"content"`
	Buffers      [][]byte        `json:"buffers,omitempty"`

	// Identities say to a transport with several clients whose message it is. An answer
	// carries those of its request; nil on a transport with one client.
	Identities [][]byte `json:"-"`
}

// NewMessage makes a message of the given session, answering parent (which may be
// nil). content is marshalled; it must be marshallable, or NewMessage panics.
func NewMessage(channel, msgType, session string, parent *Header, content any) Message {
	raw, err := json.Marshal(content)
	if err != nil {
		panic("jupyter: content of " + msgType + ": " + err.Error())
	}
	return Message{
		Channel: channel, ParentHeader: parent, Metadata: map[string]any{}, Content: raw,
		Header: Header{MsgID: uuid.NewString(), Session: session, Username: "profilemate",
			Date: time.Now().UTC().Format(time.RFC3339Nano), MsgType: msgType, Version: ProtocolVersion},
	}
}

// Conn carries messages between a kernel and a client. Send is safe for concurrent
// use; Receive is called by one goroutine and returns io.EOF when the other side
// has gone.
type Conn interface {
	Send(Message) error
	Receive() (Message, error)
	Close() error
}

// Publisher is a Conn whose clients come and go. message makes what greets one that
// has begun to listen, an IOPubWelcome.
type Publisher interface {
	Welcome(message func(subscription string) Message)
}
