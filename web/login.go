package web

import (
	"crypto/rand"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// loginPolicy lets the form be sent, and nothing else.
const loginPolicy = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// loginForm is plain, since the page's own files are not sent before the login.
func loginForm() *template.Template {
	return template.Must(template.New("login").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>ProfileMate</title>
<h1>ProfileMate</h1>
<p>{{if .Wrong}}That is not the token. {{end}}Open the URL that profilemate serve printed, or give its token here.</p>
<form method="post" action="/login">
<input type="hidden" name="_xsrf" value="{{.XSRF}}"><input type="hidden" name="next" value="{{.Next}}">
<label>Token <input type="password" name="password" autofocus autocomplete="current-password"></label> <button>Log in</button>
</form></html>
`))
}

// toLogin sends a browser that asked for a page to the form, and back afterwards.
func toLogin(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.Path), http.StatusFound)
}

// showLogin shows the form.
func (s *Server) showLogin(w http.ResponseWriter, r *http.Request) {
	s.writeLogin(w, r, r.URL.Query().Get("next"), http.StatusOK)
}

func (s *Server) writeLogin(w http.ResponseWriter, r *http.Request, next string, status int) {
	xsrf := rand.Text()
	if c, err := r.Cookie(xsrfCookie); err == nil && c.Value != "" {
		xsrf = c.Value
	}
	http.SetCookie(w, &http.Cookie{Name: xsrfCookie, Value: xsrf, Path: "/", SameSite: http.SameSiteStrictMode})
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", loginPolicy)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = loginForm().Execute(w, map[string]any{"XSRF": xsrf, "Next": next, "Wrong": status != http.StatusOK}) // the client has gone
}

// login takes the form and gives the cookie for the token.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	next := r.PostFormValue("next")
	c, err := r.Cookie(xsrfCookie)
	switch {
	case err != nil || c.Value == "" || !equal(r.PostFormValue("_xsrf"), c.Value):
		s.writeLogin(w, r, next, http.StatusForbidden)
	case !equal(r.PostFormValue("password"), s.config.Token):
		s.writeLogin(w, r, next, http.StatusUnauthorized)
	default:
		s.setCookies(w, r)
		http.Redirect(w, r, ownPath(next), http.StatusFound)
	}
}

// logout takes the cookie away.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/login", http.StatusFound)
}

// ownPath is a path of this server; anything else becomes the page.
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return escaped(u.Path)
}

// escaped writes a path as it stands in an address.
func escaped(path string) string { return (&url.URL{Path: path}).EscapedPath() }
