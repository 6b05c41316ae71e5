package web_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/web"
	"profilemate/workbench/fault"
)

// examples give every route a request that it answers.
func examples() map[string]string {
	return map[string]string{
		"GET /api/workbench/info":                        "/api/workbench/info",
		"GET /api/workbench/analyses":                    "/api/workbench/analyses",
		"GET /api/workbench/files":                       "/api/workbench/files?path=runs",
		"GET /api/workbench/artifact":                    "/api/workbench/artifact?path=runs/a.sqlite&from=a.ipynb",
		"GET /api/workbench/notebooks":                   "/api/workbench/notebooks",
		"POST /api/workbench/notebooks":                  "/api/workbench/notebooks",
		"GET /api/workbench/export/{path...}":            "/api/workbench/export/runs/b.ipynb",
		"GET /api/workbench/results":                     "/api/workbench/results?notebook=a.ipynb",
		"GET /api/workbench/variables/{path...}":         "/api/workbench/variables/a.ipynb",
		"POST /api/workbench/run":                        "/api/workbench/run",
		"GET /api/workbench/results/{key}/tables/{name}": "/api/workbench/results/k1/tables/rows",
		"GET /api/workbench/results/{key}/charts/{name}": "/api/workbench/results/k1/charts/roof.svg",
		"GET /api/workbench/live/{path...}":              "/api/workbench/live/a.ipynb",
		"GET /api/workbench/recipes":                     "/api/workbench/recipes",
		"POST /api/workbench/captures/plan":              "/api/workbench/captures/plan",
		"POST /api/workbench/captures/checks":            "/api/workbench/captures/checks",
		"POST /api/workbench/captures/closer":            "/api/workbench/captures/closer",
		"GET /api/workbench/captures":                    "/api/workbench/captures",
		"POST /api/workbench/captures":                   "/api/workbench/captures",
		"GET /api/workbench/captures/{id}":               "/api/workbench/captures/none",
		"DELETE /api/workbench/captures/{id}":            "/api/workbench/captures/none",
		"POST /api/workbench/captures/{id}/stop":         "/api/workbench/captures/none/stop",
		"POST /api/workbench/captures/{id}/notebook":     "/api/workbench/captures/none/notebook",
		"GET /api/workbench/captures/{id}/events":        "/api/workbench/captures/none/events",
		"/api/":                            "/api/nothing",
		"GET /api":                         "/api",
		"GET /api/status":                  "/api/status",
		"GET /api/me":                      "/api/me",
		"GET /api/kernelspecs":             "/api/kernelspecs",
		"GET /api/kernelspecs/{name}":      "/api/kernelspecs/profilemate",
		"GET /kernelspecs/{name}/{file}":   "/kernelspecs/profilemate/logo-svg.svg",
		"GET /api/kernels":                 "/api/kernels",
		"POST /api/kernels":                "/api/kernels",
		"GET /api/kernels/{id}":            "/api/kernels/none",
		"DELETE /api/kernels/{id}":         "/api/kernels/none",
		"POST /api/kernels/{id}/interrupt": "/api/kernels/none/interrupt",
		"POST /api/kernels/{id}/restart":   "/api/kernels/none/restart",
		"GET /api/kernels/{id}/channels":   "/api/kernels/none/channels",
		"GET /api/sessions":                "/api/sessions",
		"POST /api/sessions":               "/api/sessions",
		"GET /api/sessions/{id}":           "/api/sessions/none",
		"PATCH /api/sessions/{id}":         "/api/sessions/none",
		"DELETE /api/sessions/{id}":        "/api/sessions/none",
		"GET /api/terminals":               "/api/terminals",
		"GET /api/config/{section}":        "/api/config/notebook",
		"GET /api/nbconvert":               "/api/nbconvert",
		"GET /nbconvert/html/{path...}":    "/nbconvert/html/runs/b.ipynb",
		"GET /api/contents":                "/api/contents",
		"GET /api/contents/{path...}":      "/api/contents/runs",
		"POST /api/contents":               "/api/contents",
		"POST /api/contents/{path...}":     "/api/contents/runs",
		"PUT /api/contents/{path...}":      "/api/contents/new.txt",
		"PATCH /api/contents/{path...}":    "/api/contents/none.txt",
		"DELETE /api/contents/{path...}":   "/api/contents/none.txt",
		"GET /files/{path...}":             "/files/runs/a.sqlite",
		"GET /login":                       "/login",
		"POST /login":                      "/login",
		"GET /logout":                      "/logout",
		"/":                                "/notebooks/a.ipynb",
	}
}

