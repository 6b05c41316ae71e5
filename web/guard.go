package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"strings"

	"profilemate/workbench/fault"
)

const (
	xsrfCookie = "_xsrf"
	xsrfHeader = "X-XSRFToken"
)

// pagePolicy lets the page load its own files and nothing else: no inline script or
// style, no eval, no frame. Images may be data, since outputs of a notebook are.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard lets a request through only if it is for this server by name, comes from
// this server's page or from no page, and proves that it may.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if err := s.admit(r); err != nil {
			if isPage(r) && err == errLogin {
				toLogin(w, r)
				return
			}
			s.fail(w, r, err)
			return
		}
		if handsOutCookies(r) && s.hasToken(r) {
			s.setCookies(w, r)
		}
		next.ServeHTTP(w, r)
	})
}

// handsOutCookies reports whether a request with the token gets the cookies, as
// Jupyter's clients expect: one for the page, and one to an interface.
func handsOutCookies(r *http.Request) bool {
	return isPage(r) || strings.HasPrefix(r.URL.Path, "/api/")
}

// isOpen reports whether a request needs no token: the form that asks for it, and the
// version, by which clients find out that this is a Jupyter server.
func isOpen(r *http.Request) bool {
	return r.URL.Path == "/login" || r.URL.Path == "/api" && r.Method == http.MethodGet
}

// isPage reports whether a request is for the page itself.
func isPage(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.URL.Path == "/" || r.URL.Path == "/captures" ||
		strings.HasPrefix(r.URL.Path, "/notebooks/") || strings.HasPrefix(r.URL.Path, "/captures/"))
}

// errLogin is the answer to who does not prove that he may.
var errLogin = fault.WithRemedy(fault.Errorf(fault.Denied, "the request has no valid token"), "open the URL that profilemate serve printed")

func (s *Server) admit(r *http.Request) error {
	switch {
	case !ownHost(r.Host):
		return fault.Errorf(fault.Denied, "this server does not answer to the name %q", r.Host)
	case !sameOrigin(r):
		return fault.Errorf(fault.Denied, "a page of %s must not use this server", r.Header.Get("Origin"))
	case s.hasToken(r), isOpen(r):
		return nil
	case !s.hasCookie(r):
		return errLogin
	case r.Method != http.MethodGet && r.Method != http.MethodHead && !hasXSRF(r):
		return fault.Errorf(fault.Denied, "the request lacks the %s header of this server's page", xsrfHeader)
	}
	return nil
}

// ownHost accepts the names of the loopback address, so that no other name can be
// bound to it (DNS rebinding). The port may differ: a tunnel gives it another one.
func ownHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// sameOrigin accepts a request of a page of this very host and port, and one that
// comes from no page. Browsers send Origin with every WebSocket and POST, and
// Sec-Fetch-Site with the rest; "same-site" there is another port of this machine,
// whose requests carry our cookies.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		if r.Header.Get("Sec-Fetch-Mode") != "navigate" {
			return false
		}
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, r.Host)
}

func (s *Server) hasToken(r *http.Request) bool {
	given := r.URL.Query().Get("token")
	if scheme, value, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok &&
		(strings.EqualFold(scheme, "token") || strings.EqualFold(scheme, "bearer")) {
		given = strings.TrimSpace(value)
	}
	return equal(given, s.config.Token)
}

func (s *Server) hasCookie(r *http.Request) bool {
	c, err := r.Cookie(cookieName(r))
	return err == nil && equal(c.Value, s.cookie)
}

func hasXSRF(r *http.Request) bool {
	c, err := r.Cookie(xsrfCookie)
	return err == nil && c.Value != "" && equal(r.Header.Get(xsrfHeader), c.Value)
}

// equal compares secrets in a time that does not depend on where they differ.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// cookieName has the port in it: cookies are shared by all ports of a host, and two
// servers must not log each other's pages out.
func cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "80"
	}
	return "profilemate-" + port
}

// cookieValue follows from the key and the folder, so that a restart with the same key
// keeps the pages of the folder logged in, and tells neither.
func cookieValue(key, root string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("profilemate cookie " + root))
	return hex.EncodeToString(mac.Sum(nil))
}

func (s *Server) setCookies(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Value: s.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	if c, err := r.Cookie(xsrfCookie); err != nil || c.Value == "" {
		http.SetCookie(w, &http.Cookie{Name: xsrfCookie, Value: rand.Text(), Path: "/", SameSite: http.SameSiteStrictMode})
	}
}
