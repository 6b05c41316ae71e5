package traffic

import (
	"fmt"
	"math"
	"slices"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Report is what a run measured.
type Report struct {
	URL         string
	Model       string
	Mode        Mode
	Data        bool // prompts came from a data set, and Mode does not count
	Concurrency int  // as in Options
	Rate        float64
	Poisson     bool
	Requests    int  // asked for
	Profiled    bool // the server's profiler was on
	Interrupted bool // it ended early on request

	Completed   int
	Failed      int
	Unsent      int           // not sent, or not waited for, because it ended early
	Errors      []Failure     // why requests failed, most frequent first
	First       error         // of those that failed, by the time they were due; nil: none
	Elapsed     time.Duration // from the first request to the end of the last
	InputTokens int64         // of completed requests
	Output      int64         // tokens in the answers of completed requests
	MostAtOnce  int           // requests on their way
	Routed      int           // saved responses that hold routed experts
	Notes       []string      // sentences on what to know when reading this

	TTFT Figures // from sending to the first token
	TPOT Figures // (end - first token) / (tokens - 1), a request each
	ITL  Figures // between chunks of tokens
	E2E  Figures // from sending to the last token
	// With a rate, requests may be sent later than they were due. These count from
	// when they were due, so that waiting for a slow server is not left out.
	Delay   Figures // from due to sent
	DueTTFT Figures
	DueE2E  Figures
}

// Failure is a reason and how many requests failed for it.
type Failure struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Figures describe a sample of times in ns. Quantiles are interpolated linearly, as
// NumPy and vllm bench serve do.
type Figures struct {
	Count              int // 0: nothing was measured, and the rest says nothing
	Mean               float64
	Std                float64 // of the population
	P50, P90, P95, P99 float64
	Max                float64
}

// figures describes times, which it sorts.
func figures(times []int64) Figures {
	if len(times) == 0 {
		return Figures{}
	}
	slices.Sort(times)
	f := Figures{Count: len(times), Max: float64(times[len(times)-1])}
	for _, t := range times {
		f.Mean += float64(t) / float64(len(times))
	}
	for _, t := range times {
		f.Std += (float64(t) - f.Mean) * (float64(t) - f.Mean) / float64(len(times))
	}
	f.Std = math.Sqrt(f.Std)
	f.P50, f.P90 = trace.Quantile(times, 0.5), trace.Quantile(times, 0.9)
	f.P95, f.P99 = trace.Quantile(times, 0.95), trace.Quantile(times, 0.99)
	return f
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Err returns nil when all requests that were sent were answered, and else the first
// reason.
func (r *Report) Err() error {
	if r.Failed == 0 {
		return nil
	}
	return fault.Errorf(fault.KindOf(r.First), "%d of %s failed, the first because %w", r.Failed, result.Count(int64(r.Requests), "request"), r.First)
}
