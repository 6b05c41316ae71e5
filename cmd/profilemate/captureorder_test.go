package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/traffic/standin"
)

// What is sent before the recording is the trial of one request and the warm-up; what
// is recorded is the measured requests and nothing else.
func TestCaptureOrder(t *testing.T) {
	t.Parallel()
	const health, models, version, completion = "GET /health", "GET /v1/models", "GET /version", "POST /v1/completions"
	for _, c := range []struct {
		name   string
		server standin.Options
		args   []string
		before int // completions before the recording: the trials and the warm-up
	}{
		{"quick", standin.Options{Profiler: true, Unready: 200 * time.Millisecond}, nil, 1 + 2},
		{"no warm-up", standin.Options{Profiler: true}, []string{"--warmup", "0"}, 1},
		{"words", standin.Options{Profiler: true, NoTokenIDs: true}, nil, 2 + 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.server, "")
			if out, status := b.profile(c.args...); status != 0 {
				t.Fatal(out)
			}
			text, err := os.ReadFile(b.requests())
			if err != nil {
				t.Fatal(err)
			}
			var order []string
			completions := 0
			flush := func() {
				if completions > 0 {
					order = append(order, fmt.Sprint(completions))
				}
				completions = 0
			}
			for line := range strings.Lines(string(text)) {
				switch line = strings.TrimSpace(line); line {
				case health, models, version:
				case completion:
					completions++
				default:
					flush()
					order = append(order, line)
				}
			}
			flush()
			want := fmt.Sprintf("%d, POST /start_profile, 6, POST /stop_profile", c.before)
			if got := strings.Join(order, ", "); got != want || !strings.HasPrefix(string(text), health) {
				t.Errorf("the server was asked for %s, want %s, from %q on", got, want, text[:20])
			}
			if said := b.record().Tools["server"]; said != "0.28.1" {
				t.Errorf("the record has the version %q of the server", said)
			}
		})
	}
}
