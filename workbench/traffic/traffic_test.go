package traffic_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/traffic"
	"profilemate/workbench/traffic/standin"
)

// serve starts a stand-in and returns options that send a little traffic to it.
func serve(t testing.TB, o standin.Options) (*standin.Server, traffic.Options) {
	t.Helper()
	s := standin.New(o)
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close() })
	return s, traffic.Options{URL: h.URL, Requests: 12, Concurrency: 4, InputLen: 8, OutputLen: 4, Seed: 7,
		IgnoreEOS: true, Wait: 10 * time.Second, Timeout: time.Minute}
}

// The stand-in is told 2 s to the first token and 300 ms between tokens; 200 requests
// a second are sent for two seconds, so that 400 are on their way. It runs before the
// parallel tests, and thrice where another program takes the cores meanwhile.
func TestTimesAreThoseOfTheServer(t *testing.T) {
	const ttft, tpot = 2 * time.Second, 300 * time.Millisecond
	_, o := serve(t, standin.Options{TTFT: ttft, TPOT: tpot})
	o.Requests, o.Concurrency, o.Rate, o.OutputLen = 400, 0, 200, answerTokens
	var off []string
	for range 3 {
		r, err := traffic.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Completed != 400 || r.InputTokens != 400*8 || r.Output != 400*answerTokens || r.ITL.Count != 400*(answerTokens-1) {
			t.Fatalf("%d completed, %d and %d tokens, %d gaps", r.Completed, r.InputTokens, r.Output, r.ITL.Count)
		}
		if off = differences(r, ttft, tpot); off == nil {
			return
		}
	}
	t.Error(strings.Join(off, "\n"))
}

const answerTokens = 5

// differences lists what is more than 5 % off what the server was told.
func differences(r *traffic.Report, ttft, tpot time.Duration) (off []string) {
	for _, c := range []struct {
		name string
		got  float64
		want time.Duration
	}{
		{"mean TTFT", r.TTFT.Mean, ttft}, {"median TTFT", r.TTFT.P50, ttft}, {"p90 TTFT", r.TTFT.P90, ttft},
		{"mean TPOT", r.TPOT.Mean, tpot}, {"p90 TPOT", r.TPOT.P90, tpot}, {"mean ITL", r.ITL.Mean, tpot},
		{"mean end to end", r.E2E.Mean, ttft + (answerTokens-1)*tpot}, {"mean TTFT since due", r.DueTTFT.Mean, ttft},
		{"duration", float64(r.Elapsed), 399*5*time.Millisecond + ttft + (answerTokens-1)*tpot},
	} {
		if part := c.got/float64(c.want) - 1; math.Abs(part) > 0.05 {
			off = append(off, fmt.Sprintf("%s is %v, %.1f %% off %v", c.name, time.Duration(c.got), 100*part, c.want))
		}
	}
	return off
}

// A chunk with several tokens, as speculative decoding sends them, changes the time
// between chunks and not that of a token.
func TestChunksOfSeveralTokens(t *testing.T) {
	t.Parallel()
	_, o := serve(t, standin.Options{TTFT: 100 * time.Millisecond, TPOT: 20 * time.Millisecond, Chunk: 4})
	o.OutputLen = 16
	r, err := traffic.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// Chunks are due when their last token is, at 160, 240, 320 and 400 ms.
	if r.ITL.Count != 12*3 || math.Abs(r.ITL.Mean-80e6) > 8e6 || math.Abs(r.TPOT.Mean-16e6) > 2e6 {
		t.Errorf("%d gaps of %v, %v a token; want 36 of 80 ms, 240/15 = 16 ms", r.ITL.Count, r.ITL.Mean, r.TPOT.Mean)
	}
}

// A server that works on one request at a time falls behind a rate that is twice what
// it can do. The times since a request was due say so.
func TestOmissionIsNotCoordinated(t *testing.T) {
	t.Parallel()
	_, o := serve(t, standin.Options{TTFT: 50 * time.Millisecond})
	o.Requests, o.Rate, o.Concurrency, o.OutputLen = 20, 40, 1, 1
	r, err := traffic.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// The last is due at 19 x 25 ms and sent at 19 x 50 ms or later.
	if r.TTFT.P50 > 120e6 || r.DueTTFT.Max < 500e6 || r.Delay.Max < 450e6 {
		t.Errorf("TTFT %v, since due %v, late %v", r.TTFT.P50, r.DueTTFT.Max, r.Delay.Max)
	}
	if r.MostAtOnce != 1 {
		t.Errorf("%d at once, want 1", r.MostAtOnce)
	}
}

