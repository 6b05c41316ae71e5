package jupytertest

import (
	"testing"
	"time"

	"profilemate/workbench/jupyter"
)

func kernelInfo(t *testing.T, c *client, _ Cells) {
	for _, channel := range []string{jupyter.Shell, jupyter.Control} {
		reply, _ := c.answered(c.send(channel, jupyter.KernelInfoRequest, struct{}{}))
		info, err := jupyter.Decode[jupyter.KernelInfo](reply)
		if err != nil || info.Status != jupyter.ReplyOK || info.Implementation == "" || info.LanguageInfo.Name == "" ||
			info.LanguageInfo.MIMEType == "" || info.LanguageInfo.FileExtension == "" || info.HelpLinks == nil {
			t.Errorf("kernel info on %s lacks a field: %s (%v)", channel, reply.Content, err)
		}
		if info.ProtocolVersion < "5.3" || info.ProtocolVersion >= "6" {
			t.Errorf("protocol version %q, want 5.3 or later", info.ProtocolVersion)
		}
	}
}

func works(t *testing.T, c *client, cells Cells) {
	for count := 1; count <= 2; count++ {
		reply, between := c.answered(c.execute(cells.Works))
		c.result(reply, jupyter.ReplyOK, count)
		if between[0].Header.MsgType != jupyter.ExecuteInput {
			t.Errorf("the first message is %s, want execute_input", between[0].Header.MsgType)
		}
		input, err := jupyter.Decode[jupyter.Input](c.only(between, jupyter.ExecuteInput))
		if err != nil || input.Code != cells.Works || input.ExecutionCount != count {
			t.Errorf("execute_input %+v (%v), want count %d", input, err, count)
		}
		shown, err := jupyter.Decode[jupyter.Display](c.only(between, jupyter.DisplayData))
		if err != nil || shown.Data["text/plain"] == nil || shown.Metadata == nil {
			t.Errorf("the display lacks text/plain or metadata: %+v (%v)", shown, err)
		}
	}
}

func fails(t *testing.T, c *client, cells Cells) {
	reply, between := c.answered(c.execute(cells.Fails))
	r := c.result(reply, jupyter.ReplyError, 1)
	shown, err := jupyter.Decode[jupyter.Failure](c.only(between, jupyter.ErrorType))
	if err != nil || shown.Name == "" || shown.Value == "" || len(shown.Traceback) == 0 {
		t.Errorf("the error lacks a field: %+v (%v)", shown, err)
	}
	if r.Name != shown.Name || r.Value != shown.Value {
		t.Errorf("the reply says %q, the error %q", r.Value, shown.Value)
	}
	reply, _ = c.answered(c.execute(cells.Works))
	c.result(reply, jupyter.ReplyOK, 2)
}

func empty(_ *testing.T, c *client, _ Cells) {
	reply, _ := c.answered(c.execute(" \n"))
	c.result(reply, jupyter.ReplyOK, 1)
}

func silent(t *testing.T, c *client, cells Cells) {
	request := c.send(jupyter.Shell, jupyter.ExecuteRequest, map[string]any{"code": cells.Works, "silent": true})
	reply, between := c.answered(request)
	c.result(reply, jupyter.ReplyOK, 0)
	for _, m := range between {
		if m.Header.MsgType == jupyter.ExecuteInput {
			t.Error("a silent cell announced its input")
		}
	}
	reply, _ = c.answered(c.send(jupyter.Shell, jupyter.ExecuteRequest, map[string]any{"code": cells.Works, "store_history": false}))
	c.result(reply, jupyter.ReplyOK, 0)
	reply, _ = c.answered(c.execute(cells.Works))
	c.result(reply, jupyter.ReplyOK, 1)
}

// aborts holds the kernel with a cell that fails late, so that the others are queued when
// it does.
func aborts(t *testing.T, c *client, cells Cells) {
	late := c.execute(cells.FailsLate)
	first, second := c.execute(cells.Works), c.execute(cells.Works)
	info := c.send(jupyter.Shell, jupyter.KernelInfoRequest, struct{}{})
	reply, _ := c.answered(late)
	c.result(reply, jupyter.ReplyError, 1)
	for _, queued := range []jupyter.Message{first, second} {
		reply, _ := c.answered(queued)
		if r, err := jupyter.Decode[jupyter.Reply](reply); err != nil || r.Status == jupyter.ReplyOK {
			t.Errorf("a queued cell ran: %s", reply.Content)
		}
	}
	if reply, _ := c.answered(info); reply.Header.MsgType != jupyter.KernelInfoReply {
		t.Errorf("a queued question got %q", reply.Header.MsgType)
	}
	reply, _ = c.answered(c.execute(cells.Works))
	if r, err := jupyter.Decode[jupyter.Reply](reply); err != nil || r.Status != jupyter.ReplyOK {
		t.Errorf("a later cell did not run: %s", reply.Content)
	}
}

