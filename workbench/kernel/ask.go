package kernel

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"profilemate/workbench/jupyter"
)

// ask answers the requests that run nothing. A type that is not known gets no
// reply, as the protocol asks.
func (s *server) ask(ctx context.Context, m jupyter.Message) {
	switch m.Header.MsgType {
	case jupyter.KernelInfoRequest:
		s.reply(m, jupyter.KernelInfoReply, s.info())
	case jupyter.CompleteRequest:
		s.complete(ctx, m)
	case jupyter.InspectRequest:
		s.inspect(ctx, m)
	case jupyter.IsCompleteRequest:
		s.isComplete(m)
	case jupyter.HistoryRequest:
		s.remember(m)
	case jupyter.CommInfoRequest:
		s.reply(m, jupyter.CommInfoReply, map[string]any{"status": jupyter.ReplyOK, "comms": map[string]any{}})
	case jupyter.CommOpen:
		s.openComm(ctx, m)
	case jupyter.ShutdownRequest: // the channel of protocol versions before 5.4
		s.shutdown(m)
	}
}

func (s *server) info() jupyter.KernelInfo {
	return jupyter.KernelInfo{
		Status: jupyter.ReplyOK, ProtocolVersion: jupyter.ProtocolVersion,
		Implementation: "profilemate", ImplementationVersion: s.opts.Version,
		LanguageInfo: jupyter.LanguageInfo{Name: "go", Version: "1.26", MIMEType: "text/x-go", FileExtension: ".go",
			PygmentsLexer: "go", CodeMirrorMode: "go"},
		Banner:    "ProfileMate Workbench " + s.opts.Version + ". A cell starts with " + s.markerWords() + ".",
		HelpLinks: []jupyter.HelpLink{}, SupportedFeatures: []string{},
	}
}

// cursor is a place in a cell as complete and inspect requests give it.
type cursor struct {
	Code   string `json:"code"`
	Pos    int    `json:"cursor_pos"` // in Unicode code points, not bytes
	Detail int    `json:"detail_level"`
}

// offset is the place in bytes. One outside the text is moved to its nearest end.
func (c cursor) offset() int {
	points := 0
	for i := range c.Code {
		if points >= c.Pos {
			return i
		}
		points++
	}
	return len(c.Code)
}

func (s *server) complete(ctx context.Context, m jupyter.Message) {
	at, _ := jupyter.Decode[cursor](m) // an unreadable request completes nothing
	pos := at.offset()
	c := Completion{Start: pos, End: pos}
	if word := strings.TrimLeftFunc(at.Code[:pos], unicode.IsSpace); startsMarker(word) {
		c = s.markers(word, pos)
	} else if l := s.opts.language(at.Code); l != nil {
		c = guarded(func() Completion { return l.Complete(ctx, at.Code, pos) })
	}
	s.reply(m, jupyter.CompleteReply, completeReply(at.Code, c))
}

// startsMarker reports whether a text may become a marker as it is typed on.
func startsMarker(text string) bool {
	return !strings.ContainsFunc(text, unicode.IsSpace) && (strings.HasPrefix("%%", text) || strings.HasPrefix(text, "%%"))
}

// markers offers the markers that the word before pos may become.
func (s *server) markers(word string, pos int) Completion {
	c := Completion{Start: pos - len(word), End: pos}
	for _, l := range s.opts.Languages {
		if strings.HasPrefix(l.Marker(), word) {
			c.Matches = append(c.Matches, Match{Text: l.Marker(), Type: "magic"})
		}
	}
	return c
}

// completeReply turns a completion into code points and into both forms of the
// protocol.
func completeReply(code string, c Completion) map[string]any {
	start := utf8.RuneCountInString(code[:c.Start])
	end := start + utf8.RuneCountInString(code[c.Start:c.End])
	matches, typed := []string{}, []map[string]any{}
	for _, m := range c.Matches {
		matches = append(matches, m.Text)
		typed = append(typed, map[string]any{"start": start, "end": end, "text": m.Text, "type": m.Type})
	}
	return map[string]any{"status": jupyter.ReplyOK, "matches": matches, "cursor_start": start, "cursor_end": end,
		"metadata": map[string]any{"_jupyter_types_experimental": typed}}
}

func (s *server) inspect(ctx context.Context, m jupyter.Message) {
	at, _ := jupyter.Decode[cursor](m) // an unreadable request finds nothing
	var found Data
	if l := s.opts.language(at.Code); l != nil {
		found = guarded(func() Data { return l.Inspect(ctx, at.Code, at.offset(), at.Detail) })
	}
	data := found
	if data == nil {
		data = Data{}
	}
	s.reply(m, jupyter.InspectReply, map[string]any{"status": jupyter.ReplyOK, "found": found != nil, "data": data,
		"metadata": map[string]any{}})
}

// isComplete tells a console whether the text can be run.
func (s *server) isComplete(m jupyter.Message) {
	at, _ := jupyter.Decode[cursor](m) // an unreadable request is an empty text
	c := Completeness{State: Unknown}
	if strings.TrimSpace(at.Code) == "" {
		c.State = Complete
	} else if l := s.opts.language(at.Code); l != nil {
		c = guarded(func() Completeness { return l.IsComplete(at.Code) })
	}
	if c.State == "" {
		c.State = Unknown
	}
	s.reply(m, jupyter.IsCompleteReply, map[string]any{"status": c.State, "indent": c.Indent})
}

// guarded answers nothing where a language panics over a text that is being typed:
// running the cell says what is wrong.
func guarded[T any](answer func() T) (value T) {
	defer func() {
		if recover() != nil {
			var none T
			value = none
		}
	}()
	return answer()
}