func TestEveryRouteIsGuardedAndSaysSomething(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	example := examples()
	for _, pattern := range s.server.Patterns() {
		path, ok := example[pattern]
		if !ok {
			t.Errorf("route %q has no example here", pattern)
			continue
		}
		method, _, ok := strings.Cut(pattern, " ")
		if !ok {
			method = "GET"
		}
		status, header, body := s.do(method, path, `{"path":""}`)
		switch {
		case isOpenRoute(pattern):
		case pattern == "/": // a browser is sent to where it can log in
			if want := "/login?next=%2Fnotebooks%2Fa.ipynb"; status != 302 || header.Get("Location") != want {
				t.Errorf("the page without a token: %d to %s, want 302 to %s", status, header.Get("Location"), want)
			}
		case status != 403 || !strings.Contains(body, `"kind":"denied"`):
			t.Errorf("%s without a token: %d %s, want 403", pattern, status, body)
		}
		checkHeaders(t, pattern, header.Get)
		status, header, body = s.do(method, path, `{"path":""}`, withToken)
		if body == "" {
			t.Errorf("%s: %d with an empty body", pattern, status)
		}
		if want := wantedStatus(pattern, path); status != want {
			t.Errorf("%s: %d %s, want %d", pattern, status, body, want)
		}
		checkHeaders(t, pattern, header.Get)
	}
}

// isOpenRoute lists the routes that need no token.
func isOpenRoute(pattern string) bool {
	return pattern == "GET /api" || strings.HasSuffix(pattern, " /login")
}

// wantedStatus is the status of an example with the token. What concerns a kernel,
// session or file that is not there is 404.
func wantedStatus(pattern, path string) int {
	switch {
	case pattern == "POST /api/workbench/captures/closer": // nothing is named
		return 400
	case strings.HasPrefix(pattern, "POST /api/workbench/captures") && !strings.Contains(path, "/none"): // there is no recipe ""
		return 404
	case strings.HasPrefix(pattern, "PATCH /api/contents"), pattern == "POST /api/sessions", strings.HasPrefix(pattern, "PUT "): // it lacks what it must have
		return 400
	case pattern == "/api/", pattern == "POST /api/workbench/run", strings.Contains(path, "/none"):
		return 404
	case pattern == "GET /api/workbench/live/{path...}": // a socket needs an upgrade
		return 400
	case strings.HasPrefix(pattern, "POST /api/kernels"), strings.HasPrefix(pattern, "POST /api/contents"):
		return 201
	case pattern == "GET /logout":
		return 302
	case pattern == "POST /login": // it lacks the form's own token
		return 403
	}
	return 200
}

func checkHeaders(t *testing.T, pattern string, header func(string) string) {
	t.Helper()
	policy := header("Content-Security-Policy")
	// An exported notebook has its own script in it, and no rights.
	loose := strings.Contains(policy, "unsafe-") && !strings.HasPrefix(policy, "sandbox") || strings.Contains(policy, "unsafe-eval") || strings.Contains(policy, "blob:") || strings.Contains(policy, "*")
	if header("X-Content-Type-Options") != "nosniff" || !strings.Contains(policy, "default-src 'none'") || loose {
		t.Errorf("%s: headers nosniff %q, policy %q", pattern, header("X-Content-Type-Options"), policy)
	}
}

func TestInfoAndAnalyses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	info := get[map[string]string](s, "/api/workbench/info")
	if info["version"] != "1.2.3" || info["opened"] != "a.ipynb" || filepath.Base(info["folder"]) != filepath.Base(s.root) {
		t.Errorf("info %v", info)
	}
	list := get[[]struct {
		Name   string
		Roles  []struct{ Name, Kind string }
		Params []struct{ Name, Default string }
	}](s, "/api/workbench/analyses")
	if len(list) != 1 || list[0].Name != "act" || list[0].Roles[0].Kind != "nsys" || list[0].Params[1].Default != "3" {
		t.Errorf("analyses %+v", list)
	}
}

