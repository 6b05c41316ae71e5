package traffic_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/traffic"
)

// odd serves what a server might send: answers, with a status, to every completion.
func odd(t testing.TB, status func() int, body func() string) traffic.Options {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data":[{"id":"m"}]}`)) })
	asked := 0
	mux.HandleFunc("POST /v1/completions", func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked%2 == 1 { // the trial goes well
			_, _ = w.Write([]byte("data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: [DONE]\n\n"))
			return
		}
		w.WriteHeader(status())
		_, _ = w.Write([]byte(body()))
	})
	h := httptest.NewServer(mux) // it has no /health, and its list of models will do
	t.Cleanup(h.Close)
	return traffic.Options{URL: h.URL, Requests: 1, InputLen: 4, OutputLen: 4, Wait: 5 * time.Second, Timeout: 10 * time.Second}
}

func TestOddAnswers(t *testing.T) {
	t.Parallel()
	const token = "data: {\"choices\":[{\"index\":0,\"text\":\"a\",\"finish_reason\":null}]}\n\n"
	const last = "data: {\"choices\":[{\"index\":0,\"text\":\"b\",\"finish_reason\":\"stop\"}]}\n\n"
	for _, c := range []struct {
		name   string
		status int
		body   string
		tokens int64  // of the answer
		want   string // the error; empty: there is none
	}{
		{"usual", 200, token + token + last + "data: [DONE]\n\n", 3, ""},
		{"carriage returns, comments, no spaces", 200, ": ping\r\n\r\n" + strings.ReplaceAll(strings.ReplaceAll(token+last, "\n", "\r\n"), "data: ", "data:") + "data:[DONE]\r\n", 2, ""},
		{"no end but a reason", 200, token + last, 2, ""},
		{"usage in each chunk", 200, "data: {\"choices\":[{\"text\":\"abc\"}],\"usage\":{\"completion_tokens\":3}}\n\ndata: {\"choices\":[{\"text\":\"de\"}],\"usage\":{\"completion_tokens\":5}}\n\ndata: [DONE]\n\n", 5, ""},
		{"empty text is a token", 200, "data: {\"choices\":[{\"text\":\"\"}]}\n\n" + last + "data: [DONE]\n\n", 2, ""},
		{"cut", 200, token + token, 0, "the answer broke off"},
		{"empty", 200, "", 0, "the answer broke off"},
		{"no token", 200, "data: {\"choices\":[]}\n\ndata: [DONE]\n\n", 0, "the answer holds no token"},
		{"garbage", 200, "data: {oops}\n\n", 0, "reading an event of the answer: invalid character 'o'"},
		{"error on the way", 200, token + "data: {\"error\":{\"message\":\"EngineCore died\",\"code\":500}}\n\n", 0, "the server answers with an error: EngineCore died"},
		{"older error", 400, `{"object":"error","message":"too long","code":400}`, 0, "400 Bad Request: too long"},
		{"error of a validator", 422, `{"detail":[{"loc":["body"]}]}`, 0, `422 Unprocessable Entity: [{"loc":["body"]}]`},
		{"error of a proxy", 502, "<html>Bad gateway</html>", 0, "502 Bad Gateway: <html>Bad gateway</html>"},
		{"long error", 500, strings.Repeat("é", 500), 0, strings.Repeat("é", 100) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := traffic.Run(t.Context(), odd(t, func() int { return c.status }, func() string { return c.body }))
			switch {
			case r == nil:
				t.Fatal(err)
			case c.want == "" && (err != nil || r.Completed != 1 || r.Output != c.tokens):
				t.Errorf("%d tokens, %v, want %d", r.Output, err, c.tokens)
			case c.want != "" && (err == nil || !strings.HasSuffix(err.Error(), "because "+c.want) && !strings.Contains(err.Error(), c.want) || r.Failed != 1 || len(r.Errors) != 1):
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// Whatever comes, a request has either failed with a reason or was measured.
func FuzzAnswers(f *testing.F) {
	var body string
	o := odd(f, func() int { return 200 }, func() string { return body })
	for _, text := range []string{"data: [DONE]\n\n", "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"x\"}]}\n", "data: null\n", "data: {\"choices\":[{\"routed_experts\":3}],\"usage\":{\"completion_tokens\":-1}}\ndata: [DONE]", "\r\n\n", "data"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		body = text
		r, err := traffic.Run(t.Context(), o)
		if r == nil || r.Completed+r.Failed != 1 || (err == nil) != (r.Completed == 1) {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.Completed == 1 && (r.Output < 1 || r.E2E.Count != 1 || r.E2E.Mean < 0) {
			t.Errorf("%+v", r)
		}
		if _, err := r.MarshalJSON(); err != nil {
			t.Error(err)
		}
	})
}
