package notebooks

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	"profilemate/workbench/result"
)

// Output is one output of a code cell as nbformat has it, with its texts joined.
// Keys that are not known stay in it.
type Output map[string]any

// Bundle maps MIME types to a string, or to any JSON value where the type is JSON.
type Bundle map[string]any

// The output types of nbformat 4.
const (
	StreamOutput  = "stream"
	DisplayOutput = "display_data"
	ResultOutput  = "execute_result"
	ErrorOutput   = "error"
)

// Stream makes the output of a text stream, "stdout" or "stderr".
func Stream(name, text string) Output {
	return Output{"output_type": StreamOutput, "name": name, "text": text}
}

// Display makes an output that shows a MIME bundle.
func Display(data Bundle, metadata map[string]any) Output {
	if metadata == nil {
		metadata = map[string]any{}
	}
	return Output{"output_type": DisplayOutput, "data": map[string]any(data), "metadata": metadata}
}

// Error makes the output of a failed cell.
func Error(name, value string, traceback []string) Output {
	lines := make([]any, len(traceback))
	for i, line := range traceback {
		lines[i] = line
	}
	return Output{"output_type": ErrorOutput, "ename": name, "evalue": value, "traceback": lines}
}

// Type returns the output type, empty where there is none.
func (o Output) Type() string { return o.text("output_type") }

// Text returns the text of a stream output, empty for any other.
func (o Output) Text() string { return o.text("text") }

// Failure returns the name and the sentence of an error output, empty for any
// other.
func (o Output) Failure() (name, value string) { return o.text("ename"), o.text("evalue") }

func (o Output) text(key string) string {
	s, _ := o[key].(string)
	return s
}

// Data returns the MIME bundle of a display or result, nil for any other output.
// It is shared with the output.
func (o Output) Data() Bundle {
	data, _ := o["data"].(map[string]any)
	return data
}

// Text returns the value of a text type, joined where it is a list of lines; ok is
// false where there is none.
func (b Bundle) Text(mime string) (text string, ok bool) { return joinText(b[mime]) }

// Result returns the analysis result in the bundle; ok is false where there is
// none or where it is malformed.
func (b Bundle) Result() (r result.Bundle, ok bool) {
	value, ok := b[result.MIME]
	if !ok {
		return r, false
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return r, false
	}
	return r, json.Unmarshal(raw, &r) == nil
}

// joinText returns a string or a list of strings as one string.
func joinText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case []any:
		var b strings.Builder
		for _, line := range v {
			s, ok := line.(string)
			if !ok {
				return "", false
			}
			b.WriteString(s)
		}
		return b.String(), true
	}
	return "", false
}

// splitText is the form of a text on disk: its lines, each with its end. A line
// ends where Python's splitlines says, so that a progress bar's carriage returns
// do not change a file that Jupyter wrote.
func splitText(text string) []any {
	lines := []any{}
	for text != "" {
		end := len(text)
		if i := strings.IndexAny(text, lineEnds); i >= 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			end = i + size
			if strings.HasPrefix(text[i:], "\r\n") {
				end = i + 2
			}
		}
		lines = append(lines, text[:end])
		text = text[end:]
	}
	return lines
}

const lineEnds = "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"

var jsonMIME = regexp.MustCompile(`^application/(.*\+)?json$`)

// splits reports whether a MIME type is written as lines: texts are, JSON and
// base64 are not.
func splits(mime string) bool {
	return !jsonMIME.MatchString(mime) &&
		(strings.HasPrefix(mime, "text/") || mime == "image/svg+xml" || mime == "application/javascript")
}

// joined returns a bundle with its texts as strings; split is the inverse. Both
// leave alone what they do not understand, and copy.
func joined(bundle map[string]any) map[string]any {
	out := make(map[string]any, len(bundle))
	for mime, value := range bundle {
		if text, ok := joinText(value); ok && !jsonMIME.MatchString(mime) {
			value = text
		}
		out[mime] = value
	}
	return out
}

func split(bundle map[string]any) map[string]any {
	out := make(map[string]any, len(bundle))
	for mime, value := range bundle {
		if text, ok := value.(string); ok && splits(mime) {
			value = splitText(text)
		}
		out[mime] = value
	}
	return out
}
