package kernel

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"profilemate/workbench/analysis"
	"profilemate/workbench/jupyter"
)

// ask answers the requests that run nothing. A type that is not known gets no
// reply, as the protocol asks.
func (s *server) ask(m jupyter.Message) {
	switch m.Header.MsgType {
	case jupyter.KernelInfoRequest:
		s.reply(m, jupyter.KernelInfoReply, s.info())
	case jupyter.CompleteRequest:
		s.complete(m)
	case jupyter.InspectRequest:
		s.inspect(m)
	case jupyter.IsCompleteRequest:
		s.isComplete(m)
	case jupyter.HistoryRequest: // this kernel keeps none
		s.reply(m, jupyter.HistoryReply, map[string]any{"status": jupyter.ReplyOK, "history": []any{}})
	case jupyter.CommInfoRequest:
		s.reply(m, jupyter.CommInfoReply, map[string]any{"status": jupyter.ReplyOK, "comms": map[string]any{}})
	case jupyter.CommOpen:
		s.refuseComm(m)
	case jupyter.ShutdownRequest: // the channel of protocol versions before 5.4
		s.shutdown(m)
	}
}

// refuseComm closes a comm at once: no target is known here.
func (s *server) refuseComm(m jupyter.Message) {
	request, err := jupyter.Decode[struct {
		ID string `json:"comm_id"`
	}](m)
	if err == nil {
		s.send(jupyter.IOPub, jupyter.CommClose, &m, map[string]any{"comm_id": request.ID, "data": map[string]any{}})
	}
}

func (s *server) info() jupyter.KernelInfo {
	return jupyter.KernelInfo{
		Status: jupyter.ReplyOK, ProtocolVersion: jupyter.ProtocolVersion,
		Implementation: "profilemate", ImplementationVersion: s.opts.Version,
		LanguageInfo: jupyter.LanguageInfo{Name: "go", Version: "1.26", MIMEType: "text/x-go", FileExtension: ".go",
			PygmentsLexer: "go", CodeMirrorMode: "go"},
		Banner:    "ProfileMate Workbench " + s.opts.Version + ": " + analysis.CellMarker + " NAME PATH…",
		HelpLinks: []jupyter.HelpLink{}, SupportedFeatures: []string{},
	}
}

// cursor is a place in a cell as complete and inspect requests give it.
type cursor struct {
	Code string `json:"code"`
	Pos  int    `json:"cursor_pos"` // in Unicode code points, not bytes
}

// before returns the text up to the cursor. A position outside the text is moved
// to its nearest end.
func (c cursor) before() string {
	runes := []rune(c.Code)
	return string(runes[:min(max(c.Pos, 0), len(runes))])
}

func (s *server) complete(m jupyter.Message) {
	at, _ := jupyter.Decode[cursor](m) // an unreadable request completes nothing
	before := at.before()
	start := strings.LastIndexFunc(before, unicode.IsSpace) + 1
	matches := []string{}
	for _, candidate := range s.candidates(before[:start], before[start:]) {
		if strings.HasPrefix(candidate, before[start:]) {
			matches = append(matches, candidate)
		}
	}
	end := utf8.RuneCountInString(before)
	s.reply(m, jupyter.CompleteReply, map[string]any{"status": jupyter.ReplyOK, "matches": matches,
		"cursor_start": end - utf8.RuneCountInString(before[start:]), "cursor_end": end, "metadata": map[string]any{}})
}

// candidates lists the words that may follow the text before: the marker, the
// analyses, then the roles and parameters of the one named, with their options.
func (s *server) candidates(before, word string) []string {
	words := strings.Fields(before)
	switch {
	case len(words) == 0:
		return []string{analysis.CellMarker}
	case words[0] != analysis.CellMarker:
		return nil
	case len(words) == 1:
		names := []string{}
		for _, a := range s.opts.Runner.Analyses() {
			names = append(names, a.Name)
		}
		return names
	}
	a, err := s.opts.Runner.Lookup(words[1])
	if err != nil {
		return nil
	}
	return arguments(a, word)
}

func arguments(a analysis.Analysis, word string) []string {
	list := []string{}
	for _, p := range a.Params {
		if !strings.HasPrefix(word, p.Name+"=") {
			list = append(list, p.Name+"=")
			continue
		}
		for _, option := range p.Options {
			list = append(list, p.Name+"="+option)
		}
	}
	for _, r := range a.Roles {
		list = append(list, r.Name+"=")
	}
	return list
}

func (s *server) inspect(m jupyter.Message) {
	at, _ := jupyter.Decode[cursor](m) // an unreadable request finds nothing
	words := strings.Fields(at.Code)
	content := map[string]any{"status": jupyter.ReplyOK, "found": false, "data": map[string]any{}, "metadata": map[string]any{}}
	if analysis.IsCell(at.Code) && len(words) > 1 {
		if a, err := s.opts.Runner.Lookup(words[1]); err == nil {
			content["found"] = true
			content["data"] = map[string]string{"text/plain": help(a)}
		}
	}
	s.reply(m, jupyter.InspectReply, content)
}

// help is the declaration of an analysis as text.
func help(a analysis.Analysis) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n", a.Name, a.Title, a.Doc)
	for _, r := range a.Roles {
		fmt.Fprintf(&b, "\n%s (%s): %s", r.Name, r.Kind, r.Doc)
	}
	for _, p := range a.Params {
		fmt.Fprintf(&b, "\n%s=%s: %s", p.Name, p.Default, p.Doc)
		if p.Unit != "" {
			fmt.Fprintf(&b, " [%s]", p.Unit)
		}
	}
	return b.String()
}

// isComplete tells a console whether the text can be run: an analysis cell unless
// a quote is open.
func (s *server) isComplete(m jupyter.Message) {
	at, _ := jupyter.Decode[cursor](m) // an unreadable request is an empty text
	state := "unknown"
	switch {
	case strings.TrimSpace(at.Code) == "":
		state = "complete"
	case analysis.IsCell(at.Code) && quoteOpen(at.Code):
		state = "incomplete"
	case analysis.IsCell(at.Code):
		state = "complete"
	}
	s.reply(m, jupyter.IsCompleteReply, map[string]any{"status": state, "indent": ""})
}

func quoteOpen(text string) bool {
	open := false
	escaped := false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case open && c == '\\':
			escaped = true
		case c == '"':
			open = !open
		}
	}
	return open
}
