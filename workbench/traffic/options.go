// Package traffic sends requests to a vLLM server, or another one with OpenAI's
// completions, and measures the answers: time to the first token, between tokens,
// to the end. It waits for the server, warms it up, and starts and stops the
// server's profiler around what it measures.
package traffic

import (
	"io"
	"net/url"
	"strings"
	"time"

	"profilemate/workbench/fault"
)

// Mode is the shape of the requests where no lengths are given.
type Mode string

// The modes: long prompts with short answers, short prompts with long answers, and
// a cycle of three shapes.
const (
	Prefill Mode = "prefill"
	Decode  Mode = "decode"
	Mixed   Mode = "mixed"
)

// shape is the length of a prompt and of its answer, in tokens.
type shape struct{ input, output int }

// shapes are what the modes send, one after the other.
func (m Mode) shapes() []shape {
	switch m {
	case Prefill:
		return []shape{{1024, 16}}
	case Decode:
		return []shape{{16, 256}}
	}
	return []shape{{512, 100}, {128, 150}, {16, 50}}
}

// Options say what is sent. Requests and URL must be set.
type Options struct {
	URL         string        // of the server, without a path: http://127.0.0.1:8000
	APIKey      string        // empty: none
	Model       string        // empty: the first that the server lists
	Mode        Mode          // empty: Mixed
	Requests    int           // that are measured
	Concurrency int           // requests at a time; with a Rate the most at a time; 0: 1, with a Rate no bound
	Rate        float64       // requests a second, whether earlier ones are done or not; 0: the next when one is done
	Poisson     bool          // with a Rate: exponential gaps instead of even ones
	InputLen    int           // tokens of each prompt; 0: as Mode has it
	OutputLen   int           // tokens of each answer; 0: as Mode has it, or the data set
	Seed        uint64        // of prompts and gaps
	Warmup      int           // requests before those that are measured
	IgnoreEOS   bool          // answers are as long as asked for
	Plain       bool          // answers come whole: only their end is measured
	Prompts     []Prompt      // sent in turn; empty: random ones, no two alike
	Tried       bool          // the server has answered before, as Prepare sees to: no trial is sent
	Words       bool          // with Tried: prompts are random words, since the server takes no token ids
	Profile     bool          // the server's profiler is on while it is measured
	Wait        time.Duration // how long the server may take to come up
	Timeout     time.Duration // of one request; 0: none
	Save        io.Writer     // gets each measured response as a line of JSON; nil: nothing is kept

	Say      func(words string)      // told what is going on; nil: nobody is
	Progress func(done, total int64) // of measured requests; nil: nobody is told. Called from several goroutines
}

func (o Options) withDefaults() (Options, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return o, fault.Errorf(fault.Misuse, "%q is no address of a server; give one like http://127.0.0.1:8000", o.URL)
	case o.Requests < 1:
		return o, fault.Errorf(fault.Misuse, "%d requests are none; ask for at least 1", o.Requests)
	case o.Concurrency < 0 || o.InputLen < 0 || o.OutputLen < 0 || o.Warmup < 0:
		return o, fault.Errorf(fault.Misuse, "concurrency, lengths and warm-up cannot be negative")
	case o.Rate < 0 || o.Rate > 1e6 || o.Rate != o.Rate:
		return o, fault.Errorf(fault.Misuse, "a rate of %v requests a second cannot be kept; give one from 0 to 1,000,000", o.Rate)
	case o.Poisson && o.Rate == 0:
		return o, fault.Errorf(fault.Misuse, "Poisson arrivals need a rate; give one with --rate")
	case o.Mode == "":
		o.Mode = Mixed
	case o.Mode != Prefill && o.Mode != Decode && o.Mode != Mixed:
		return o, fault.Errorf(fault.Misuse, "mode %q is none of prefill, decode, mixed", string(o.Mode))
	}
	o.URL = strings.TrimSuffix(strings.TrimSuffix(o.URL, "/"), "/v1")
	if o.Concurrency == 0 && o.Rate == 0 {
		o.Concurrency = 1
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	return o, nil
}
