package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"profilemate/workbench/fault"
	"profilemate/workbench/job"
)

const (
	eventsTogether = 500                    // events in a message at most
	eventsGather   = 50 * time.Millisecond  // how long more of them are waited for
	captureEvery   = 500 * time.Millisecond // how often the time left is told
)

// captureEvents tells a client what happens to a capture, from event number from on,
// until it has ended.
func (s *Server) captureEvents(w http.ResponseWriter, r *http.Request) {
	if s.config.Captures == nil {
		s.fail(w, r, errNoCaptures)
		return
	}
	id := r.PathValue("id")
	if _, err := s.config.Captures.Get(id); err != nil {
		s.fail(w, r, err)
		return
	}
	from, err := strconv.ParseInt(r.URL.Query().Get("from"), 10, 64)
	if err != nil {
		from = 1
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // the guard has checked it
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	ctx, cancel := context.WithCancel(s.ending)
	defer cancel()
	go func() {
		defer cancel()
		waitForEnd(conn)
	}()
	f := &captureFeed{server: s, conn: conn, id: id, events: make(chan job.Event, 2*eventsTogether)}
	go f.collect(ctx, from)
	f.send(ctx)
}

// waitForEnd reads until the client goes away; it has nothing to say.
func waitForEnd(conn *websocket.Conn) {
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(pongWithin)) }
	conn.SetPongHandler(alive)
	conn.SetReadLimit(1 << 10)
	_ = alive("") // a connection that is closed already fails to read below
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			return
		}
	}
}

// captureFeed is one client that follows a capture.
type captureFeed struct {
	server *Server
	conn   *websocket.Conn
	id     string
	events chan job.Event // closed when no more come
	failed error          // why; set before events is closed
}

func (f *captureFeed) collect(ctx context.Context, from int64) {
	defer close(f.events)
	for e, err := range f.server.config.Captures.Events(ctx, f.id, from) {
		if err != nil {
			f.failed = err
			return
		}
		select {
		case f.events <- e:
		case <-ctx.Done():
			return
		}
	}
}

// send is the one writer of the connection, which it closes.
func (f *captureFeed) send(ctx context.Context) {
	defer f.conn.Close()
	ping, look := time.NewTicker(pingEvery), time.NewTicker(captureEvery)
	defer ping.Stop()
	defer look.Stop()
	err := f.tellState()
	for err == nil {
		select {
		case e, ok := <-f.events:
			if !ok {
				f.goodbye(ctx, f.failed)
				return
			}
			err = f.tell(map[string]any{"type": "events", "events": f.gather(e)})
		case <-look.C:
			err = f.tellState()
		case <-ping.C:
			err = f.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin))
		}
	}
	f.goodbye(ctx, err)
}

// gather takes the events that come at once after the first.
func (f *captureFeed) gather(first job.Event) []job.Event {
	list := []job.Event{first}
	timeout := time.After(eventsGather)
	for len(list) < eventsTogether {
		select {
		case e, ok := <-f.events:
			if !ok {
				return list
			}
			list = append(list, e)
		case <-timeout:
			return list
		}
	}
	return list
}

// tellState sends the capture as it is now.
func (f *captureFeed) tellState() error {
	j, err := f.server.config.Captures.Get(f.id)
	if err != nil {
		return err
	}
	return f.tell(map[string]any{"type": "capture", "capture": f.server.viewOfJob(j)})
}

func (f *captureFeed) tell(message any) error {
	_ = f.conn.SetWriteDeadline(time.Now().Add(writeWithin)) // a broken connection fails to write
	return f.conn.WriteJSON(message)
}

// goodbye says why nothing more comes: the server ends, the record cannot be read, or
// the capture has ended. The client may have gone: then nobody hears it.
func (f *captureFeed) goodbye(ctx context.Context, err error) {
	code, reason := websocket.CloseNormalClosure, "the capture has ended"
	switch {
	case ctx.Err() != nil:
		code, reason = websocket.CloseServiceRestart, "connect again"
	case err != nil:
		_ = f.tell(map[string]any{"type": "failed", "error": map[string]string{"kind": string(fault.KindOf(err)), "message": err.Error()}})
	default:
		_ = f.tellState()
	}
	_ = f.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(writeWithin))
}
