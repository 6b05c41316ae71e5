package report

import (
	"fmt"
	"math"
	"strings"

	"profilemate/workbench/compare"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// comparison shows what was judged of both sides, then the figures of the summary.
func (p *page) comparison() {
	p.printf(`<h2 id="baseline">Beside the baseline</h2>` + "\n")
	for _, c := range p.report.Comparisons {
		p.printf("<h3>%s</h3>\n", text(kindName(c.Kind)))
		if c.Report == nil {
			p.printf(`<p class="pm-more">Cannot tell: %s</p>`+"\n", text(sentence(c.Missing)))
			continue
		}
		p.printf("<p><strong>%s</strong> %s</p>\n", text(c.Report.Summary()), text(strings.Join(c.remarks(), " ")))
		p.changes(c.Report)
	}
	p.sideBySide()
}

// changes is the table of the changes that a reader is shown one by one.
func (p *page) changes(r *compare.Report) {
	list, left := r.Listed()
	if len(list) > 0 {
		p.tableHead("changes", []string{"verdict", "figure"}, []string{"baseline", "now", "change", "95 % interval"})
		for _, c := range list {
			p.printf("<tr><td>%s</td><td>%s</td>%s%s%s%s</tr>\n", text(string(c.Verdict)), text(c.Label()), numberCell(c.Baseline, c.Unit), numberCell(c.Current, c.Unit),
				wordsCell(c.Moved(), c.Change), wordsCell(c.Interval(), c.Low))
		}
		p.printf("</tbody></table></div></section>\n")
	}
	if left > 0 {
		p.printf(`<p class="pm-more">And %s. <code>profilemate check --format json</code> prints all.</p>`+"\n", text(result.Count(int64(left), "more change")))
	}
}

// sideBySide is the table of the summary's figures on both sides.
func (p *page) sideBySide() {
	figures := p.report.compared()
	if len(figures) == 0 {
		return
	}
	p.printf("<h3>Figures of the summary</h3>\n<p>%s</p>\n", text(besideNote))
	p.tableHead("baseline", []string{"figure"}, []string{"baseline", "now", "change"})
	for _, f := range figures {
		p.printf("<tr><td>%s</td>%s%s%s</tr>\n", text(f.Name), numberCell(f.Baseline, f.Unit), numberCell(f.Value, f.Unit), wordsCell(f.moved(), f.Change))
	}
	p.printf("</tbody></table></div></section>\n")
}

// besideNote says what the figures side by side are worth.
const besideNote = "These stand side by side and are not judged: runs differ by themselves."

func (p *page) tableHead(name string, words, numbers []string) {
	p.printf(`<section class="pm-table" data-name="%s"><div class="pm-scroll"><table><thead><tr>`, text(name))
	for _, column := range words {
		p.printf(`<th scope="col" data-field="%s">%s</th>`, text(column), text(column))
	}
	for _, column := range numbers {
		p.printf(`<th scope="col" class="n" data-field="%s">%s</th>`, text(column), text(column))
	}
	p.printf("</tr></thead>\n<tbody>\n")
}

func numberCell(v result.Number, unit string) string {
	if math.IsNaN(float64(v)) {
		return `<td class="n">—</td>`
	}
	return wordsCell(render.Value(float64(v), unit), v, unit)
}

// wordsCell shows a number in words; the exact one sorts.
func wordsCell(words string, v result.Number, unit ...string) string {
	if words == "" {
		return `<td class="n">—</td>`
	}
	exact := strings.TrimSpace(fmt.Sprintf("%v %s", float64(v), strings.Join(unit, "")))
	return fmt.Sprintf(`<td class="n" title="%s">%s</td>`, text(exact), text(words))
}
