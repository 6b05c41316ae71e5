package capture

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
	"profilemate/workbench/traffic"
)

// serve starts a server, under a profiler or not, and waits until it is ready.
func (s *session) serve(ctx context.Context, name string, c job.Command, e engine) (*running, error) {
	port := s.choices.server.Port
	if err := portFree(port); err != nil {
		return nil, err
	}
	r, err := s.start(name, c)
	if err != nil {
		return nil, err
	}
	r.url, r.cuda = "http://127.0.0.1:"+strconv.Itoa(port), e.cudaAsked
	r.client = traffic.NewClient(r.url, "")
	return r, s.ready(ctx, r)
}

// portFree fails when something listens already: we would talk to that.
func portFree(port int) error {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return fault.WithRemedy(fault.Errorf(fault.Conflict, "port %d is not free: %w", port, err),
			"end what listens there, or choose another one with --port")
	}
	return l.Close()
}

// attachedTo is a server that somebody else has started.
func attachedTo(a attach) *running {
	address := strings.TrimSuffix(a.URL, "/")
	return &running{name: "server", url: address, model: a.Model, client: traffic.NewClient(address, "")}
}

// ready waits for the server and learns what it serves.
func (s *session) ready(ctx context.Context, r *running) error {
	limit := s.choices.server.Ready
	if r.child == nil {
		limit = s.choices.common.Grace
	}
	waiting, cancel := r.context(ctx)
	defer cancel()
	err := r.client.Ready(waiting, limit, r.gone)
	if gone := r.gone(); gone != nil && ctx.Err() == nil {
		return fmt.Errorf("loading the model: %w", gone)
	}
	if err != nil {
		if r.child != nil && fault.KindOf(err) == fault.Missing {
			return fault.WithRemedy(fault.Errorf(fault.Missing, "the server was not ready after %v%s", limit, r.lastWords()),
				"give it more time with --ready-timeout, or look at %s", r.log)
		}
		return err
	}
	models, err := r.client.Models(ctx)
	if err != nil {
		return err
	}
	if r.model == "" && len(models) > 0 {
		r.model = models[0].ID
	}
	s.record.serving(r.model, r.client.Version(ctx))
	s.run.Say("The server is ready with the model %s.", r.model)
	return nil
}

// warmSeed keeps the prompts of the warm-up apart from those measured: a cached
// prefix would leave nothing to compute.
const warmSeed = 1_000_003

// warm tries one request and sends those of the warm-up, before anything is recorded.
func (s *session) warm(ctx context.Context, r *running, l load) error {
	if err := s.try(ctx, r, l); err != nil {
		return fmt.Errorf("warming up: %w", err)
	}
	if l.Warmup == 0 {
		return nil
	}
	o := l.options(r, unlike(s.prompts))
	o.Requests, o.Seed = l.Warmup, o.Seed+warmSeed
	_, err := s.send(ctx, r, o)
	if err != nil {
		return fmt.Errorf("warming up: %w", err)
	}
	return nil
}

// try finds a server that refuses everything, and learns what prompts it takes.
func (s *session) try(ctx context.Context, r *running, l load) error {
	trying, cancel := r.context(ctx)
	defer cancel()
	tried, err := traffic.Prepare(trying, l.options(r, nil))
	if err != nil {
		return s.because(ctx, r, err)
	}
	r.tried, r.text = true, tried.Words
	return nil
}

