package standin

import (
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"
)

// Server is the stand-in. It is an http.Handler, safe for concurrent use.
type Server struct {
	options Options
	mux     *http.ServeMux
	began   time.Time
	seats   chan struct{} // nil: as many as come
	ended   chan struct{} // closed by Close: what hangs ends

	mu        sync.Mutex
	requests  []Request
	profiling bool
	profiles  int
	generated int64
	prompted  int64
	crash     func() // set by Main
	closed    bool
}

// Request is a completion that was asked for.
type Request struct {
	Arrived   time.Time
	Prompt    string // its text, or its token ids as JSON
	Tokens    int    // of the prompt
	MaxTokens int
	IgnoreEOS bool
	Stream    bool
	Profiled  bool // the profiler was on when it arrived
}

// New returns a server whose time to be unready begins now. Close ends what hangs.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{options: o, mux: http.NewServeMux(), began: time.Now(), ended: make(chan struct{})}
	if o.Seats > 0 {
		s.seats = make(chan struct{}, o.Seats)
	}
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {})
	s.mux.HandleFunc("GET /version", s.version)
	s.mux.HandleFunc("GET /v1/models", s.models)
	s.mux.HandleFunc("GET /metrics", s.metrics)
	s.mux.HandleFunc("POST /v1/completions", s.completions)
	if o.Profiler {
		s.mux.HandleFunc("POST /start_profile", func(w http.ResponseWriter, _ *http.Request) { s.profile(w, true) })
		s.mux.HandleFunc("POST /stop_profile", func(w http.ResponseWriter, _ *http.Request) { s.profile(w, false) })
	}
	return s
}

// ServeHTTP answers as vLLM does. While the server is unready, all of it is 503.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if time.Since(s.began) < s.options.Unready {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if err := note(s.options.RequestLog, r.Method+" "+r.URL.Path); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Close ends requests that hang, so that the HTTP server can be closed.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.ended)
	}
}

// Requests returns the completions so far, in the order in which they arrived.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Profiles returns how often the profiler was started, and whether it is on.
func (s *Server) Profiles() (starts int, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.profiles, s.profiling
}

func (s *Server) profile(w http.ResponseWriter, on bool) {
	if !on {
		time.Sleep(s.options.SlowStop)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if on && !s.profiling {
		s.profiles++
	}
	s.profiling = on
	if err := note(s.options.ProfileLog, map[bool]string{true: "start", false: "stop"}[on]); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
	}
}

// note adds a line to a file, unless its path is empty.
func note(path, line string) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = file.WriteString(line + "\n")
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `{"version":"0.28.1"}`)
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	type model struct {
		ID          string `json:"id"`
		Object      string `json:"object"`
		OwnedBy     string `json:"owned_by"`
		MaxModelLen int    `json:"max_model_len"`
	}
	list := make([]model, len(s.options.Models))
	for i, id := range s.options.Models {
		list[i] = model{ID: id, Object: "model", OwnedBy: "vllm", MaxModelLen: s.options.MaxModelLen}
	}
	reply(w, map[string]any{"object": "list", "data": list})
}

func (s *Server) metrics(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(w, "# TYPE vllm:prompt_tokens_total counter\nvllm:prompt_tokens_total{engine=\"0\"} %d\n"+
		"# TYPE vllm:generation_tokens_total counter\nvllm:generation_tokens_total{engine=\"0\"} %d\n", s.prompted, s.generated)
}
