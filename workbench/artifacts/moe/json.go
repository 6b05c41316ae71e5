package moe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// plainJSON blanks the tokens NaN, Infinity and -Infinity, which Python writes and
// JSON does not know, and returns how many there were. Each becomes an empty string
// of the same length, so that places in the file stay true; an empty string is read
// as missing. data itself is left alone.
func plainJSON(data []byte) ([]byte, int) {
	if !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
		return data, 0
	}
	out := bytes.Clone(data)
	blanked, quoted := 0, false
	for i := 0; i < len(out); i++ {
		switch {
		case quoted && out[i] == '\\':
			i++
		case out[i] == '"':
			quoted = !quoted
		case !quoted:
			if n := oddToken(out[i:]); n > 0 {
				copy(out[i:], `""`)
				copy(out[i+2:i+n], "         ")
				i += n - 1
				blanked++
			}
		}
	}
	return out, blanked
}

// oddToken returns the length of a NaN or infinity at the start of data, or 0.
func oddToken(data []byte) int {
	for _, token := range []string{"NaN", "-Infinity", "Infinity"} {
		if bytes.HasPrefix(data, []byte(token)) {
			return len(token)
		}
	}
	return 0
}

var errNoValue = errors.New("it is missing")

// jsonNumber reads a number, also one in quotes as json.dump(default=str) writes
// numpy's. null, an empty string and nan are errNoValue.
func jsonNumber(raw json.RawMessage) (float64, error) {
	text := string(bytes.Trim(raw, "\" \t\r\n"))
	if text == "" || text == "null" {
		return 0, errNoValue
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s is no number", clip(text))
	case math.IsNaN(v) || math.IsInf(v, 0):
		return 0, errNoValue
	}
	return v, nil
}

// jsonInteger reads an integer in [low, high], also one in quotes.
func jsonInteger(raw json.RawMessage, low, high int64) (int64, error) {
	text := string(bytes.Trim(raw, "\" \t\r\n"))
	if text == "" || text == "null" {
		return 0, errNoValue
	}
	v, err := parseInteger(text)
	if err != nil {
		return 0, fmt.Errorf("%s is no integer", clip(text))
	}
	if v < low || v > high {
		return 0, fmt.Errorf("%d is out of range", v)
	}
	return v, nil
}

func clip(text string) string {
	if len(text) > 40 {
		text = text[:40] + "…"
	}
	return strconv.Quote(text)
}

// readSteps reads expert_counts_by_step.json. Where the text breaks off or is no
// JSON, what came before is kept.
func readSteps(ctx context.Context, data []byte, s *stepCounts, n *notes) error {
	data, blanked := plainJSON(data)
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		n.broken(data, dec, fmt.Errorf("it does not begin as a list"))
		return nil
	}
	var e entry
	for dec.More() {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := dec.InputOffset()
		if err := dec.Decode(&e); err != nil {
			n.broken(data, dec, err)
			break
		}
		n.rows++
		if err := s.take(e); err != nil {
			n.refuse(lineAt(data, start), err)
		}
	}
	if _, err := dec.Token(); err != nil && n.cut == nil {
		n.broken(data, dec, err)
	}
	n.noteBlanks(blanked)
	return nil
}

// lineAt returns the line of the element that follows offset.
func lineAt(data []byte, offset int64) int {
	rest := bytes.TrimLeft(data[offset:], ", \t\r\n")
	return 1 + bytes.Count(data[:len(data)-len(rest)], []byte("\n"))
}

// broken notes that the text is JSON only up to where dec stands.
func (n *notes) broken(data []byte, dec *json.Decoder, why error) {
	at := dec.InputOffset()
	if errors.Is(why, io.EOF) || errors.Is(why, io.ErrUnexpectedEOF) {
		why = errors.New("the text ends")
	}
	n.cut = fmt.Errorf("line %d, after byte %d: %w", lineAt(data, at), at, why)
}

func (n *notes) noteBlanks(blanked int) {
	if blanked > 0 {
		n.info("%s as missing.", agree(int64(blanked), "value", "is no finite number and counts", "are no finite numbers and count"))
	}
}
