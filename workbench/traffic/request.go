package traffic

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"profilemate/workbench/fault"
)

// asked is the body of a completion. The temperature is 0: what is measured is to be
// the same again.
type asked struct {
	Model       string         `json:"model,omitempty"`
	Prompt      any            `json:"prompt"`
	MaxTokens   int            `json:"max_tokens"`
	Temperature float64        `json:"temperature"`
	Stream      bool           `json:"stream,omitempty"`
	Options     *streamOptions `json:"stream_options,omitempty"`
	IgnoreEOS   bool           `json:"ignore_eos,omitempty"`
	Routing     bool           `json:"return_routed_experts,omitempty"` // SGLang wants to be asked
}

type streamOptions struct {
	Usage bool `json:"include_usage"`
}

// answer is a whole completion, or an event of one that streams.
type answer struct {
	ID      string          `json:"id,omitempty"`
	Model   string          `json:"model,omitempty"`
	Choices []choice        `json:"choices"`
	Usage   *usage          `json:"usage,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

type choice struct {
	Index   int             `json:"index"`
	Text    string          `json:"text"`
	Reason  *string         `json:"finish_reason"`
	Experts json.RawMessage `json:"routed_experts,omitempty"`
	SGLang  json.RawMessage `json:"sgl_ext,omitempty"`
}

type usage struct {
	Prompt int `json:"prompt_tokens"`
	Output int `json:"completion_tokens"`
	Total  int `json:"total_tokens"`
}

// sample is what was measured of one request.
type sample struct {
	due, sent   time.Time // due: when it was scheduled
	first, last time.Time // of its tokens; zero: none came
	gaps        []int64   // ns between the chunks of tokens
	chunks      int
	counted     bool     // the server gave the numbers of tokens; else chunks are counted
	usage       usage    // as far as known
	kept        *answer  // joined, where responses are saved
	err         error    // why it failed
	response    []string // texts of kept
}

// errCut is the reason of a stream that does not come to an end.
var errCut = fault.Errorf(fault.Missing, "the answer broke off")

// request sends a prompt and measures the answer.
func (r *run) request(ctx context.Context, p Prompt, due time.Time) (s sample) {
	s.due, s.sent = due, time.Now()
	body, err := r.body(p)
	if err != nil {
		s.err = err
		return s
	}
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.Timeout, fault.Errorf(fault.Missing, "no answer within %v", r.Timeout))
		defer cancel()
	}
	if err := r.receive(ctx, body, &s); err != nil {
		s.err = reason(ctx, err)
	}
	return s
}

// reason says why a request failed, so that equal failures read alike: without the
// ports of connections.
func reason(ctx context.Context, err error) error {
	onNet := new(net.OpError)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Errorf(fault.Missing, "the server closed the connection: %w", err)
	case errors.As(err, &onNet):
		return fault.Errorf(fault.Missing, "the server cannot be reached: %w", onNet.Err)
	}
	return err
}

// body writes the request for a prompt.
func (r *run) body(p Prompt) ([]byte, error) {
	a := asked{Model: r.Model, Prompt: p.Text, MaxTokens: p.Output, IgnoreEOS: r.IgnoreEOS, Routing: r.Save != nil}
	if p.IDs != nil {
		a.Prompt = p.IDs
	}
	if !r.Plain {
		a.Stream, a.Options = true, &streamOptions{Usage: true}
	}
	body, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("writing a request: %w", err)
	}
	return body, nil
}

// receive sends a request and reads what comes.
func (r *run) receive(ctx context.Context, body []byte, s *sample) error {
	response, err := r.client.send(ctx, http.MethodPost, "/v1/completions", body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	limited := io.LimitReader(response.Body, mostAnswer)
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(limited) // what it said is worth showing in part
		return refusal(response.StatusCode, said)
	}
	if r.Save != nil {
		s.kept = &answer{Choices: []choice{{}}}
	}
	if r.Plain {
		return s.whole(limited)
	}
	return s.stream(limited)
}

// whole reads an answer in one part.
func (s *sample) whole(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.last = time.Now()
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return fault.Errorf(fault.Corrupt, "reading the answer: %w", err)
	}
	s.chunks = len(a.Choices)
	if err := s.take(a); err != nil {
		return err
	}
	return s.complete(len(a.Choices) > 0)
}

// stream reads events until the last. The time of a token is that at which its line
// has come, before it is understood.
func (s *sample) stream(r io.Reader) error {
	lines := bufio.NewReader(r)
	ended := false
	for {
		line, err := lines.ReadBytes('\n')
		now := time.Now()
		data, isData := bytes.CutPrefix(bytes.TrimSpace(line), []byte("data:"))
		data = bytes.TrimSpace(data)
		switch {
		case isData && string(data) == "[DONE]":
			_, _ = io.Copy(io.Discard, lines) // a connection that is read to its end is used again
			return s.complete(true)
		case isData && len(data) > 0:
			var a answer
			if err := json.Unmarshal(data, &a); err != nil {
				return fault.Errorf(fault.Corrupt, "reading an event of the answer: %w", err)
			}
			if len(a.Choices) > 0 {
				s.token(now)
				ended = ended || a.Choices[0].Reason != nil
			}
			if err := s.take(a); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return s.complete(ended)
		case errors.Is(err, io.ErrUnexpectedEOF):
			return errCut
		case err != nil:
			return err
		}
	}
}

// token notes that tokens have come.
func (s *sample) token(now time.Time) {
	if s.first.IsZero() {
		s.first = now
	} else {
		s.gaps = append(s.gaps, int64(now.Sub(s.last)))
	}
	s.last = now
	s.chunks++
}

// take keeps what an answer or an event says.
func (s *sample) take(a answer) error {
	if len(a.Error) > 0 && string(a.Error) != "null" {
		return refusal(http.StatusOK, []byte(`{"error":`+string(a.Error)+`}`))
	}
	if u := a.Usage; u != nil && u.Output > 0 && u.Prompt >= 0 {
		s.usage, s.counted = *u, true
	}
	if s.kept == nil {
		return nil
	}
	if a.ID != "" {
		s.kept.ID, s.kept.Model = a.ID, a.Model
	}
	if a.Usage != nil {
		s.kept.Usage = a.Usage
	}
	if len(a.Choices) > 0 {
		from, to := a.Choices[0], &s.kept.Choices[0]
		s.response = append(s.response, from.Text)
		if from.Reason != nil {
			to.Reason = from.Reason
		}
		if len(from.Experts) > 0 && string(from.Experts) != "null" {
			to.Experts = from.Experts
		}
		if len(from.SGLang) > 0 && string(from.SGLang) != "null" {
			to.SGLang = from.SGLang
		}
	}
	return nil
}

// complete ends an answer. Where the server does not count, each chunk is a token.
func (s *sample) complete(ended bool) error {
	if !s.counted {
		s.usage.Output = s.chunks
	}
	switch {
	case !ended:
		return errCut
	case s.usage.Output == 0:
		return fault.Errorf(fault.Missing, "the answer holds no token")
	}
	return nil
}