func TestWarmupComesBeforeTheProfiler(t *testing.T) {
	t.Parallel()
	s, o := serve(t, standin.Options{Profiler: true, Unready: 300 * time.Millisecond})
	o.Profile, o.Warmup = true, 5
	var said []string
	o.Say = func(words string) { said = append(said, words) }
	r, err := traffic.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	requests := s.Requests()
	if starts, on := s.Profiles(); starts != 1 || on || !r.Profiled || len(requests) != 1+5+12 {
		t.Errorf("%d starts, on %v, %d requests", starts, on, len(requests))
	}
	prompts := map[string]bool{}
	for i, q := range requests {
		if q.Profiled != (i >= 6) {
			t.Errorf("request %d: profiled %v", i, q.Profiled)
		}
		if prompts[q.Prompt] {
			t.Errorf("prompt %s was sent twice", q.Prompt)
		}
		prompts[q.Prompt] = true
		if i > 0 && (q.Tokens != 8 || q.MaxTokens != 4 || !q.IgnoreEOS || !q.Stream) {
			t.Errorf("request %d is %+v", i, q)
		}
	}
	want := "waiting for " + o.URL + ", for at most " + o.Wait.String() + "|sending 5 warm-up requests|starting the profiler|sending 12 requests|stopping the profiler; the server writes its report"
	if got := strings.Join(said, "|"); got != want {
		t.Errorf("said %s, want %s", got, want)
	}
}

// A caller that has profiled the server by itself wants its own requests alone there.
func TestNoTrial(t *testing.T) {
	t.Parallel()
	s, o := serve(t, standin.Options{})
	o.Tried = true
	if _, err := traffic.Run(t.Context(), o); err != nil || len(s.Requests()) != 12 {
		t.Errorf("%d requests, %v, want 12", len(s.Requests()), err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		server standin.Options
		change func(*traffic.Options)
		kind   fault.Kind
		want   string
		failed int // -1: there is no report
	}{
		{"never ready", standin.Options{Unready: time.Hour}, func(o *traffic.Options) { o.Wait = 300 * time.Millisecond },
			fault.Missing, "did not come up within 300ms: /health answers 503 Service Unavailable; start it", -1},
		{"nobody there", standin.Options{}, func(o *traffic.Options) { o.URL, o.Wait = "http://127.0.0.1:1", 0 },
			fault.Missing, "connection refused", -1},
		{"no profiler", standin.Options{}, func(o *traffic.Options) { o.Profile = true },
			fault.Unsupported, "has no /start_profile; start it with --profiler-config.profiler cuda", -1},
		{"other model", standin.Options{Models: []string{"a", "b"}}, func(o *traffic.Options) { o.Model = "c" },
			fault.Missing, "does not offer the model c, but a, b", -1},
		{"refuses all", standin.Options{Refuse: 503}, nil,
			fault.Missing, "trying one request to", -1},
		{"refuses some", standin.Options{Refuse: 429, RefuseEvery: 5}, nil,
			fault.Missing, "2 of 12 requests failed, the first because the server answers 429 Too Many Requests: the stand-in refuses requests", 2},
		{"hangs", standin.Options{HangAfter: 9}, func(o *traffic.Options) { o.Timeout = 500 * time.Millisecond },
			fault.Missing, "4 of 12 requests failed, the first because no answer within 500ms", 4},
		{"breaks off", standin.Options{CutAfter: 2}, func(o *traffic.Options) { o.Requests = 3 },
			fault.Missing, "3 of 3 requests failed, the first because the answer broke off", 3},
		{"too long", standin.Options{MaxModelLen: 10}, nil,
			fault.Misuse, "prompts of 8 tokens and answers of 4 do not fit into the model's context of 10", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, o := serve(t, c.server)
			if c.change != nil {
				c.change(&o)
			}
			r, err := traffic.Run(t.Context(), o)
			if err == nil || fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v (%s), want %s (%s)", err, fault.KindOf(err), c.want, c.kind)
			}
			if r == nil != (c.failed < 0) || r != nil && (r.Failed != c.failed || r.Completed != o.Requests-c.failed) {
				t.Errorf("report %+v, want %d failed", r, c.failed)
			}
		})
	}
}

// A server that has died is not asked a hundred times more.
func TestGivesUp(t *testing.T) {
	t.Parallel()
	s, o := serve(t, standin.Options{HangAfter: 5})
	o.Requests, o.Timeout = 500, 100*time.Millisecond
	r, err := traffic.Run(t.Context(), o)
	if err == nil || r.Unsent < 450 || len(s.Requests()) > 50 {
		t.Errorf("%v; %d not sent, the server saw %d", err, r.Unsent, len(s.Requests()))
	}
	if len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "Too many requests failed one after the other: ") {
		t.Errorf("notes %q", r.Notes)
	}
}

