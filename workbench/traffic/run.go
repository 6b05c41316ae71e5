package traffic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// run is one measurement.
type run struct {
	Options
	client *Client
	source source
	report *Report
}

// Run waits for the server, warms it up, starts its profiler, sends the requests,
// stops the profiler and reports.
//
// The report is nil when nothing was measured. It comes with an error when requests
// failed, the server's profiler could not be stopped, or ctx ended: then it holds what
// was measured until then, and the profiler has been stopped in order. A server that
// does not come or that lacks a model is Missing, one without a profiler Unsupported,
// options that cannot be are Misuse.
func Run(ctx context.Context, o Options) (*Report, error) {
	r, err := newRun(o)
	if err != nil {
		return nil, err
	}
	defer r.client.Close()
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	if r.Profile {
		r.Say("starting the profiler")
		if err := r.client.StartProfile(ctx); err != nil {
			return nil, err
		}
		r.report.Profiled = true
	}
	err = r.measure(ctx)
	if r.Profile {
		r.Say("stopping the profiler; the server writes its report")
		// Also, and above all, after an interrupt: without it there is no report.
		err = also(err, r.client.StopProfile(context.WithoutCancel(ctx)))
	}
	return r.report, err
}

// Prepare waits for the server, tries one request and warms the server up. Run with the
// options that it returns sends nothing but what is measured, so that a recording can
// begin between the two. Its errors are those of Run.
func Prepare(ctx context.Context, o Options) (Options, error) {
	r, err := newRun(o)
	if err != nil {
		return o, err
	}
	defer r.client.Close()
	if err := r.prepare(ctx); err != nil {
		return o, err
	}
	o.Tried, o.Words, o.Warmup, o.Model = true, r.source.text, 0, r.Model
	return o, nil
}

// newRun checks the options. The caller closes the client.
func newRun(o Options) (*run, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &run{Options: o, client: NewClient(o.URL, o.APIKey), report: &Report{URL: o.URL, Mode: o.Mode, Requests: o.Requests,
		Concurrency: o.Concurrency, Rate: o.Rate, Poisson: o.Poisson, Data: len(o.Prompts) > 0}}, nil
}

// also joins a second error to a first, in one sentence; either may be nil.
func also(first, second error) error {
	if first == nil || second == nil {
		return errors.Join(first, second)
	}
	return fmt.Errorf("%w; then %w", first, second)
}

// prepare brings the server to where it can be measured.
func (r *run) prepare(ctx context.Context) error {
	r.Say(fmt.Sprintf("waiting for %s, for at most %v", r.URL, r.Wait))
	if err := r.client.Ready(ctx, r.Wait, nil); err != nil {
		return err
	}
	most, err := r.choose(ctx)
	if err != nil {
		return err
	}
	if r.source, err = newSource(r.Options, most); err != nil {
		return err
	}
	if r.Profile {
		there, err := r.client.HasProfiler(ctx)
		if err != nil {
			return err
		}
		if !there {
			return r.client.NoProfiler()
		}
	}
	switch {
	case !r.Tried:
		err = r.probe(ctx)
	case r.Words:
		r.useWords()
	}
	if err != nil {
		return err
	}
	return r.warm(ctx)
}

// useWords makes prompts of words, for a server that takes no token ids.
func (r *run) useWords() {
	r.source.text = true
	r.report.note("The server takes no token ids: prompts are random words, and their lengths are near what was asked for.")
}

// choose picks the model and returns the length of its context, 0 for unknown.
func (r *run) choose(ctx context.Context) (most int, err error) {
	models, err := r.client.Models(ctx)
	if err != nil {
		return 0, err
	}
	var names []string
	for _, m := range models {
		if r.Model == "" || r.Model == m.ID {
			r.Model, r.report.Model = m.ID, m.ID
			return m.MaxModelLen, nil
		}
		names = append(names, m.ID)
	}
	if len(names) == 0 {
		return 0, fault.Errorf(fault.Missing, "the server at %s offers no model", r.URL)
	}
	return 0, fault.Errorf(fault.Missing, "the server at %s does not offer the model %s, but %s", r.URL, r.Model, strings.Join(names, ", "))
}

// probe asks for one token, so that a server that refuses everything is found at
// once, and learns whether it takes prompts as token ids.
func (r *run) probe(ctx context.Context) error {
	p := Prompt{IDs: []int{firstID, firstID + 1, firstID + 2, firstID + 3}, Output: 1}
	if len(r.Prompts) > 0 {
		p = Prompt{Text: "Hello", Output: 1}
	}
	err := r.request(ctx, p, time.Now()).err
	if no := new(refused); p.IDs != nil && errors.As(err, &no) && (no.status == http.StatusBadRequest || no.status == http.StatusUnprocessableEntity) {
		p = Prompt{Text: "Hello", Output: 1}
		if text := r.request(ctx, p, time.Now()); text.err == nil {
			r.useWords()
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("trying one request to %s: %w", r.URL, err)
	}
	return nil
}

// warmupAtATime is how many warm-up requests are on their way where a rate alone
// bounds them.
const warmupAtATime = 8

// warm sends requests that are not measured. One that fails is the error: what
// follows would fail too.
func (r *run) warm(ctx context.Context) error {
	if r.Warmup == 0 {
		return nil
	}
	r.Say("sending " + result.Count(int64(r.Warmup), "warm-up request"))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l := load{run: r, stop: func() {}, prompt: func(i int) Prompt { return r.source.prompt(warmupStream + uint64(i)) },
		keep: func(s sample) {
			if s.err != nil {
				cancel(s.err)
			}
		}}
	atATime := r.Concurrency
	if atATime == 0 {
		atATime = warmupAtATime
	}
	l.closed(ctx, r.Warmup, atATime)
	if ctx.Err() != nil {
		return fmt.Errorf("warming the server up: %w", context.Cause(ctx))
	}
	return nil
}

// measure sends the requests and fills the report.
func (r *run) measure(ctx context.Context) error {
	r.Say("sending " + result.Count(int64(r.Requests), "request"))
	sending, stop := context.WithCancel(ctx)
	defer stop()
	t := &tally{run: r}
	l := &load{run: r, prompt: func(i int) Prompt { return r.source.prompt(uint64(i)) }, keep: t.add, stop: stop}
	if r.Rate > 0 {
		l.open(sending, Schedule(r.Requests, r.Rate, r.Poisson, r.Seed), r.Concurrency)
	} else {
		l.closed(sending, r.Requests, r.Concurrency)
	}
	r.report.MostAtOnce = int(l.most.Load())
	r.report.Interrupted = ctx.Err() != nil
	t.finish(l.gaveUp.Load())
	switch {
	case ctx.Err() != nil:
		return fault.Errorf(fault.Canceled, "stopped before all requests were answered")
	case t.saveErr != nil:
		return fmt.Errorf("saving the responses: %w", t.saveErr)
	}
	return r.report.Err()
}
