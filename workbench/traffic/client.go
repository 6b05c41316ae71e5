package traffic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"profilemate/workbench/fault"
)

// Client talks to one server. It is safe for concurrent use. Close frees its
// connections.
type Client struct {
	base string
	key  string
	http *http.Client
}

// NewClient returns a client of the server at an address without a path. An empty
// key is none.
func NewClient(address, key string) *Client {
	return &Client{base: strings.TrimSuffix(address, "/"), key: key, http: &http.Client{Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 1 << 16,
		IdleConnTimeout:     4 * time.Second, // vLLM's HTTP server drops them after 5
		DisableCompression:  true,            // it would join what comes one by one
	}}}
}

// Close frees connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Times of waiting for a server.
const (
	pollEvery = 250 * time.Millisecond
	pollLimit = 5 * time.Second // of one question
)

// Ready waits until the server answers /health with 200. Alive, unless nil, is asked
// in between: its error, such as that the server has ended, ends the wait. A server
// that does not come in time is Missing, with what it said last.
func (c *Client) Ready(ctx context.Context, wait time.Duration, alive func() error) error {
	began := time.Now()
	for {
		err := c.healthy(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Since(began) >= wait:
			return fault.WithRemedy(fault.Errorf(fault.Missing, "the server at %s did not come up within %v: %w", c.base, wait, err),
				"start it, for example with vllm serve MODEL, give it more time with --wait, or name another address with --url")
		}
		if alive != nil {
			if err := alive(); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pollEvery):
		}
	}
}

// healthy asks once. Where there is no /health, a list of models will do.
func (c *Client) healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	status, _, err := c.ask(ctx, http.MethodGet, "/health", nil)
	if err == nil && status == http.StatusNotFound {
		status, _, err = c.ask(ctx, http.MethodGet, "/v1/models", nil)
	}
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("/health answers %d %s", status, http.StatusText(status))
	}
	return err
}

// Model is one that a server offers.
type Model struct {
	ID          string `json:"id"`
	MaxModelLen int    `json:"max_model_len"` // tokens of prompt and answer; 0: not said
}

// Models lists what the server offers.
func (c *Client) Models(ctx context.Context) ([]Model, error) {
	status, body, err := c.ask(ctx, http.MethodGet, "/v1/models", nil)
	if err == nil && status != http.StatusOK {
		err = refusal(status, body)
	}
	var list struct {
		Data []Model `json:"data"`
	}
	if err == nil {
		err = json.Unmarshal(body, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("listing the models of %s: %w", c.base, err)
	}
	return list.Data, nil
}

// Version is what the server says of its own version, "" where it does not: it is asked
// for the record alone.
func (c *Client) Version(ctx context.Context) string {
	for _, path := range []string{"/version", "/get_server_info"} { // of vLLM, of SGLang
		status, body, err := c.ask(ctx, http.MethodGet, path, nil)
		var said struct{ Version string }
		if err == nil && status == http.StatusOK && json.Unmarshal(body, &said) == nil && said.Version != "" {
			return said.Version
		}
	}
	return ""
}

// HasProfiler reports whether the server's profiler can be started. It starts
// nothing: a server that knows the path answers OPTIONS with 405, not 404.
func (c *Client) HasProfiler(ctx context.Context) (bool, error) {
	status, _, err := c.ask(ctx, http.MethodOptions, "/start_profile", nil)
	if err != nil {
		return false, fmt.Errorf("looking for the profiler of %s: %w", c.base, err)
	}
	return status != http.StatusNotFound, nil
}

// NoProfiler is the error for a server without start_profile: Unsupported.
func (c *Client) NoProfiler() error {
	return fault.WithRemedy(fault.Errorf(fault.Unsupported, "the server at %s has no /start_profile", c.base),
		"start it with --profiler-config.profiler cuda (vLLM 0.13 or newer), or send traffic without a profiler by --no-profiler")
}

// StartProfile starts the server's profiler.
func (c *Client) StartProfile(ctx context.Context) error { return c.profile(ctx, "/start_profile") }

// StopProfile stops the server's profiler. It returns when the server has written
// what it holds, which takes minutes for long captures.
func (c *Client) StopProfile(ctx context.Context) error { return c.profile(ctx, "/stop_profile") }

func (c *Client) profile(ctx context.Context, path string) error {
	status, body, err := c.ask(ctx, http.MethodPost, path, []byte{})
	switch {
	case err != nil:
		return fmt.Errorf("asking %s for %s: %w", c.base, path, err)
	case status == http.StatusNotFound:
		return c.NoProfiler()
	case status != http.StatusOK:
		return fmt.Errorf("asking %s for %s: %w", c.base, path, refusal(status, body))
	}
	return nil
}

// mostAnswer bounds an answer that is read whole, in bytes: the routing of a long
// one takes most of it.
const mostAnswer = 1 << 30

// ask sends a request and reads the answer. A nil body is none.
func (c *Client) ask(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	response, err := c.send(ctx, method, path, body)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	return response.StatusCode, answer, err
}

func (c *Client) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		// Present but empty, it is not sent, and lets Go send once more what met a
		// connection that the server had just dropped.
		request.Header["X-Idempotency-Key"] = nil
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := c.http.Do(request)
	if wrapped := new(url.Error); errors.As(err, &wrapped) {
		err = wrapped.Err // without the address, so that equal failures read alike
	}
	return response, err
}

// refused is an answer that is none: its status and what the server said.
type refused struct {
	status int
	words  string
}

// Error returns the status and the server's words.
func (r *refused) Error() string {
	text := fmt.Sprintf("the server answers %d %s", r.status, http.StatusText(r.status))
	if r.status == http.StatusOK {
		text = "the server answers with an error"
	}
	if r.words != "" {
		text += ": " + r.words
	}
	return text
}

// refusalKept is how many bytes of a refusal that is not in the known form are shown.
const refusalKept = 200

// refusal reads an error in OpenAI's form, in vLLM's older one, or as text: Denied
// where a key is missing, Missing where it may come right, else Unsupported. Status
// 200 is an error in the middle of an answer.
func refusal(status int, body []byte) error {
	var said struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	_ = json.Unmarshal(body, &said) // what is no JSON is shown as it is
	var inner struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(said.Error, &inner)
	words := inner.Message + said.Message
	if words == "" && len(said.Detail) > 0 {
		words = string(said.Detail)
	}
	if words == "" {
		words = string(body)
	}
	if len(words) > refusalKept {
		words = strings.ToValidUTF8(words[:refusalKept], "") + "…"
	}
	kind := fault.Unsupported
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		kind = fault.Denied
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusOK:
		kind = fault.Missing
	}
	return fault.Errorf(kind, "%w", &refused{status: status, words: strings.TrimSpace(words)})
}
