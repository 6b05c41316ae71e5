package compare

import (
	"fmt"
	"html"
	"strings"
)

// style is that of a page that somebody opens out of a pipeline's artifacts.
const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color-scheme:light dark}
table{border-collapse:collapse}th,td{padding:.2rem .6rem;text-align:left;border-bottom:1px solid #8886}
td.n,th.n{text-align:right;white-space:nowrap}tr.regression td:first-child{color:#c00;font-weight:bold}`

// html writes a page that loads nothing.
func (r *Report) html() string {
	var b strings.Builder
	title := html.EscapeString("Performance: " + strings.TrimSuffix(r.Summary(), "."))
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>%s</title>\n<style>%s</style></head>\n<body><h1>%s</h1>\n", title, style, title)
	for _, line := range r.Partial {
		fmt.Fprintf(&b, "<p><strong>%s</strong></p>\n", html.EscapeString(line))
	}
	fmt.Fprintf(&b, "<p>Baseline: %s<br>Current: %s</p>\n", html.EscapeString(strings.Join(r.Baseline, ", ")), html.EscapeString(strings.Join(r.Current, ", ")))
	list, left := r.Listed()
	if len(list) > 0 {
		b.WriteString("<table><thead><tr><th>verdict</th><th>figure</th><th class=\"n\">baseline</th><th class=\"n\">current</th><th class=\"n\">change</th><th class=\"n\">95 % interval</th></tr></thead><tbody>\n")
		for _, c := range list {
			fmt.Fprintf(&b, "<tr class=\"%s\"><td>%s</td><td>%s</td>", html.EscapeString(string(c.Verdict)), html.EscapeString(string(c.Verdict)), html.EscapeString(c.Label()))
			for _, cell := range []string{value(float64(c.Baseline), c.Unit), value(float64(c.Current), c.Unit), c.Moved(), c.Interval()} {
				fmt.Fprintf(&b, "<td class=\"n\">%s</td>", html.EscapeString(cell))
			}
			b.WriteString("</tr>\n")
		}
		b.WriteString("</tbody></table>\n")
	}
	if left > 0 {
		fmt.Fprintf(&b, "<p>And %d more.</p>\n", left)
	}
	for _, line := range append(append([]string{r.Proof}, r.Unlike...), r.Notes...) {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(line))
	}
	b.WriteString("</body></html>\n")
	return b.String()
}
