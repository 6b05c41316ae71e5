package live

import (
	"context"
	"encoding/json"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// assistLimit bounds the wait for what an editor asks while somebody types.
const assistLimit = 3 * time.Second

// Completion is how a text can go on from Start to End, which are in code points.
type Completion struct {
	Matches []Match `json:"matches"`
	Start   int     `json:"start"`
	End     int     `json:"end"`
}

// Match is one text that a completion offers. Type is what it is ("function",
// "path"); empty for nothing.
type Match struct {
	Text string `json:"text"`
	Type string `json:"type"`
}

// Inspection tells of what stands at a place; both forms are empty where nothing is
// known of it. HTML is safe to show.
type Inspection struct {
	Text string `json:"text"`
	HTML string `json:"html"`
}

// assist answers a complete or inspect operation once the kernel has. A kernel that
// works on a cell, that has died, or that does not answer knows nothing: an editor
// goes on without. The first question starts the kernel.
func (d *Document) assist(s *Subscription, op Operation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if op.Source == nil {
		d.answer(s, op, "", fault.Errorf(fault.Misuse, "%s needs a source", op.Op))
		return
	}
	if d.closed || d.active != nil || d.state == KernelDead {
		d.deliver(s, encode(assistReply(op, nil, d.opts.Markdown)))
		return
	}
	d.work.Go(func() {
		content := d.askAssist(op)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.deliver(s, encode(assistReply(op, content, d.opts.Markdown)))
	})
}

// askAssist passes the question to the kernel; nil where it has no answer.
func (d *Document) askAssist(op Operation) json.RawMessage {
	ctx, cancel := context.WithTimeout(context.Background(), assistLimit)
	defer cancel()
	k, err := d.ensureKernel(ctx)
	if err != nil {
		return nil // the state of the kernel says why
	}
	question := jupyter.CompleteRequest
	if op.Op == "inspect" {
		question = jupyter.InspectRequest
	}
	m, err := k.client.Request(ctx, jupyter.Shell, question,
		map[string]any{"code": *op.Source, "cursor_pos": op.Pos, "detail_level": 0}, nil)
	if err != nil {
		return nil // busy, or gone, which is told elsewhere
	}
	return m.Content
}

// assistReply reads the content of the kernel's reply, of which nothing has to be
// there.
func assistReply(op Operation, content json.RawMessage, markdown func(string) string) replyEvent {
	reply := replyEvent{Type: "reply", ID: op.ID}
	if op.Op == "inspect" {
		reply.Inspection = inspectionOf(content, markdown)
	} else {
		reply.Completion = completionOf(content, op.Pos)
	}
	return reply
}

func inspectionOf(content json.RawMessage, markdown func(string) string) *Inspection {
	var answer struct {
		Data map[string]any `json:"data"`
	}
	if json.Unmarshal(content, &answer) != nil {
		return &Inspection{}
	}
	text, _ := answer.Data["text/plain"].(string)
	found := &Inspection{Text: text}
	if source, ok := answer.Data["text/markdown"].(string); ok {
		found.HTML = markdown(source)
	}
	return found
}

func completionOf(content json.RawMessage, pos int) *Completion {
	var answer struct {
		Matches  []string `json:"matches"`
		Start    int      `json:"cursor_start"`
		End      int      `json:"cursor_end"`
		Metadata struct {
			Types []Match `json:"_jupyter_types_experimental"`
		} `json:"metadata"`
	}
	if json.Unmarshal(content, &answer) != nil {
		return &Completion{Matches: []Match{}, Start: pos, End: pos}
	}
	c := &Completion{Matches: make([]Match, len(answer.Matches)), Start: answer.Start, End: answer.End}
	for i, text := range answer.Matches {
		c.Matches[i] = Match{Text: text}
		if types := answer.Metadata.Types; i < len(types) && types[i].Text == text {
			c.Matches[i].Type = types[i].Type
		}
	}
	return c
}