// An interrupt ends the traffic with what was measured until then, and the profiler.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	s, o := serve(t, standin.Options{Profiler: true, HangAfter: 9})
	o.Profile = true
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(done, _ int64) {
		if done == 8 {
			cancel()
		}
	}
	r, err := traffic.Run(ctx, o)
	if fault.KindOf(err) != fault.Canceled || r == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if !r.Interrupted || r.Completed != 8 || r.Failed != 0 || r.Unsent != 4 {
		t.Errorf("interrupted %v, %d completed, %d failed, %d unsent", r.Interrupted, r.Completed, r.Failed, r.Unsent)
	}
	if starts, on := s.Profiles(); starts != 1 || on {
		t.Errorf("%d starts, on %v", starts, on)
	}
}

// Answers without a usage and a server without token ids are lived with, and said.
func TestPoorServers(t *testing.T) {
	t.Parallel()
	s, o := serve(t, standin.Options{NoUsage: true, NoTokenIDs: true})
	r, err := traffic.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Output != 12*4 || r.InputTokens != 0 {
		t.Errorf("%d and %d tokens, want 0 and 48", r.InputTokens, r.Output)
	}
	if text := strings.Join(r.Notes, "\n"); !strings.Contains(text, "12 answers came without the numbers of tokens") || !strings.Contains(text, "takes no token ids") {
		t.Errorf("notes %q", r.Notes)
	}
	if last := s.Requests()[13]; last.Tokens != 8 || strings.HasPrefix(last.Prompt, "[") {
		t.Errorf("a prompt of text is %+v", last)
	}
}

// Both kinds of answers carry their routing into the file.
func TestSavedResponses(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		_, o := serve(t, standin.Options{Experts: standin.Experts{Layers: 2, TopK: 2, Count: 4}})
		var saved bytes.Buffer
		o.Save, o.Plain = &saved, plain
		r, err := traffic.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(saved.String()), "\n")
		if len(lines) != 12 || r.Routed != 12 {
			t.Fatalf("%d lines, %d routed", len(lines), r.Routed)
		}
		var a struct {
			ID      string
			Choices []struct {
				Text    string
				Experts []byte `json:"routed_experts"` // base64
			}
			Usage map[string]int
		}
		if err := json.Unmarshal([]byte(lines[0]), &a); err != nil {
			t.Fatal(err)
		}
		// 8 + 4 - 1 tokens x 2 layers x 2 experts behind a header of 64 x n bytes.
		if c := a.Choices[0]; c.Text != " word word word word" || !bytes.HasPrefix(c.Experts, []byte("\x93NUMPY")) || len(c.Experts)%64 != 44 || a.Usage["completion_tokens"] != 4 || a.ID == "" {
			t.Errorf("saved %s", lines[0])
		}
		if plain && (r.TTFT.Count != 0 || r.E2E.Count != 12) {
			t.Errorf("whole answers have %d first tokens and %d ends", r.TTFT.Count, r.E2E.Count)
		}
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*traffic.Options){
		"no address of a server":   func(o *traffic.Options) { o.URL = "localhost:8000" },
		"are none":                 func(o *traffic.Options) { o.Requests = 0 },
		"cannot be negative":       func(o *traffic.Options) { o.Warmup = -1 },
		"cannot be kept":           func(o *traffic.Options) { o.Rate = math.NaN() },
		"need a rate":              func(o *traffic.Options) { o.Poisson = true },
		"none of prefill, decode,": func(o *traffic.Options) { o.Mode = "x" },
	} {
		o := traffic.Options{URL: "http://127.0.0.1:1", Requests: 1}
		change(&o)
		if _, err := traffic.Run(t.Context(), o); fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// BenchmarkRequests measures what a request of 32 tokens costs client and stand-in
// together: at 200 a second, 1 ms each would be a fifth of one core.
func BenchmarkRequests(b *testing.B) {
	_, o := serve(b, standin.Options{})
	o.Requests, o.Concurrency, o.OutputLen = b.N, 64, 32
	b.ResetTimer()
	if _, err := traffic.Run(b.Context(), o); err != nil {
		b.Fatal(err)
	}
}

// What Prepare returns makes Run send the measured requests alone.
func TestPrepare(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server standin.Options
		before int
		words  bool
	}{
		"token ids": {standin.Options{}, 1 + 3, false},
		"words":     {standin.Options{NoTokenIDs: true}, 2 + 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, o := serve(t, c.server)
			o.Warmup = 3
			prepared, err := traffic.Prepare(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(s.Requests()); n != c.before || prepared.Words != c.words {
				t.Errorf("%d requests, words %v; want %d, %v", n, prepared.Words, c.before, c.words)
			}
			r, err := traffic.Run(t.Context(), prepared)
			if n := len(s.Requests()) - c.before; err != nil || n != 12 || r.Completed != 12 {
				t.Errorf("%d requests more, %d completed, %v; want 12", n, r.Completed, err)
			}
		})
	}
	_, o := serve(t, standin.Options{Refuse: 503})
	if _, err := traffic.Prepare(t.Context(), o); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a server that refuses everything: %v", err)
	}
}
