package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// asked is the body of a completion.
type asked struct {
	Model     string          `json:"model"`
	Prompt    json.RawMessage `json:"prompt"`
	MaxTokens int             `json:"max_tokens"`
	IgnoreEOS bool            `json:"ignore_eos"`
	Stream    bool            `json:"stream"`
	Options   struct {
		Usage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

type choice struct {
	Index   int     `json:"index"`
	Text    string  `json:"text"`
	Reason  *string `json:"finish_reason"`
	Experts string  `json:"routed_experts,omitempty"`
}

type answer struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage,omitempty"`
}

func (s *Server) completions(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	var a asked
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	request, problem := s.understand(&a)
	request.Arrived = arrived
	n, crash := s.record(request)
	o := s.options
	switch {
	case crash:
		s.crash()
		s.hang(r)
		return
	case o.HangAfter > 0 && n > o.HangAfter:
		s.hang(r)
		return
	case o.Refuse != 0 && (o.RefuseEvery == 0 || n%o.RefuseEvery == 0):
		refuse(w, o.Refuse, "the stand-in refuses requests")
		return
	case problem != "":
		refuse(w, http.StatusBadRequest, problem)
		return
	}
	if s.seats != nil {
		select {
		case s.seats <- struct{}{}:
			defer func() { <-s.seats }()
			arrived = time.Now()
		case <-r.Context().Done():
			return
		}
	}
	s.generate(w, r, a, work{n: n, began: arrived, prompt: request.Tokens, tokens: s.length(a)})
}

// understand reads the prompt; problem says what vLLM would refuse.
func (s *Server) understand(a *asked) (r Request, problem string) {
	if a.MaxTokens == 0 {
		a.MaxTokens = 16
	}
	r = Request{MaxTokens: a.MaxTokens, IgnoreEOS: a.IgnoreEOS, Stream: a.Stream}
	var ids []int
	switch {
	case json.Unmarshal(a.Prompt, &r.Prompt) == nil:
		r.Tokens = len(strings.Fields(r.Prompt))
	case json.Unmarshal(a.Prompt, &ids) == nil && !s.options.NoTokenIDs:
		r.Prompt, r.Tokens = string(a.Prompt), len(ids)
	default:
		return r, "prompt must be a string"
	}
	if r.Tokens == 0 {
		return r, "Either prompt or prompt_embeds must be provided and non-empty."
	}
	if a.Model != "" && !slices.Contains(s.options.Models, a.Model) {
		return r, fmt.Sprintf("The model `%s` does not exist.", a.Model)
	}
	if total := r.Tokens + a.MaxTokens; total > s.options.MaxModelLen {
		return r, fmt.Sprintf("This model's maximum context length is %d tokens. However, you requested %d tokens.", s.options.MaxModelLen, total)
	}
	return r, ""
}

// record keeps a request and returns its number from 1.
func (s *Server) record(r Request) (n int, crash bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Profiled = s.profiling
	s.requests = append(s.requests, r)
	s.prompted += int64(r.Tokens)
	n = len(s.requests)
	return n, s.crash != nil && s.options.CrashAfter > 0 && n > s.options.CrashAfter
}

// hang answers nothing until the caller goes or Close is called.
func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.ended:
	}
}

// length is how many tokens the answer gets.
func (s *Server) length(a asked) int {
	if eos := s.options.EOS; eos > 0 && !a.IgnoreEOS {
		return min(eos, a.MaxTokens)
	}
	return a.MaxTokens
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the caller has gone: nobody is left to tell
}

// refuse answers with an error in vLLM's form.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // as in reply
		"error": map[string]any{"message": message, "type": http.StatusText(status), "param": nil, "code": status}})
}
