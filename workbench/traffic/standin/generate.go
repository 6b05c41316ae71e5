package standin

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// work is one answer that is being made.
type work struct {
	n      int       // number of the request
	began  time.Time // its times count from here
	prompt int       // tokens
	tokens int       // of the answer
}

// due is when the first i tokens of an answer are there, i from 1.
func (s *Server) due(w work, i int) time.Time {
	return w.began.Add(s.options.TTFT + time.Duration(i-1)*s.options.TPOT)
}

// generate writes the answer, each part when it is due: the times do not depend on
// how long writing takes.
func (s *Server) generate(w http.ResponseWriter, r *http.Request, a asked, job work) {
	if !a.Stream {
		if s.wait(r, s.due(job, job.tokens)) {
			s.count(job.tokens)
			reply(w, s.last(job, strings.Repeat(" word", job.tokens), true))
		}
		return
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	flush := http.NewResponseController(w)
	for done := 0; done < job.tokens; {
		now := min(s.options.Chunk, job.tokens-done)
		if !s.wait(r, s.due(job, done+now)) {
			return
		}
		done += now
		s.count(now)
		part := s.part(job, strings.Repeat(" word", now))
		if done == job.tokens {
			part = s.last(job, strings.Repeat(" word", now), false)
		}
		if event(w, part) != nil || flush.Flush() != nil {
			return
		}
		if cut := s.options.CutAfter; cut > 0 && done >= cut {
			panic(http.ErrAbortHandler) // how a handler breaks a connection off
		}
	}
	if a.Options.Usage && !s.options.NoUsage {
		end := s.part(job, "")
		end.Choices, end.Usage = []choice{}, job.usage()
		_ = event(w, end) // the caller has gone: nobody is left to tell
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

// wait returns false when the caller goes first.
func (s *Server) wait(r *http.Request, until time.Time) bool {
	select {
	case <-time.After(time.Until(until)):
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Server) count(tokens int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generated += int64(tokens)
}

func (j work) usage() *usage {
	return &usage{Prompt: j.prompt, Completion: j.tokens, Total: j.prompt + j.tokens}
}

func (s *Server) part(j work, text string) answer {
	return answer{ID: fmt.Sprintf("cmpl-%d", j.n), Object: "text_completion", Created: j.began.Unix(),
		Model: s.options.Models[0], Choices: []choice{{Text: text}}}
}

// last is the part of an answer with its reason to end and its routing; whole is
// an answer in one part.
func (s *Server) last(j work, text string, whole bool) answer {
	reason := "length"
	if eos := s.options.EOS; eos > 0 && j.tokens == eos {
		reason = "stop"
	}
	a := s.part(j, text)
	a.Choices[0].Reason = &reason
	a.Choices[0].Experts = s.options.Experts.encode(j.prompt + j.tokens - 1)
	if whole {
		a.Usage = j.usage()
	}
	return a
}

func event(w http.ResponseWriter, a answer) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "data: %s\n\n", text)
	return err
}

// encode returns routed_experts: the base64 form of an npy array of bytes, tokens x
// layers x k. Token t goes to experts t+layer, t+layer+1 and so on, modulo their
// count.
func (e Experts) encode(tokens int) string {
	if e.Layers == 0 {
		return ""
	}
	header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d), }", tokens, e.Layers, e.TopK)
	header += strings.Repeat(" ", (64-(10+len(header)+1)%64)%64) + "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	b.Write([]byte{byte(len(header)), byte(len(header) >> 8)})
	b.WriteString(header)
	for t := range tokens {
		for l := range e.Layers {
			for k := range e.TopK {
				b.WriteByte(byte((t + l + k) % e.Count))
			}
		}
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}
