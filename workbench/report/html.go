package report

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"math"
	"net/url"
	"path/filepath"
	"strings"

	"profilemate/workbench/render"
)

// page writes the body of a report; every string that is not markup goes through text.
type page struct {
	*bufio.Writer
	report *Report
	o      Options
	size   detail
}

func text(s string) string { return html.EscapeString(s) }

func (p *page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func writeHTML(w io.Writer, r *Report, o Options, size detail) error {
	return render.Page(w, render.PageOptions{Title: r.Title}, func(out *bufio.Writer) {
		p := &page{out, r, o, size}
		p.summary()
		p.contents()
		p.advice()
		if r.HasBaseline() {
			p.comparison()
		}
		for _, s := range r.Sections {
			p.section(s)
		}
		p.inputs()
	})
}

func (p *page) summary() {
	p.printf(`<p class="pm-source">%s</p>`+"\n", text(strings.Join(sentences(p.report.Inputs), " ")))
	if warning := p.report.warning(); warning != "" {
		p.printf(`<p class="pm-warning"><strong>%s</strong></p>`+"\n", text(warning))
	}
	if len(p.report.Figures) == 0 {
		return
	}
	p.printf(`<dl class="pm-figures" aria-label="Figures">` + "\n")
	for _, f := range p.report.Figures {
		p.printf(`<div><dt>%s</dt>`, text(f.Name))
		if math.IsNaN(float64(f.Value)) {
			p.printf(`<dd class="pm-none">not known: %s</dd></div>`+"\n", text(f.Why))
			continue
		}
		p.printf(`<dd title="%s">%s</dd>`, text(exact(f)), text(render.Value(float64(f.Value), f.Unit)))
		if f.Of != "" {
			p.printf(`<dd class="pm-from">%s</dd>`, text(render.ShortName(f.Of)))
		}
		p.printf("</div>\n")
	}
	p.printf("</dl>\n")
}

// exact is a figure's value to the last digit and where it stands.
func exact(f Figure) string {
	return fmt.Sprintf("%v %s: %s, table %s, %s", float64(f.Value), f.Unit, f.Cell.Analysis, f.Cell.Table, f.Cell.Column)
}

// sentences say of each input what it is.
func sentences(inputs []Input) []string {
	var list []string
	for _, in := range inputs {
		role := "Profile"
		if in.Role == baselineRole {
			role = "Baseline"
		}
		list = append(list, fmt.Sprintf("%s %s: %s.", role, in.Name, strings.TrimSuffix(in.Summary, ".")))
	}
	return list
}

func (p *page) contents() {
	p.printf(`<nav class="pm-contents" aria-label="Contents"><ol><li><a href="#advice">Recommendations</a></li>`)
	if p.report.HasBaseline() {
		p.printf(`<li><a href="#baseline">Beside the baseline</a></li>`)
	}
	for _, s := range p.report.Sections {
		p.printf(`<li><a href="#%s">%s</a></li>`, text(s.ID), text(s.Title))
	}
	p.printf(`<li><a href="#inputs">Raw data</a></li></ol></nav>` + "\n")
}

func (p *page) section(s Section) {
	p.printf(`<h2 id="%s">%s</h2>`+"\n", text(s.ID), text(s.Title))
	for _, part := range s.Parts {
		if len(s.Parts) > 1 || part.Title != s.Title {
			p.printf("<h3>%s</h3>\n", text(part.Title))
		}
		if part.Result == nil {
			p.printf(`<p class="pm-more">Cannot tell: %s</p>`+"\n", text(sentence(part.Missing)))
			continue
		}
		p.WriteString(render.HTML(*part.Result, render.HTMLOptions{Rows: p.size.rows, AllCharts: true, Themed: true, ChartData: p.size.chartData}))
		if part.Command != "" {
			p.printf(`<p class="pm-source">All of it: <code>%s</code></p>`+"\n", text(part.Command))
		}
	}
}

// inputs lists what the report is made from, with links to what lies beside it.
func (p *page) inputs() {
	p.printf(`<h2 id="inputs">Raw data</h2>` + "\n")
	for _, in := range p.report.Inputs {
		name := text(in.Name)
		if link := linkTo(in.Path, p.o.LinkFrom); link != "" {
			name = fmt.Sprintf(`<a href="%s">%s</a>`, text(link), name)
		}
		p.printf(`<section class="pm-table" data-name="input"><h4>%s (%s)</h4><div class="pm-scroll"><table><thead><tr><th scope="col" data-field="what">what</th><th scope="col" data-field="value">value</th></tr></thead>`+"\n<tbody>\n", name, text(in.Role))
		for _, row := range in.rows() {
			p.printf("<tr><td>%s</td><td>%s</td></tr>\n", text(row[0]), text(row[1]))
		}
		p.printf("</tbody></table></div></section>\n")
	}
}

// linkTo is the relative URL of a file from the folder of the report, empty where it
// lies elsewhere: the path there would tell of the writer's machine and break.
func linkTo(path, from string) string {
	if from == "" {
		return ""
	}
	relative, err := filepath.Rel(from, path)
	if err != nil || !filepath.IsLocal(relative) || relative == "." {
		return ""
	}
	return (&url.URL{Path: "./" + filepath.ToSlash(relative)}).String()
}