type listing struct {
	Path, Parent string
	Entries      []struct {
		Name, Path, Type string
		Size             int64
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	write(t, s.root, ".hidden", "x")
	root := get[listing](s, "/api/workbench/files?path=")
	if root.Path != "." || len(root.Entries) != 2 || root.Entries[0].Path != "runs" || root.Entries[0].Type != "directory" ||
		root.Entries[1].Type != "notebook" {
		t.Errorf("root %+v", root)
	}
	for _, path := range []string{"runs", filepath.Join(s.root, "runs")} {
		runs := get[listing](s, "/api/workbench/files?path="+path)
		if runs.Path != "runs" || runs.Parent != "." || runs.Entries[0].Path != "runs/a.sqlite" || runs.Entries[0].Size != 6 ||
			runs.Entries[0].Type != "file" {
			t.Errorf("%s: %+v", path, runs)
		}
	}
	outside := get[listing](s, "/api/workbench/files?path="+root.Parent)
	if !filepath.IsAbs(outside.Path) || !filepath.IsAbs(filepath.FromSlash(outside.Parent)) {
		t.Errorf("outside %+v", outside)
	}
	if top := get[listing](s, "/api/workbench/files?path=/"); top.Parent != "" || top.Path != "/" {
		t.Errorf("top %q, parent %q", top.Path, top.Parent)
	}
}

func TestArtifact(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	outside := t.TempDir()
	write(t, outside, "x.sqlite", "x")
	table := []struct{ path, from, cellPath string }{
		{"runs/a.sqlite", "a.ipynb", "runs/a.sqlite"},
		{"runs/a.sqlite", "runs/b.ipynb", "a.sqlite"},
		{"a.sqlite", "runs/b.ipynb", "a.sqlite"}, // typed as the cell of the notebook writes it
		{"runs/a.sqlite", "notes/deep/c.ipynb", "../../runs/a.sqlite"},
		{"runs/a.sqlite", "", "runs/a.sqlite"},
		{outside + "/x.sqlite", "a.ipynb", outside + "/x.sqlite"},
	}
	for _, row := range table {
		view := get[struct {
			Path, Name, Identity, CellPath string
			Info                           struct{ Kind, Summary string }
			Tables                         []web.TableView
			Analyses                       []string
		}](s, "/api/workbench/artifact?path="+row.path+"&from="+row.from)
		if view.CellPath != row.cellPath || view.Identity != "id:1" || view.Info.Kind != "nsys" || view.Tables[0].Schema[0].Unit != "ns" ||
			!cmp.Equal(view.Analyses, []string{"act"}) {
			t.Errorf("%+v: %+v", row, view)
		}
	}
}

func TestResults(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := get[struct {
		Total, Matched, Offset int
		Rows                   [][]string
	}](s, "/api/workbench/results/k1/tables/rows?offset=20&limit=99999&sort=-total,name&filter=gemm")
	if page.Total != 500 || page.Matched != 7 || page.Offset != 20 ||
		page.Rows[0][0] != "{Filter:gemm Sort:[-total name] Offset:20 Limit:10000}" {
		t.Errorf("page %+v", page)
	}
	status, header, body := s.do("GET", "/api/workbench/results/k1/tables/rows.csv", "", withToken)
	if status != 200 || body != "rows\n" || header.Get("Content-Type") != "text/csv; charset=utf-8" ||
		!strings.Contains(header.Get("Content-Disposition"), "rows.csv") {
		t.Errorf("CSV: %d %q %v", status, body, header)
	}
	if status, _, body := s.do("GET", "/api/workbench/results/cut/tables/rows.csv", "", withToken); !strings.HasPrefix(body, "cut off") {
		t.Errorf("a damaged table passed for a whole one: %d, %d bytes", status, len(body))
	}
	status, header, body = s.do("GET", "/api/workbench/results/k1/charts/layer.3.png", "", withToken)
	if status != 200 || body != "k1layer.3png" || header.Get("Content-Type") != "image/png" {
		t.Errorf("chart: %d %q %v", status, body, header)
	}
}

func TestFaultsHaveTheirStatus(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	table := []struct {
		method, path, body string
		status             int
		kind               fault.Kind
	}{
		{"GET", "/api/workbench/artifact", "", 400, fault.Misuse},
		{"GET", "/api/workbench/artifact?path=a%00b", "", 400, fault.Misuse},
		{"GET", "/api/workbench/artifact?path=none.sqlite", "", 404, fault.NotFound},
		{"GET", "/api/workbench/files?path=none", "", 404, fault.NotFound},
		{"GET", "/api/workbench/results/k1/tables/rows?limit=-1", "", 400, fault.Misuse},
		{"GET", "/api/workbench/results/k1/tables/rows?offset=x", "", 400, fault.Misuse},
		{"GET", "/api/workbench/results/k2/tables/rows", "", 404, fault.NotFound},
		{"GET", "/api/workbench/results/k2/tables/rows.csv", "", 404, fault.NotFound},
		{"GET", "/api/workbench/results/k1/charts/roof.gif", "", 400, fault.Misuse},
		{"GET", "/api/workbench/results/panic/charts/roof.svg", "", 500, fault.Internal},
		{"GET", "/api/workbench/export/none.ipynb", "", 404, fault.NotFound},
		{"GET", "/api/workbench/export/a.txt", "", 400, fault.Misuse},
		{"GET", "/api/workbench/live/none.ipynb", "", 404, fault.NotFound},
		{"GET", "/api/workbench/live/..%2fx.ipynb", "", 403, fault.Denied},
		{"GET", "/api/workbench/live/%2fetc%2fx.ipynb", "", 403, fault.Denied},
		{"POST", "/api/workbench/notebooks", "{", 400, fault.Misuse},
		{"POST", "/api/workbench/notebooks", `{"path":"a.ipynb"}`, 409, fault.Conflict},
		{"POST", "/api/workbench/notebooks", `{"path":"../a.ipynb"}`, 403, fault.Denied},
		{"POST", "/api/workbench/notebooks", `{"path":"/a.ipynb"}`, 403, fault.Denied},
		{"POST", "/api/workbench/notebooks", `{"path":"a\u0000.ipynb"}`, 403, fault.Denied},
		{"POST", "/api/workbench/notebooks", `{"path":"` + strings.Repeat("a", 2<<20) + `"}`, 400, fault.Misuse},
		{"DELETE", "/api/workbench/info", "", 404, fault.NotFound},
		{"GET", "/none.js", "", 404, fault.NotFound},
		{"POST", "/", "", 404, fault.NotFound},
	}
	for _, row := range table {
		status, _, body := s.do(row.method, row.path, row.body, withToken)
		var f struct{ Kind, Message string }
		if err := json.Unmarshal([]byte(body), &f); err != nil || status != row.status || f.Kind != string(row.kind) || f.Message == "" {
			t.Errorf("%s %s: %d %s, want %d %s", row.method, row.path, status, body, row.status, row.kind)
		}
		if row.kind == fault.Internal && strings.Contains(f.Message, "chart") {
			t.Errorf("an internal fault tells the user %q", f.Message)
		}
	}
}

func TestNotebooks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, want := range []string{"Untitled.ipynb", "Untitled1.ipynb"} {
		if status, _, body := s.do("POST", "/api/workbench/notebooks", `{"path":""}`, withToken); status != 200 || !strings.Contains(body, `"`+want+`"`) {
			t.Errorf("new: %d %s, want %s", status, body, want)
		}
	}
	if status, _, body := s.do("POST", "/api/workbench/notebooks", `{"path":"new/Decode study"}`, withToken); status != 200 || !strings.Contains(body, "new/Decode study.ipynb") {
		t.Errorf("named: %d %s", status, body)
	}
	list := get[[]struct{ Path, Title, Modified string }](s, "/api/workbench/notebooks")
	titles := map[string]string{}
	for _, n := range list {
		titles[n.Path] = n.Title
	}
	want := map[string]string{"a.ipynb": "A run", "runs/b.ipynb": "A run", "Untitled.ipynb": "Untitled", "Untitled1.ipynb": "Untitled1",
		"new/Decode study.ipynb": "Decode study"}
	if diff := cmp.Diff(want, titles); diff != "" {
		t.Errorf("notebooks (-want +got):\n%s", diff)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	status, header, body := s.do("GET", "/api/workbench/export/runs/b.ipynb", "", withToken)
	if status != 200 || body != "<html>2 cells</html>" || !strings.Contains(header.Get("Content-Disposition"), "b.html") ||
		!strings.HasPrefix(header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("export: %d %q %v", status, body, header)
	}
}