// traffic sends the requests that are measured. saved, unless empty, is a file for
// the responses.
func (s *session) traffic(ctx context.Context, r *running, l load, saved string) (err error) {
	o := l.options(r, s.prompts)
	if saved != "" {
		file, err := private(saved, os.O_TRUNC)
		if err != nil {
			return fault.Errorf(fault.Denied, "saving the responses: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		o.Save = file
	}
	report, err := s.send(ctx, r, o)
	if report == nil {
		return err
	}
	s.record.traffic(s.run.Job().Phase(), report)
	s.run.Say("%d of %s answered in %s.", report.Completed, result.Count(int64(report.Requests), "request"), result.Duration(int64(report.Elapsed)))
	if err != nil {
		err = s.because(ctx, r, err)
	}
	if report.Completed > 0 && report.Failed > 0 && ctx.Err() == nil && r.gone() == nil {
		s.run.Finding(result.Finding{Severity: result.Warning, Text: fmt.Sprintf("%d of %s failed: %v.", report.Failed, result.Count(int64(report.Requests), "request"), report.First),
			Remedy: "Look at the server's log; the capture holds what the others did."})
		return nil
	}
	return err
}

// send sends requests until they are answered or the server is gone.
func (s *session) send(ctx context.Context, r *running, o traffic.Options) (*traffic.Report, error) {
	sending, cancel := r.context(ctx)
	defer cancel()
	o.Progress = s.paced()
	report, err := traffic.Run(sending, o)
	if gone := r.gone(); gone != nil && ctx.Err() == nil {
		return report, gone
	}
	return report, err
}

// settles is how long a program whose server fails is given to end: then its own last
// words are the reason.
const settles = 3 * time.Second

// because returns the end of the program as the reason of a failure, where that is
// what has happened.
func (s *session) because(ctx context.Context, r *running, err error) error {
	if r.child == nil || ctx.Err() != nil {
		return err
	}
	s.wait(r, settles)
	if gone := r.gone(); gone != nil {
		return gone
	}
	return err
}

// progressEvery is how often progress is recorded.
const progressEvery = 250 * time.Millisecond

// paced records progress now and then, since each record is written to disk.
func (s *session) paced() func(done, total int64) {
	ticks := make(chan struct{}, 1)
	ticks <- struct{}{}
	var next time.Time
	return func(done, total int64) {
		select {
		case <-ticks:
		default:
			return
		}
		if now := time.Now(); now.After(next) || done == total {
			next = now.Add(progressEvery)
			s.run.Progress(done, total)
		}
		ticks <- struct{}{}
	}
}

// readPrompts reads the data set of a capture that has one.
func (s *session) readPrompts() error {
	path := s.choices.load.Dataset
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return fault.WithRemedy(fault.Errorf(fault.NotFound, "opening the data set: %w", err), "see what --dataset names")
	}
	defer file.Close()
	if s.prompts, err = traffic.ReadDataset(file); err != nil {
		return fmt.Errorf("reading the data set %s: %w", path, err)
	}
	return nil
}

// unlike are prompts for the warm-up: with the begin of one that is measured in its
// cache, a server would have less to compute.
func unlike(prompts []traffic.Prompt) []traffic.Prompt {
	out := slices.Clone(prompts)
	for i := range out {
		out[i].Text = fmt.Sprintf("Warming up, %d.\n%s", i, out[i].Text)
	}
	return out
}

func (l load) options(r *running, prompts []traffic.Prompt) traffic.Options {
	return traffic.Options{URL: r.url, Model: r.model, Mode: traffic.Mode(l.Traffic), Requests: l.Requests, Concurrency: l.Concurrency,
		InputLen: l.Input, OutputLen: l.Output, Seed: uint64(l.Seed), IgnoreEOS: true, Timeout: l.Timeout, Wait: time.Minute,
		Prompts: prompts, Tried: r.tried, Words: r.text}
}

// startProfile asks the server to begin recording; without endpoints it is Unsupported.
func (s *session) startProfile(ctx context.Context, r *running) error {
	start := r.client.StartProfile
	if r.cuda {
		start = r.client.StartCUDAProfile
	}
	err := start(ctx)
	if fault.KindOf(err) == fault.Unsupported {
		return fault.WithRemedy(fault.Errorf(fault.Unsupported, "the server at %s has no /start_profile", r.url), "%s", withoutEndpoints(r))
	}
	if err != nil {
		return err
	}
	r.recording = true
	s.run.Say("The server records.")
	return nil
}

// withoutEndpoints is what helps where a server cannot be asked to record.
func withoutEndpoints(r *running) string {
	if r.child == nil {
		return "start it with --profiler-config.profiler cuda (vLLM 0.13 or newer), or send traffic alone with --control=none"
	}
	return "use --control=auto, which does without"
}

// stopProfile asks the server to end the recording, and waits until it has.
func (s *session) stopProfile(ctx context.Context, r *running) error {
	stopping, cancel := r.context(ctx)
	defer cancel()
	r.recording = false
	if err := r.client.StopProfile(stopping); err != nil {
		return s.because(ctx, r, err)
	}
	s.run.Say("The recording has ended.")
	return nil
}
