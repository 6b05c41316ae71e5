// Package standin is a stand-in for a vLLM server in tests: it answers as vLLM's
// OpenAI server does, with times and failures that the test chooses. It is a
// handler for tests in one process (New) and a program that takes vLLM's command
// line (Main, and the folder vllm).
package standin

import (
	"encoding/json"
	"fmt"
	"time"
)

// Options say how the server behaves. The zero value is a healthy server that
// answers at once and has no profiler.
type Options struct {
	Models      []string      `json:"models,omitempty"`        // empty: standin/model
	MaxModelLen int           `json:"max_model_len,omitempty"` // tokens of prompt and answer; 0: 8,192
	TTFT        time.Duration `json:"ttft,omitempty"`          // from a request's arrival to its first token
	TPOT        time.Duration `json:"tpot,omitempty"`          // between tokens
	Chunk       int           `json:"chunk,omitempty"`         // tokens in a chunk of a stream; 0: 1
	Seats       int           `json:"seats,omitempty"`         // requests worked on at a time, the others wait; 0: all
	EOS         int           `json:"eos,omitempty"`           // tokens after which an answer ends, unless told to ignore it; 0: max_tokens
	NoUsage     bool          `json:"no_usage,omitempty"`      // streams do not end with a usage
	NoTokenIDs  bool          `json:"no_token_ids,omitempty"`  // prompts must be text

	Loading    time.Duration `json:"loading,omitempty"`     // how long nothing listens (Main)
	Unready    time.Duration `json:"unready,omitempty"`     // how long it answers 503 from then on
	Profiler   bool          `json:"profiler,omitempty"`    // start_profile and stop_profile are there
	ProfileLog string        `json:"profile_log,omitempty"` // file that gets a line "start" or "stop"; empty: none
	RequestLog string        `json:"request_log,omitempty"` // file that gets the method and path of each request that is not answered 503; empty: none
	SlowStop   time.Duration `json:"slow_stop,omitempty"`   // how long stop_profile takes
	Experts    Experts       `json:"experts,omitzero"`      // routed_experts in each choice

	Refuse      int  `json:"refuse,omitempty"`        // status of every completion, such as 503; 0: they are served
	RefuseEvery int  `json:"refuse_every,omitempty"`  // only each n-th is refused; 0: every one
	CutAfter    int  `json:"cut_after,omitempty"`     // tokens after which a stream breaks off; 0: never
	HangAfter   int  `json:"hang_after,omitempty"`    // completions after which nothing answers any more; 0: never
	CrashAfter  int  `json:"crash_after,omitempty"`   // completions after which the program dies (Main); 0: never
	CrashAtOnce bool `json:"crash_at_once,omitempty"` // the program dies while loading (Main)
	Deaf        bool `json:"deaf,omitempty"`          // interrupts and SIGTERM are ignored (Main)
	Workers     int  `json:"workers,omitempty"`       // child processes, as vLLM's engine is one (Main)
}

// Experts describes the routing that answers carry; without Layers they carry none.
type Experts struct {
	Layers int `json:"layers,omitempty"`
	TopK   int `json:"top_k,omitempty"`
	Count  int `json:"count,omitempty"` // experts a layer, at most 256
}

// Variable names the environment variable that holds the options of Main as JSON.
const Variable = "STANDIN_VLLM"

// Environment returns the options as an entry of an environment, for a program
// that calls Main.
func (o Options) Environment() string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(fmt.Sprintf("options are plain values: %v", err))
	}
	return Variable + "=" + string(text)
}

func (o Options) withDefaults() Options {
	if len(o.Models) == 0 {
		o.Models = []string{"standin/model"}
	}
	if o.MaxModelLen == 0 {
		o.MaxModelLen = 8192
	}
	if o.Chunk == 0 {
		o.Chunk = 1
	}
	return o
}
