package traffic

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"profilemate/workbench/result"
)

// tally adds samples up. It is safe for concurrent use until finish.
type tally struct {
	run     *run
	mu      sync.Mutex
	samples []sample
	saveErr error
}

func (t *tally) add(s sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.err == nil && s.kept != nil && t.saveErr == nil {
		t.saveErr = t.save(&s)
	}
	s.kept, s.response = nil, nil
	t.samples = append(t.samples, s)
	t.run.Progress(int64(len(t.samples)), int64(t.run.Requests))
}

// save writes a response as a line of JSON.
func (t *tally) save(s *sample) error {
	s.kept.Choices[0].Text = strings.Join(s.response, "")
	if c := s.kept.Choices[0]; len(c.Experts) > 0 || len(c.SGLang) > 0 {
		t.run.report.Routed++
	}
	line, err := json.Marshal(s.kept)
	if err != nil {
		return err
	}
	_, err = t.run.Save.Write(append(line, '\n'))
	return err
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
