package web

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// table shows a part of a stored table, or all of it as CSV or Arrow IPC.
func (s *Server) table(r *http.Request) (any, error) {
	key, name := r.PathValue("key"), r.PathValue("name")
	if table, ok := strings.CutSuffix(name, ".csv"); ok {
		return download{contentType: "text/csv; charset=utf-8", name: name, write: func(w io.Writer) error {
			return s.config.Backend.TableCSV(r.Context(), key, table, w)
		}}, nil
	}
	if table, ok := strings.CutSuffix(name, ".arrow"); ok {
		return download{contentType: "application/vnd.apache.arrow.file", name: name, write: func(w io.Writer) error {
			return s.config.Backend.TableArrow(r.Context(), key, table, w)
		}}, nil
	}
	view, err := viewOf(r.URL.Query())
	if err != nil {
		return nil, err
	}
	page, err := s.config.Backend.Page(r.Context(), key, name, view)
	if err != nil {
		return nil, err
	}
	if page.Rows == nil {
		page.Rows = [][]any{}
	}
	return page, nil
}

// viewOf reads a view from a query. sort may stand several times or hold several
// names with commas.
func viewOf(q url.Values) (result.View, error) {
	v := result.View{Filter: q.Get("filter"), Limit: defaultLimit}
	for _, list := range q["sort"] {
		for name := range strings.SplitSeq(list, ",") {
			if name != "" {
				v.Sort = append(v.Sort, name)
			}
		}
	}
	var err error
	if v.Offset, err = count(q, "offset", 0); err != nil {
		return v, err
	}
	v.Limit, err = count(q, "limit", defaultLimit)
	v.Limit = min(v.Limit, maxLimit)
	return v, err
}

func count(q url.Values, name string, missing int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fault.Errorf(fault.Misuse, "%s=%q is no count", name, text)
	}
	return n, nil
}

// chart draws a chart of a stored result.
func (s *Server) chart(r *http.Request) (any, error) {
	name := r.PathValue("name")
	types := map[string]string{"svg": "image/svg+xml", "png": "image/png"}
	dot := strings.LastIndexByte(name, '.')
	format := name[dot+1:]
	if dot <= 0 || types[format] == "" {
		return nil, fault.Errorf(fault.Misuse, "%q is no picture: ask for NAME.svg or NAME.png", name)
	}
	body, err := s.config.Backend.ChartImage(r.Context(), r.PathValue("key"), name[:dot], format)
	if err != nil {
		return nil, err
	}
	return document{contentType: types[format], body: body}, nil
}
