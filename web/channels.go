package web

import (
	"io"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"profilemate/web/hub"
	"profilemate/web/wire"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// channelsRead is the longest message of a client to a kernel, in bytes.
const channelsRead = 64 << 20

// channels connects a Jupyter client to a kernel. The guard has checked Host, Origin
// and token before.
func (s *Server) channels(w http.ResponseWriter, r *http.Request) {
	k, err := s.hub.Kernel(r.PathValue("id"))
	if err == nil {
		err = k.Ensure(r.Context())
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	upgrader := websocket.Upgrader{Subprotocols: []string{wire.V1}, CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	v1 := conn.Subprotocol() == wire.V1
	outlet := k.Attach(r.URL.Query().Get("session_id"))
	written := make(chan struct{})
	go func() {
		defer close(written)
		writeMessages(conn, outlet, v1)
	}()
	s.readMessages(conn, outlet, v1)
	outlet.Close()
	conn.Close() // ends the writing
	<-written
}

// readMessages passes a client's messages to the kernel until the client goes away.
// What is no message ends the connection; what no client may send is left aside.
func (s *Server) readMessages(conn *websocket.Conn, outlet *hub.Outlet, v1 bool) {
	conn.SetReadLimit(channelsRead)
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(pongWithin)) }
	conn.SetPongHandler(alive)
	_ = alive("") // a connection that is closed already fails to read below
	for {
		kind, frame, err := conn.ReadMessage()
		if err != nil {
			return
		}
		_ = alive("")
		m, err := wire.Decode(frame, kind == websocket.BinaryMessage, v1)
		if err != nil {
			goodbye := websocket.FormatCloseMessage(websocket.CloseUnsupportedData, shortened(err.Error()))
			_ = conn.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(writeWithin))
			return
		}
		if err := outlet.Send(m); err != nil && fault.KindOf(err) != fault.Misuse {
			s.log.Warn("a message did not reach its kernel", "type", m.Header.MsgType, "error", err)
		}
	}
}

// shortened fits a reason into the 123 bytes that a close frame has for it.
func shortened(reason string) string { return reason[:min(len(reason), 120)] }

// writeMessages is the one writer of a connection. It ends when the connection does,
// or the outlet, and closes the connection.
func writeMessages(conn *websocket.Conn, outlet *hub.Outlet, v1 bool) {
	defer conn.Close()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	next := time.Now().Add(pingEvery)
	for {
		err := outlet.Next(ping.C, func(m jupyter.Message) error { return writeMessage(conn, m, v1) })
		if err == io.EOF {
			goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "the session was taken over, or its kernel has ended")
			_ = conn.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(writeWithin))
		}
		if err != nil {
			return
		}
		if now := time.Now(); now.After(next) { // also under a stream that never pauses
			next = now.Add(pingEvery)
			if conn.WriteControl(websocket.PingMessage, nil, now.Add(writeWithin)) != nil {
				return
			}
		}
	}
}

func writeMessage(conn *websocket.Conn, m jupyter.Message, v1 bool) error {
	frame, binaryFrame, err := wire.Encode(m, v1)
	if err != nil {
		return nil // one that cannot be encoded would stand in the way of all that follow
	}
	kind := websocket.TextMessage
	if binaryFrame {
		kind = websocket.BinaryMessage
	}
	_ = conn.SetWriteDeadline(time.Now().Add(writeWithin))
	return conn.WriteMessage(kind, frame)
}
