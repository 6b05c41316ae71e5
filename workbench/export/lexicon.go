package export

import (
	"strings"

	"profilemate/frames"
)

// lexicon numbers the texts of a column in the order of first use, whatever
// dictionaries its batches come with.
type lexicon struct {
	codes map[string]int32
	texts []string
	size  int // bytes of texts

	from  *frames.Dictionary
	known []int32 // code + 1 by the codes of from, 0 for what has not been used
}

func newLexicon() *lexicon { return &lexicon{codes: map[string]int32{}} }

// code returns the number of row i, which is not missing.
func (l *lexicon) code(c *frames.Column, i int) int32 {
	if l.from != c.Dictionary() {
		l.from, l.known = c.Dictionary(), nil
	}
	code := int(max(c.Codes()[i], 0))
	if code >= len(l.known) {
		l.known = append(l.known, make([]int32, max(code+1, l.from.Len())-len(l.known))...)
	}
	if l.known[code] == 0 {
		l.known[code] = l.add(strings.ToValidUTF8(c.Str(i), "\uFFFD")) + 1
	}
	return l.known[code] - 1
}

func (l *lexicon) add(text string) int32 {
	if code, ok := l.codes[text]; ok {
		return code
	}
	code := int32(len(l.texts))
	l.codes[text], l.texts = code, append(l.texts, text)
	l.size += len(text)
	return code
}

// clear forgets the texts.
func (l *lexicon) clear() {
	clear(l.codes)
	clear(l.known)
	l.texts, l.size = l.texts[:0], 0
}
