package standin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/traffic/standin"
)

func serve(t *testing.T, o standin.Options) (*standin.Server, string) {
	t.Helper()
	s := standin.New(o)
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close() })
	return s, h.URL
}

// ask sends a request and returns status and body; an empty body is a GET.
func ask(t *testing.T, url, body string) (int, string) {
	t.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	_, url := serve(t, standin.Options{Models: []string{"m"}, EOS: 3, MaxModelLen: 20, Experts: standin.Experts{Layers: 1, TopK: 2, Count: 4}})
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/health", "", 200, ""},
		{"/version", "", 200, `"version"`},
		{"/v1/models", "", 200, `"id":"m"`},
		{"/start_profile", "{}", 404, ""},
		{"/v1/completions", `{"prompt":"one two","max_tokens":5}`, 200, `"usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5}`},
		{"/v1/completions", `{"prompt":[7,8,9],"max_tokens":5,"ignore_eos":true}`, 200, `"completion_tokens":5`},
		{"/v1/completions", `{"prompt":"one","max_tokens":2}`, 200, `"routed_experts":"k05VTVBZ`},
		{"/v1/completions", `{"prompt":"one","max_tokens":2,"stream":true,"stream_options":{"include_usage":true}}`, 200, `"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}` + "\n\ndata: [DONE]\n\n"},
		{"/v1/completions", `{"prompt":"one","max_tokens":20}`, 400, "maximum context length is 20 tokens"},
		{"/v1/completions", `{"prompt":"one","model":"other"}`, 400, "does not exist"},
		{"/v1/completions", `{`, 400, "unexpected EOF"},
		{"/metrics", "", 200, "vllm:prompt_tokens_total{engine=\"0\"} 9\n"},
	} {
		if status, body := ask(t, url+c.path, c.body); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %d %s, want %d %s", c.path, c.body, status, body, c.status, c.want)
		}
	}
}

func TestStreamKeepsItsTimes(t *testing.T) {
	t.Parallel()
	s, url := serve(t, standin.Options{TTFT: 200 * time.Millisecond, TPOT: 20 * time.Millisecond})
	began := time.Now()
	_, body := ask(t, url+"/v1/completions", `{"prompt":"a","max_tokens":16,"stream":true}`)
	if took := time.Since(began); took < 500*time.Millisecond || took > 900*time.Millisecond {
		t.Errorf("took %v, want 200 + 15 x 20 = 500 ms", took)
	}
	if n := strings.Count(body, "data: {"); n != 16 {
		t.Errorf("%d chunks, want 16", n)
	}
	if r := s.Requests(); len(r) != 1 || r[0].MaxTokens != 16 || r[0].Profiled {
		t.Errorf("requests %+v", r)
	}
}

func TestProfilerIsRecorded(t *testing.T) {
	t.Parallel()
	log := t.TempDir() + "/log"
	s, url := serve(t, standin.Options{Profiler: true, ProfileLog: log})
	for _, path := range []string{"/start_profile", "/v1/completions", "/stop_profile", "/v1/completions"} {
		if status, body := ask(t, url+path, `{"prompt":"a"}`); status != 200 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if starts, on := s.Profiles(); starts != 1 || on {
		t.Errorf("%d starts, on %v", starts, on)
	}
	if r := s.Requests(); !r[0].Profiled || r[1].Profiled {
		t.Errorf("profiled: %v, %v, want true, false", r[0].Profiled, r[1].Profiled)
	}
	if text, err := os.ReadFile(log); err != nil || string(text) != "start\nstop\n" {
		t.Errorf("log %q, %v", text, err)
	}
}

func TestUnreadyAndRefusing(t *testing.T) {
	t.Parallel()
	_, url := serve(t, standin.Options{Unready: time.Hour})
	if status, _ := ask(t, url+"/health", ""); status != 503 {
		t.Errorf("unready: %d", status)
	}
	_, url = serve(t, standin.Options{Refuse: 429, RefuseEvery: 2})
	for i, want := range []int{200, 429, 200, 429} {
		if status, _ := ask(t, url+"/v1/completions", `{"prompt":"a"}`); status != want {
			t.Errorf("request %d: %d, want %d", i, status, want)
		}
	}
}
