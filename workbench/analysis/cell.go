package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"profilemate/workbench/fault"
)

// CellMarker starts the text of an analysis cell.
const CellMarker = "%%analysis"

// Call is an analysis cell taken apart:
//
//	%%analysis NAME [role=]PATH… key=value … [as=x]
//
// The words may go over several lines. A word with spaces, quotes or "=" in a path
// is written in double quotes, with \" and \\ inside.
type Call struct {
	Analysis string
	Inputs   []CallInput
	Params   Values
	As       string // name of the result, by which other cells find its tables; empty for none
}

// asWord names the result of a cell.
const asWord = "as"

// CallInput is one artifact of a call. Role is empty where it follows from the
// artifact's kind.
type CallInput struct {
	Role string `json:"role"`
	Path string `json:"path"`
}

// IsCell reports whether a cell's text is an analysis cell.
func IsCell(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	rest, ok := strings.CutPrefix(text, CellMarker)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\r\n"))
}

// ParseCell takes an analysis cell apart. lookup finds the declaration, which
// tells roles from parameters; its error is returned as it is. A malformed cell is
// Misuse.
func ParseCell(text string, lookup func(name string) (Analysis, error)) (Call, error) {
	if !IsCell(text) {
		return Call{}, fault.Errorf(fault.Misuse, "an analysis cell starts with %s NAME", CellMarker)
	}
	words, err := SplitWords(strings.TrimPrefix(strings.TrimLeft(text, " \t\r\n"), CellMarker))
	if err != nil {
		return Call{}, err
	}
	if len(words) == 0 {
		return Call{}, fault.Errorf(fault.Misuse, "%s needs the name of an analysis", CellMarker)
	}
	a, err := lookup(words[0].Text)
	if err != nil {
		return Call{}, err
	}
	call := Call{Analysis: a.Name, Params: Values{}}
	for _, w := range words[1:] {
		if err := call.add(a, w); err != nil {
			return Call{}, err
		}
	}
	return call, nil
}

func (c *Call) add(a Analysis, w Word) error {
	if w.Key == "" {
		c.Inputs = append(c.Inputs, CallInput{Path: w.Text})
		return nil
	}
	if w.Key == asWord {
		if c.As != "" || w.Text == "" {
			return fault.Errorf(fault.Misuse, "%s: as=NAME gives the result one name", a.Name)
		}
		c.As = w.Text
		return nil
	}
	if slices.ContainsFunc(a.Roles, func(r Role) bool { return r.Name == w.Key }) {
		c.Inputs = append(c.Inputs, CallInput{Role: w.Key, Path: w.Text})
		return nil
	}
	if !slices.ContainsFunc(a.Params, func(p Param) bool { return p.Name == w.Key }) {
		return fault.Errorf(fault.Misuse, "%s: %q is neither a role nor a parameter%s", a.Name, w.Key, listParams(a.Params))
	}
	if _, twice := c.Params[w.Key]; twice {
		return fault.Errorf(fault.Misuse, "%s: parameter %s stands twice", a.Name, w.Key)
	}
	c.Params[w.Key] = w.Text
	return nil
}

// String writes the call as cell text. ParseCell of it gives the same call.
func (c Call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", CellMarker, c.Analysis)
	for _, in := range c.Inputs {
		b.WriteByte(' ')
		if in.Role != "" {
			b.WriteString(in.Role + "=")
		}
		b.WriteString(quoteWord(in.Path))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		fmt.Fprintf(&b, " %s=%s", name, quoteWord(c.Params[name]))
	}
	if c.As != "" {
		b.WriteString(" " + asWord + "=" + quoteWord(c.As))
	}
	return b.String()
}

// Word is one word of the first lines of a cell: key="text", or just "text" with an
// empty Key.
type Word struct{ Key, Text string }

// String writes the word so that SplitWords reads it again.
func (w Word) String() string {
	if w.Key == "" {
		return quoteWord(w.Text)
	}
	return w.Key + "=" + quoteWord(w.Text)
}

func quoteWord(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\r\n\"\\=") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// SplitWords takes the words behind a cell's marker apart; see Call for how they are
// written. A quote that is not closed is Misuse.
func SplitWords(text string) ([]Word, error) {
	var words []Word
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" {
			return words, nil
		}
		w, rest, err := nextWord(text)
		if err != nil {
			return nil, err
		}
		words, text = append(words, w), rest
	}
}

// nextWord reads one word up to white space. The first bare "=" after a name ends
// the key.
func nextWord(text string) (w Word, rest string, err error) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\' && i+1 < len(text):
			i++
			if text[i] == 'n' {
				b.WriteByte('\n')
				continue
			}
			b.WriteByte(text[i])
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(" \t\r\n", c) >= 0:
			w.Text = b.String()
			return w, text[i:], nil
		case !quoted && c == '=' && w.Key == "" && namePattern.MatchString(b.String()):
			w.Key = b.String()
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return w, "", fault.Errorf(fault.Misuse, "a double quote is not closed in %q", text)
	}
	w.Text = b.String()
	return w, "", nil
}