func interrupts(t *testing.T, c *client, cells Cells) {
	slow := c.execute(cells.Slow)
	c.started(slow)
	reply, _ := c.within(500*time.Millisecond, c.send(jupyter.Control, jupyter.InterruptRequest, struct{}{}))
	if reply.Header.MsgType != jupyter.InterruptReply {
		t.Fatalf("the interrupt got %q", reply.Header.MsgType)
	}
	reply, between := c.within(500*time.Millisecond, slow)
	r := c.result(reply, jupyter.ReplyError, 1)
	c.only(between, jupyter.ErrorType)
	if r.Name != jupyter.InterruptErrorName {
		t.Errorf("ename %q, want %q", r.Name, jupyter.InterruptErrorName)
	}
	reply, _ = c.answered(c.execute(cells.Works))
	c.result(reply, jupyter.ReplyOK, 2)
}

// interruptsQueued sends the interrupt straight after the cell, which the kernel
// may not have begun.
func interruptsQueued(_ *testing.T, c *client, cells Cells) {
	slow := c.execute(cells.Slow)
	c.send(jupyter.Control, jupyter.InterruptRequest, struct{}{})
	reply, _ := c.within(time.Second, slow)
	c.result(reply, jupyter.ReplyError, 1)
}

func small(t *testing.T, c *client, cells Cells) {
	table := []struct {
		request, reply string
		content        any
		fields         []string
	}{
		{jupyter.CompleteRequest, jupyter.CompleteReply, map[string]any{"code": "%%a", "cursor_pos": 3}, []string{"matches", "cursor_start", "cursor_end", "metadata"}},
		{jupyter.InspectRequest, jupyter.InspectReply, map[string]any{"code": cells.Works, "cursor_pos": 1}, []string{"found", "data", "metadata"}},
		{jupyter.IsCompleteRequest, jupyter.IsCompleteReply, map[string]any{"code": cells.Works}, []string{"status"}},
		{jupyter.HistoryRequest, jupyter.HistoryReply, map[string]any{"hist_access_type": "tail", "n": 5}, []string{"history"}},
		{jupyter.CommInfoRequest, jupyter.CommInfoReply, map[string]any{}, []string{"comms"}},
	}
	for _, row := range table {
		reply, _ := c.answered(c.send(jupyter.Shell, row.request, row.content))
		content, err := jupyter.Decode[map[string]any](reply)
		if err != nil || reply.Header.MsgType != row.reply || content["status"] == nil {
			t.Errorf("%s got %s %s", row.request, reply.Header.MsgType, reply.Content)
		}
		for _, field := range row.fields {
			if content[field] == nil {
				t.Errorf("%s lacks %s: %s", row.reply, field, reply.Content)
			}
		}
	}
}

func unknown(t *testing.T, c *client, cells Cells) {
	c.framed(c.send(jupyter.Shell, "future_request", map[string]any{"x": 1}))
	c.framed(c.send(jupyter.Control, "future_request", map[string]any{"x": 1}))
	between := c.framed(c.send(jupyter.Shell, jupyter.CommOpen, map[string]any{"comm_id": "c7", "target_name": "nobody", "data": map[string]any{}}))
	closed, err := jupyter.Decode[map[string]any](c.only(between, jupyter.CommClose))
	if err != nil || closed["comm_id"] != "c7" {
		t.Errorf("comm_close %v (%v)", closed, err)
	}
	reply, _ := c.answered(c.send(jupyter.Shell, jupyter.ExecuteRequest, []int{1}))
	if r, err := jupyter.Decode[jupyter.Reply](reply); err != nil || r.Status != jupyter.ReplyError {
		t.Errorf("a malformed cell got %s", reply.Content)
	}
	reply, _ = c.answered(c.execute(cells.Works))
	c.result(reply, jupyter.ReplyOK, 1)
}

func shutdown(t *testing.T, c *client, cells Cells) {
	c.started(c.execute(cells.Slow))
	reply, _ := c.answered(c.send(jupyter.Control, jupyter.ShutdownRequest, map[string]any{"restart": true}))
	content, err := jupyter.Decode[map[string]any](reply)
	if err != nil || reply.Header.MsgType != jupyter.ShutdownReply || content["restart"] != true {
		t.Errorf("shutdown got %s %s", reply.Header.MsgType, reply.Content)
	}
	limit := time.After(patience)
	for {
		select {
		case _, open := <-c.messages:
			if !open {
				return
			}
		case <-limit:
			t.Fatal("the kernel did not end")
		}
	}
}

