package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"profilemate/web/live"
)

const (
	socketRead  = 8 << 20 // longest operation in bytes
	pingEvery   = 30 * time.Second
	pongWithin  = 90 * time.Second
	writeWithin = 20 * time.Second
)

// live connects a client to a document. The guard has checked Host, Origin and
// token before.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	d, err := s.documents.Open(r.PathValue("path"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	seq, err := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64)
	if err != nil {
		seq = -1 // the client is new: it gets a snapshot
	}
	client := d.Resume(r.URL.Query().Get("run"), seq)
	written := make(chan struct{})
	go func() {
		defer close(written)
		writeEvents(conn, client)
	}()
	readOperations(conn, d, client)
	d.Unsubscribe(client)
	<-written
}

// readOperations does what the client asks for until it goes away.
func readOperations(conn *websocket.Conn, d *live.Document, client *live.Subscription) {
	conn.SetReadLimit(socketRead)
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(pongWithin)) }
	conn.SetPongHandler(alive)
	_ = alive("") // a connection that is closed already fails to read below
	for {
		kind, text, err := conn.ReadMessage()
		if err != nil {
			return
		}
		_ = alive("")
		if kind == websocket.TextMessage {
			d.Handle(client, text)
		}
	}
}

// writeEvents is the one writer of a connection. It ends when the subscription or
// the connection does, and closes the connection.
func writeEvents(conn *websocket.Conn, client *live.Subscription) {
	defer conn.Close()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case event, ok := <-client.Events():
			if !ok {
				goodbye := websocket.FormatCloseMessage(websocket.CloseServiceRestart, "connect again")
				_ = conn.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(writeWithin))
				return
			}
			_ = conn.SetWriteDeadline(time.Now().Add(writeWithin))
			if conn.WriteMessage(websocket.TextMessage, event) != nil {
				return
			}
		case <-ping.C:
			if conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) != nil {
				return
			}
		}
	}
}
