package traffic

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"profilemate/workbench/fault"
)

// mostLine bounds a line of a data set, in bytes.
const mostLine = 16 << 20

// ReadDataset reads prompts: ShareGPT's JSON (a list of conversations, of which the
// first question is taken), a line of JSON for each prompt as vLLM's custom data
// sets have it ({"prompt": …, "output_tokens": …}), or lines of plain text. A file
// without prompts is Missing, damaged JSON Corrupt, with the place.
func ReadDataset(r io.Reader) ([]Prompt, error) {
	buffered := bufio.NewReader(r)
	first, err := firstByte(buffered)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the data set: %w", err)
	}
	var prompts []Prompt
	if first == '[' {
		prompts, err = readList(buffered)
	} else {
		prompts, err = readLines(buffered, first == '{')
	}
	if err == nil && len(prompts) == 0 {
		err = fault.Errorf(fault.Missing, "the data set holds no prompts")
	}
	return prompts, err
}

// firstByte returns the first byte that is no space, and leaves it.
func firstByte(r *bufio.Reader) (byte, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if !bytes.ContainsRune([]byte(" \t\r\n"), rune(b)) {
			return b, r.UnreadByte()
		}
	}
}

// entry is one record of a data set, in the forms that are about.
type entry struct {
	Prompt        string `json:"prompt"`
	OutputTokens  int    `json:"output_tokens"`
	OutputLen     int    `json:"output_len"`
	MaxTokens     int    `json:"max_tokens"`
	Conversations []turn `json:"conversations"`
	Messages      []turn `json:"messages"`
}

type turn struct {
	From    string `json:"from"`
	Role    string `json:"role"`
	Value   string `json:"value"`
	Content string `json:"content"`
}

// prompt returns what an entry asks; false where it asks nothing.
func (e entry) prompt() (Prompt, bool) {
	p := Prompt{Text: e.Prompt, Output: max(0, e.OutputTokens, e.OutputLen, e.MaxTokens)}
	for _, t := range append(e.Conversations, e.Messages...) {
		if p.Text == "" && (t.From == "human" || t.From == "user" || t.Role == "user") {
			p.Text = t.Value + t.Content
		}
	}
	return p, strings.TrimSpace(p.Text) != ""
}

// readList reads a list an entry at a time: ShareGPT's has a hundred thousand.
func readList(r io.Reader) ([]Prompt, error) {
	decoder := json.NewDecoder(r)
	if _, err := decoder.Token(); err != nil {
		return nil, corrupt(decoder, err)
	}
	var prompts []Prompt
	for decoder.More() {
		var e entry
		if err := decoder.Decode(&e); err != nil {
			return nil, corrupt(decoder, err)
		}
		if p, ok := e.prompt(); ok {
			prompts = append(prompts, p)
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, corrupt(decoder, err)
	}
	return prompts, nil
}

func corrupt(d *json.Decoder, err error) error {
	return fault.Errorf(fault.Corrupt, "reading the data set: at byte %d: %w", d.InputOffset(), err)
}

func readLines(r io.Reader, isJSON bool) ([]Prompt, error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, mostLine)
	var prompts []Prompt
	for line := 1; scanner.Scan(); line++ {
		p, ok := Prompt{Text: strings.TrimSpace(scanner.Text())}, true
		if p.Text == "" {
			continue
		}
		if isJSON {
			var e entry
			if err := json.Unmarshal(scanner.Bytes(), &e); err != nil {
				return nil, fault.Errorf(fault.Corrupt, "reading the data set: prompt line %d: %w", line, err)
			}
			p, ok = e.prompt()
		}
		if ok {
			prompts = append(prompts, p)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fault.Errorf(fault.Corrupt, "reading the data set: %w", err)
	}
	return prompts, nil
}