func oneSession(t *testing.T, c *client, cells Cells) {
	c.answered(c.execute(cells.Works))
	c.answered(c.send(jupyter.Control, jupyter.KernelInfoRequest, struct{}{}))
	ids := map[string]bool{}
	for _, m := range c.seen {
		h := m.Header
		if h.Session != c.seen[0].Header.Session {
			t.Errorf("%s has another session id", h.MsgType)
		}
		if h.MsgID == "" || ids[h.MsgID] || h.Username == "" || h.Version == "" || h.Session == "" {
			t.Errorf("the header %+v lacks a field or repeats an id", h)
		}
		if _, err := time.Parse(time.RFC3339Nano, h.Date); err != nil {
			t.Errorf("date %q: %v", h.Date, err)
		}
		ids[h.MsgID] = true
	}
	for _, m := range c.seen {
		if m.Channel != jupyter.IOPub || m.Header.MsgType == jupyter.IOPubWelcome {
			continue
		}
		if stateOf(m) != jupyter.StateStarting || m.ParentHeader != nil {
			t.Errorf("the first message is %s, want status starting without a parent", list([]jupyter.Message{m}))
		}
		break
	}
}

// noInput has a cell run by a client that offers to be asked.
func noInput(t *testing.T, c *client, cells Cells) {
	request := c.send(jupyter.Shell, jupyter.ExecuteRequest, map[string]any{"code": cells.Works, "allow_stdin": true})
	c.send(jupyter.Stdin, "input_reply", map[string]any{"status": "ok", "value": "unasked"})
	reply, _ := c.answered(request)
	c.result(reply, jupyter.ReplyOK, 1)
	for _, m := range c.seen {
		if m.Channel == jupyter.Stdin {
			t.Errorf("the kernel asks for input: %s", list([]jupyter.Message{m}))
		}
	}
}

func history(t *testing.T, c *client, cells Cells) {
	code := []string{cells.Works, cells.Fails, cells.Works}
	for _, text := range code {
		c.answered(c.execute(text))
	}
	c.answered(c.send(jupyter.Shell, jupyter.ExecuteRequest, map[string]any{"code": "", "silent": true}))
	table := []struct {
		request map[string]any
		lines   []int
	}{
		{map[string]any{"hist_access_type": "tail", "n": 2}, []int{2, 3}},
		{map[string]any{"hist_access_type": "tail", "n": 10}, []int{1, 2, 3}},
		{map[string]any{"hist_access_type": "range", "session": 0, "start": 1, "stop": 3}, []int{1, 2}},
		{map[string]any{"hist_access_type": "range", "session": 0, "start": 2}, []int{2, 3}},
		{map[string]any{"hist_access_type": "range", "session": 77, "start": 1}, nil},
		{map[string]any{"hist_access_type": "search", "pattern": "*"}, []int{1, 2, 3}},
		{map[string]any{"hist_access_type": "search", "pattern": "*", "unique": true}, []int{2, 3}},
		{map[string]any{"hist_access_type": "search", "pattern": cells.Fails[:3] + "*", "n": 1}, []int{3}},
		{map[string]any{"hist_access_type": "search", "pattern": "nobody wrote this"}, nil},
		{map[string]any{"hist_access_type": "new in 2031"}, nil},
	}
	for _, row := range table {
		reply, _ := c.answered(c.send(jupyter.Shell, jupyter.HistoryRequest, row.request))
		got, err := jupyter.Decode[struct{ History [][3]any }](reply)
		if err != nil || len(got.History) != len(row.lines) {
			t.Errorf("%v: history %s (%v), want lines %v", row.request, reply.Content, err, row.lines)
			continue
		}
		for i, line := range row.lines {
			if e := got.History[i]; e[1] != float64(line) || e[2] != code[line-1] {
				t.Errorf("%v: entry %v, want line %d: %q", row.request, e, line, code[line-1])
			}
		}
	}
}

// strays sends what a confused client may, and then asks as usual.
func strays(_ *testing.T, c *client, cells Cells) {
	for _, msgType := range []string{jupyter.CompleteRequest, jupyter.InspectRequest, jupyter.IsCompleteRequest, jupyter.HistoryRequest, jupyter.CommInfoRequest} {
		for _, content := range []any{[]int{1}, "text", map[string]any{"code": 7, "cursor_pos": "x"}, map[string]any{"code": "%%", "cursor_pos": -9}} {
			c.answered(c.send(jupyter.Shell, msgType, content))
		}
	}
	c.framed(c.send(jupyter.Shell, jupyter.CommMsg, map[string]any{"comm_id": "none", "data": map[string]any{}}))
	c.framed(c.send(jupyter.Shell, jupyter.CommClose, map[string]any{"comm_id": "none", "data": map[string]any{}}))
	reply, _ := c.answered(c.execute(cells.Works))
	c.result(reply, jupyter.ReplyOK, 1)
}
