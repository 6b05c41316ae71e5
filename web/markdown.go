package web

import (
	"bytes"
	"html"
)

// render turns Markdown into HTML that is safe to show: HTML in the source and
// addresses that run script are left out by goldmark.
func (s *Server) render(source string) string {
	var b bytes.Buffer
	if err := s.markdown.Convert([]byte(source), &b); err != nil {
		return "<pre>" + html.EscapeString(source) + "</pre>"
	}
	return b.String()
}
