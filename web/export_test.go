package web

// Patterns lists the patterns of every route, for the test that walks them.
func (s *Server) Patterns() []string {
	patterns := []string{}
	for _, r := range s.routes() {
		patterns = append(patterns, r.pattern)
	}
	return patterns
}
