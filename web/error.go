package web

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"profilemate/workbench/fault"
)

// statusOf maps a kind of fault to the HTTP status; it stands here alone.
func statusOf(kind fault.Kind) int {
	switch kind {
	case fault.Misuse:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Unsupported:
		return http.StatusUnsupportedMediaType
	case fault.Corrupt, fault.Missing:
		return http.StatusUnprocessableEntity
	case fault.Conflict:
		return http.StatusConflict
	case fault.Denied:
		return http.StatusForbidden
	case fault.Canceled:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// fail answers with a fault. Our own faults are logged and shown without detail.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	kind := fault.KindOf(err)
	message := err.Error()
	if kind == fault.Internal {
		s.log.Error("internal error", slog.String("request", r.Method+" "+r.URL.Path), slog.Any("error", err))
		message = "internal error; the server's log has more"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(codeOf(err))
	// kind is for our page, the other two are what Jupyter's clients show.
	_ = json.NewEncoder(w).Encode(map[string]string{"kind": string(kind), "message": message, "short_message": message, "reason": string(kind)}) // the client has gone
}
