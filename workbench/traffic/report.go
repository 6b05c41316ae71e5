package traffic

import (
	"cmp"
	"context"
	"errors"
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

// finish fills the report from the samples.
func (t *tally) finish(gaveUp bool) {
	r := t.run.report
	slices.SortStableFunc(t.samples, func(a, b sample) int { return a.due.Compare(b.due) })
	var ttft, tpot, itl, e2e, delay, dueTTFT, dueE2E []int64
	uncounted := 0
	for _, s := range t.samples {
		if s.err != nil {
			t.fail(s.err)
			continue
		}
		r.Completed++
		r.InputTokens += int64(s.usage.Prompt)
		r.Output += int64(s.usage.Output)
		if !s.counted {
			uncounted++
		}
		e2e, delay, dueE2E = append(e2e, int64(s.last.Sub(s.sent))), append(delay, int64(s.sent.Sub(s.due))), append(dueE2E, int64(s.last.Sub(s.due)))
		if s.first.IsZero() {
			continue
		}
		ttft, dueTTFT, itl = append(ttft, int64(s.first.Sub(s.sent))), append(dueTTFT, int64(s.first.Sub(s.due))), append(itl, s.gaps...)
		if n := int64(s.usage.Output); n > 1 && s.chunks > 1 {
			tpot = append(tpot, int64(s.last.Sub(s.first))/(n-1))
		}
	}
	r.TTFT, r.TPOT, r.ITL, r.E2E = figures(ttft), figures(tpot), figures(itl), figures(e2e)
	if r.Rate > 0 {
		r.Delay, r.DueTTFT, r.DueE2E = figures(delay), figures(dueTTFT), figures(dueE2E)
	}
	r.Unsent = r.Requests - r.Completed - r.Failed
	r.Elapsed = t.elapsed()
	slices.SortStableFunc(r.Errors, func(a, b Failure) int { return cmp.Compare(b.Count, a.Count) })
	t.notes(gaveUp, uncounted)
}

// fail counts a request that failed. What was stopped on the way, because of an
// interrupt or because too much failed before, counts as not sent.
func (t *tally) fail(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	r := t.run.report
	r.Failed++
	if r.First == nil {
		r.First = err
	}
	for i := range r.Errors {
		if r.Errors[i].Reason == err.Error() {
			r.Errors[i].Count++
			return
		}
	}
	r.Errors = append(r.Errors, Failure{Reason: err.Error(), Count: 1})
}

// elapsed is the time from the first request to the last token.
func (t *tally) elapsed() time.Duration {
	var from, to time.Time
	for _, s := range t.samples {
		if from.IsZero() || s.sent.Before(from) {
			from = s.sent
		}
		if s.last.After(to) {
			to = s.last
		}
	}
	return max(0, to.Sub(from))
}

// lateShare is the share of the time to the first token that requests may be late,
// at their 99th percentile, before it is worth saying.
const lateShare = 0.05

// notes says what a reader of the figures should know.
func (t *tally) notes(gaveUp bool, uncounted int) {
	r := t.run.report
	if gaveUp {
		r.note("Too many requests failed one after the other: %s not sent.", were(r.Unsent))
	}
	if uncounted > 0 {
		r.note("%s came without the numbers of tokens: each chunk was counted as one, and prompts not at all.", result.Count(int64(uncounted), "answer"))
	}
	if r.Rate > 0 && r.Concurrency == 0 && r.Delay.P99 > lateShare*r.TTFT.P50 && r.TTFT.Count > 0 {
		r.note("Requests were sent up to %s late (p99): this machine cannot keep the rate. The times from when they were due include it.", result.Duration(int64(r.Delay.P99)))
	}
	if t.run.Save != nil && r.Completed > 0 && r.Routed == 0 {
		r.note("No response holds routed experts. Start vLLM or SGLang with --enable-return-routed-experts, and if they are there without streaming only, use --plain.")
	}
	if n := len(t.run.Prompts); n > 0 && r.Requests > n {
		r.note("The data set has %s for %s: those sent again begin with random words, against the prefix cache.", result.Count(int64(n), "prompt"), result.Count(int64(r.Requests), "request"))
	}
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
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
