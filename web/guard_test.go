package web_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"profilemate/web"
	"profilemate/workbench/fault"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	own := s.http.URL
	cookies := s.login()
	const path = "/api/workbench/notebooks"
	table := []struct {
		name, method string
		headers      []string
		status       int
	}{
		{"no token", "GET", nil, 403},
		{"a wrong token", "GET", []string{"Authorization: token wrong"}, 403},
		{"an empty token", "GET", []string{"Authorization: token "}, 403},
		{"another scheme", "GET", []string{"Authorization: Basic " + token}, 403},
		{"the token", "GET", []string{withToken}, 200},
		{"the token as bearer", "GET", []string{"Authorization: Bearer " + token}, 200},
		{"own origin", "GET", []string{withToken, "Origin: " + own}, 200},
		{"a foreign origin", "GET", []string{withToken, "Origin: http://evil.example"}, 403},
		{"another port's origin", "GET", []string{withToken, "Origin: http://127.0.0.1:1"}, 403},
		{"a null origin", "GET", []string{withToken, "Origin: null"}, 403},
		{"a rebound name", "GET", []string{withToken, "Host: evil.example"}, 403},
		{"a name that only begins well", "GET", []string{withToken, "Host: localhost.evil.example"}, 403},
		{"localhost through a tunnel", "GET", []string{withToken, "Host: localhost:9999"}, 200},
		{"IPv6 loopback", "GET", []string{withToken, "Host: [::1]:8899"}, 200},
		{"a cross-site fetch", "GET", []string{withToken, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"}, 403},
		{"a fetch by another port's page", "GET", []string{"Cookie: " + cookies.all, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"}, 403},
		{"a fetch by our page", "GET", []string{"Cookie: " + cookies.all, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"}, 200},
		{"a link in another page", "GET", []string{withToken, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 200},
		{"the cookie", "GET", []string{"Cookie: " + cookies.all}, 200},
		{"a wrong cookie", "GET", []string{"Cookie: " + cookies.name + "=" + token}, 403},
		{"a POST with the token", "POST", []string{withToken}, 200},
		{"a POST with the cookie alone", "POST", []string{"Cookie: " + cookies.all}, 403},
		{"a POST with a wrong XSRF token", "POST", []string{"Cookie: " + cookies.all, "X-XSRFToken: x"}, 403},
		{"a POST with an empty XSRF token", "POST", []string{"Cookie: " + cookies.all + "; _xsrf=", "X-XSRFToken: "}, 403},
		{"a POST with the XSRF token", "POST", []string{"Cookie: " + cookies.all, "X-XSRFToken: " + cookies.xsrf}, 200},
	}
	for _, row := range table {
		if status, _, body := s.do(row.method, path, `{"path":""}`, row.headers...); status != row.status {
			t.Errorf("%s: %d %s, want %d", row.name, status, body, row.status)
		}
	}
	if status, _, _ := s.do("GET", path+"?token="+token, ""); status != 200 {
		t.Errorf("the token in the query: %d", status)
	}
}

type login struct{ all, name, xsrf string }

// login opens the page with the token, as a browser does, and returns its cookies.
func (s *site) login() login {
	s.t.Helper()
	status, header, _ := s.do("GET", "/?token="+token, "")
	if status != 200 {
		s.t.Fatalf("the page: %d", status)
	}
	var l login
	response := http.Response{Header: header}
	for _, c := range response.Cookies() {
		if c.SameSite != http.SameSiteStrictMode || c.HttpOnly != (c.Name != "_xsrf") || strings.Contains(c.Value, token) {
			s.t.Errorf("cookie %s", c)
		}
		l.all += "; " + c.Name + "=" + c.Value
		if c.Name == "_xsrf" {
			l.xsrf = c.Value
		} else {
			l.name = c.Name
		}
	}
	l.all = strings.TrimPrefix(l.all, "; ")
	if l.name == "" || l.xsrf == "" {
		s.t.Fatalf("cookies %q", l.all)
	}
	return l
}

func TestCookiesComeWithTheTokenAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/", "/notebooks/a.ipynb?token=wrong", "/page.js?token=" + token, "/api/workbench/info", "/api"} {
		if _, header, _ := s.do("GET", path, ""); header.Get("Set-Cookie") != "" {
			t.Errorf("%s sets the cookie %s", path, header.Get("Set-Cookie"))
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/", "/notebooks/a.ipynb", "/notebooks/page.js", "/index.html"} {
		if status, header, body := s.do("GET", path, "", withToken); status != 200 || body != "<html>the page</html>" ||
			header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	_, header, body := s.do("GET", "/page.js", "", withToken, "Accept-Encoding: gzip")
	if header.Get("Content-Encoding") != "gzip" || len(body) > 500 || header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("page.js: %d bytes, %v", len(body), header)
	}
	if status, _, body := s.do("GET", "/page.js", "", withToken, "If-None-Match: "+header.Get("ETag")); status != 304 || body != "" {
		t.Errorf("page.js again: %d, %d bytes", status, len(body))
	}
	if status, _, _ := s.do("GET", "/../server.go", "", withToken); status == 200 {
		t.Error("a path leads out of the page")
	}
}

func TestNotebookPathsStayInTheFolder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	outside := t.TempDir()
	write(t, outside, "x.ipynb", book())
	if err := os.Symlink(outside, s.root+"/link"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"link/x.ipynb", "..%2fx.ipynb"} {
		if status, _, body := s.do("GET", "/api/workbench/export/"+path, "", withToken); status != 403 {
			t.Errorf("%s: %d %s, want 403", path, status, body)
		}
	}
	if status, _, body := s.do("POST", "/api/workbench/notebooks", `{"path":"link/new.ipynb"}`, withToken); status != 403 {
		t.Errorf("a new notebook through a link: %d %s, want 403", status, body)
	}
}

func TestNewRefusesWhatItCannotServe(t *testing.T) {
	t.Parallel()
	page := fstest.MapFS{"index.html": {Data: []byte("x")}}
	table := []struct {
		name   string
		config web.Config
		kind   fault.Kind
	}{
		{"no token", web.Config{Root: t.TempDir(), Page: page}, fault.Misuse},
		{"no folder", web.Config{Token: "t", Root: t.TempDir() + "/none", Page: page}, fault.NotFound},
		{"no page", web.Config{Token: "t", Root: t.TempDir(), Page: fstest.MapFS{}}, fault.Missing},
	}
	for _, row := range table {
		row.config.Backend = newBackend()
		if _, err := web.New(row.config); fault.KindOf(err) != row.kind {
			t.Errorf("%s: %v, want %s", row.name, err, row.kind)
		}
	}
}

func TestEmbeddedPage(t *testing.T) {
	t.Parallel()
	server, err := web.New(web.Config{Backend: newBackend(), Token: token, Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown(t.Context())
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "http://localhost:8899/?token="+token, nil)
	server.Handler().ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "<script") || strings.Contains(w.Body.String(), "<script>") {
		t.Errorf("the embedded page: %d %s", w.Code, w.Body)
	}
}
