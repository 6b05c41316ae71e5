package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"profilemate/workbench/fault"
)

// endpoint answers a request with a value that becomes JSON, a document, or a
// download; it cannot write to the client.
type endpoint func(r *http.Request) (any, error)

// document is an answer that is no JSON.
type document struct {
	contentType string
	body        []byte
	download    string // file name to save it under; empty to show it
	policy      string // Content-Security-Policy; empty for the page's
	status      int    // 0 for 200
}

// download is an answer that is written piece by piece.
type download struct {
	contentType string
	name        string
	write       func(io.Writer) error
}

// bodyLimit bounds the body of a request, in bytes.
const bodyLimit = 1 << 20

// adapt turns an endpoint into a handler: it bounds the body, encodes the answer
// and turns errors and panics into faults.
func (s *Server) adapt(e endpoint) http.HandlerFunc { return s.adaptUpTo(e, bodyLimit) }

// adaptUpTo is adapt with another bound of the body, in bytes.
func (s *Server) adaptUpTo(e endpoint, limit int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		value, err := s.protect(e, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		switch v := value.(type) {
		case document:
			s.writeDocument(w, v)
		case download:
			s.writeDownload(w, r, v)
		case reply:
			s.writeReply(w, r, v)
		default:
			s.writeJSON(w, r, http.StatusOK, v)
		}
	}
}

// protect turns a panic of an endpoint into an internal fault.
func (s *Server) protect(e endpoint, r *http.Request) (value any, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return e(r)
}

func (s *Server) writeReply(w http.ResponseWriter, r *http.Request, answer reply) {
	if answer.location != "" {
		w.Header().Set("Location", answer.location)
	}
	if answer.value == nil {
		w.WriteHeader(answer.status)
		return
	}
	s.writeJSON(w, r, answer.status, answer.value)
}

func (s *Server) writeJSON(w http.ResponseWriter, r *http.Request, status int, value any) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(value); err != nil {
		s.fail(w, r, fmt.Errorf("encoding the answer: %w", err))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	s.writeDocument(w, document{contentType: "application/json", body: b.Bytes(), status: status})
}

func (s *Server) writeDocument(w http.ResponseWriter, d document) {
	h := w.Header()
	h.Set("Content-Type", d.contentType)
	h.Set("Content-Length", strconv.Itoa(len(d.body)))
	if d.policy != "" {
		h.Set("Content-Security-Policy", d.policy)
	}
	setDownload(h, d.download)
	if d.status != 0 {
		w.WriteHeader(d.status)
	}
	_, _ = w.Write(d.body) // the client has gone: nobody to tell
}

func setDownload(h http.Header, name string) {
	if name != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	}
}

// writeDownload streams an answer. A fault before the first byte is answered as
// one; a later one cuts the connection, so that no half file passes for a whole.
func (s *Server) writeDownload(w http.ResponseWriter, r *http.Request, d download) {
	out := &lateWriter{w: w, download: d}
	err := d.write(out)
	switch {
	case err == nil:
		out.begin()
	case !out.begun:
		s.fail(w, r, err)
	default:
		s.log.Error("a download was cut off", "file", d.name, "error", err)
		panic(http.ErrAbortHandler)
	}
}

// lateWriter sends the headers with the first byte.
type lateWriter struct {
	w        http.ResponseWriter
	download download
	begun    bool
}

func (l *lateWriter) begin() {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", l.download.contentType)
		setDownload(l.w.Header(), l.download.name)
	}
}

// Write sends bytes to the client.
func (l *lateWriter) Write(p []byte) (int, error) {
	l.begin()
	return l.w.Write(p)
}

// decodeBody reads a JSON object from a request; what is none is Misuse.
func decodeBody[T any](r *http.Request) (T, error) {
	var value T
	if err := json.NewDecoder(r.Body).Decode(&value); err != nil {
		return value, fault.Errorf(fault.Misuse, "the request's body is not the JSON that is wanted: %w", err)
	}
	return value, nil
}
