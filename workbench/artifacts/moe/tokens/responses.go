package tokens

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"profilemate/workbench/fault"
)

// mostResponse is the most bytes of one response; a context of a million tokens of 60
// layers and top-8 is under 700 MB in base64, and is better recorded in parts.
const mostResponse = 512 << 20

// response is what of a server's answer is needed: of vLLM's and SGLang's OpenAI
// interface, and of SGLang's own.
type response struct {
	ID       string    `json:"id"`
	Model    string    `json:"model"`
	Usage    usage     `json:"usage"`
	Choices  []choice  `json:"choices"`
	Meta     *routed   `json:"meta_info"`
	Response *response `json:"response"` // a client's log keeps the request beside it
}

type usage struct {
	Prompt *int64 `json:"prompt_tokens"`
	Output *int64 `json:"completion_tokens"`
}

type choice struct {
	Experts json.RawMessage `json:"routed_experts"`
	SGLang  *routed         `json:"sgl_ext"`
	Meta    *routed         `json:"meta_info"`
}

// routed is SGLang's form: flat ids without a shape.
type routed struct {
	ID      string          `json:"id"`
	Experts json.RawMessage `json:"routed_experts"`
	Start   int64           `json:"routed_experts_start_len"`
	Prompt  *int64          `json:"prompt_tokens"`
	Output  *int64          `json:"completion_tokens"`
}

// payload is where in a file the ids of one choice stand, in base64.
type payload struct {
	path     string
	at, size int64
	flat     bool // SGLang's: int32 without a header
	id       string
	start    int64 // position of the first token
	usage    usage
	answer   int // number of the response in its file
	choices  int // of the response that have ids; usage counts the output of all of them
}

// answers gathers the responses of one file.
type answers struct {
	path      string
	events    bool // a stream: one response in many pieces
	list      []payload
	responses int
	last      string // id of the response before
	bad       badLines
	cut       error // where the text breaks off; nil where it does not
}

// readResponses finds the payloads of a file: one response, several in a row or a line
// each, or a list of them. Of lines those that are no JSON are left out and counted.
// Where another text breaks off, what came before is kept and cut says where.
func readResponses(ctx context.Context, path string) (*answers, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	defer file.Close()
	text := bufio.NewReaderSize(file, 1<<20)
	in := &capReader{in: text}
	a := &answers{path: path, events: isEvents(peek(text))}
	if a.events {
		in.in = &eventReader{in: text}
	}
	dec := json.NewDecoder(in)
	list, err := enterList(file, dec)
	if err != nil {
		a.cut = err
		return a, nil
	}
	for dec.More() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		in.since = 0
		var raw json.RawMessage
		err := dec.Decode(&raw)
		switch {
		case errors.Is(err, io.EOF):
			return a, nil
		case err != nil:
			a.cut = fmt.Errorf("after byte %d: %w", dec.InputOffset(), err)
			if list {
				return a, nil
			}
			return a, a.readOn(ctx, file, dec.InputOffset())
		}
		a.take(raw, dec.InputOffset()-int64(len(raw)))
	}
	return a, nil
}

// take adds a value of the file, whose text begins at offset.
func (a *answers) take(raw []byte, offset int64) {
	r := parseResponse(raw)
	if !a.events || a.responses == 0 || r.ID != a.last {
		a.responses++
	}
	a.last = r.ID
	begin := len(a.list)
	a.list = appendPayloads(a.list, r, a.path, raw, offset)
	for i := range a.list[begin:] {
		a.list[begin+i].answer, a.list[begin+i].choices = a.responses, len(a.list)-begin
	}
	if a.events {
		shareUsage(a.list, r, a.responses)
	}
}

// enterList passes the bracket that begins a list, and reports whether there is one.
func enterList(file *os.File, dec *json.Decoder) (list bool, err error) {
	var head [512]byte
	n, _ := file.ReadAt(head[:], 0)
	if list = bytes.HasPrefix(bytes.TrimLeft(head[:n], " \t\r\n"), []byte("[")); list {
		_, err = dec.Token()
	}
	return list, err
}

// errLong says that a response is too long to be one.
var errLong = fmt.Errorf("one response is longer than %d MB", mostResponse>>20)

// capReader fails where one value grows beyond mostResponse.
type capReader struct {
	in    io.Reader
	since int64
}

// Read implements io.Reader.
func (c *capReader) Read(p []byte) (int, error) {
	if c.since > mostResponse {
		return 0, errLong
	}
	n, err := c.in.Read(p)
	c.since += int64(n)
	return n, err
}

// peek returns the beginning of a text without taking it.
func peek(text *bufio.Reader) []byte {
	head, _ := text.Peek(512) // a shorter text is its own beginning; a fault comes with Read
	return head
}

// parseResponse takes a value apart; one that is no response is an empty one.
func parseResponse(raw []byte) response {
	var r response
	if json.Unmarshal(raw, &r) != nil {
		return response{}
	}
	if r.Response != nil {
		return *r.Response
	}
	return r
}

// shareUsage gives the usage that a piece of a stream brings to the payloads of the
// pieces before it, of the same answer, and tells each how many they are.
func shareUsage(list []payload, r response, answer int) {
	begin := len(list)
	for begin > 0 && list[begin-1].answer == answer {
		begin--
	}
	for i := range list[begin:] {
		p := &list[begin+i]
		p.choices = len(list) - begin
		if p.usage.Prompt == nil && r.Usage.Prompt != nil && r.ID != "" {
			p.usage = r.Usage
		}
	}
}

// appendPayloads adds the payloads of one response, whose text begins at offset.
func appendPayloads(list []payload, r response, path string, raw []byte, offset int64) []payload {
	add := func(text json.RawMessage, p payload) {
		at := bytes.Index(raw, text)
		if len(text) < 2 || text[0] != '"' || at < 0 {
			return
		}
		p.path, p.at, p.size = path, offset+int64(at)+1, int64(len(text))-2
		if p.id == "" {
			p.id = r.ID
		}
		list = append(list, p)
	}
	for _, c := range r.Choices {
		add(c.Experts, payload{usage: r.Usage})
		for _, s := range []*routed{c.SGLang, c.Meta} {
			if s != nil {
				add(s.Experts, s.payload(r.Usage))
			}
		}
	}
	if r.Meta != nil {
		add(r.Meta.Experts, r.Meta.payload(r.Usage))
	}
	return list
}

func (s *routed) payload(u usage) payload {
	if s.Prompt != nil {
		u = usage{s.Prompt, s.Output}
	}
	return payload{flat: true, start: s.Start, id: s.ID, usage: u}
}

// load reads and decodes a payload.
func (p payload) load() ([]byte, error) {
	file, err := os.Open(p.path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	defer file.Close()
	text := make([]byte, p.size)
	if _, err := file.ReadAt(text, p.at); err != nil {
		return nil, fault.Errorf(fault.Corrupt, "reading routed experts: %w", err)
	}
	text = bytes.ReplaceAll(text, []byte(`\/`), []byte("/"))
	n, err := base64.StdEncoding.Decode(text, text)
	if err != nil {
		return nil, fault.Errorf(fault.Corrupt, "decoding routed experts: %w", err)
	}
	return text[:n], nil
}

// name says which response of a file a payload belongs to.
func (p payload) name() string {
	if p.id != "" {
		return fmt.Sprintf("response %q", p.id)
	}
	return fmt.Sprintf("the response at byte %d", p.at)
}
