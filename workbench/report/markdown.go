package report

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"strings"

	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// markdownRows is how many rows of a table a report in Markdown has: it is read in a
// pull request or a chat.
const markdownRows = 15

// markdown writes a report in the GitHub dialect. Charts are not drawn in it.
func markdown(r *Report) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n\n%s\n", escaped(r.Title), escaped(strings.Join(sentences(r.Inputs), " ")))
	if warning := r.warning(); warning != "" {
		fmt.Fprintf(&out, "\n**%s**\n", escaped(warning))
	}
	markdownFigures(&out, r)
	markdownAdvice(&out, r.Advice)
	markdownComparisons(&out, r.Comparisons)
	for _, s := range r.Sections {
		fmt.Fprintf(&out, "\n## %s\n", escaped(s.Title))
		for _, p := range s.Parts {
			markdownPart(&out, p)
		}
	}
	out.WriteString("\n## Raw data\n")
	for _, in := range r.Inputs {
		fmt.Fprintf(&out, "\n| %s | %s |\n| --- | --- |\n", escaped(in.Role), escaped(in.Name))
		for _, row := range in.rows() {
			fmt.Fprintf(&out, "| %s | %s |\n", escaped(row[0]), escaped(row[1]))
		}
	}
	return out.Bytes()
}

func markdownFigures(out *bytes.Buffer, r *Report) {
	compared := r.HasBaseline()
	header, rule := "| figure | value | of |", "| --- | ---: | --- |"
	if compared {
		header, rule = "| figure | baseline | value | change | of |", "| --- | ---: | ---: | ---: | --- |"
	}
	fmt.Fprintf(out, "\n%s\n%s\n", header, rule)
	for _, f := range r.Figures {
		of := f.Of
		if f.Why != "" {
			of = "not known: " + f.Why
		}
		cells := []string{f.Name, markdownNumber(f.Value, f.Unit), of}
		if compared {
			cells = []string{f.Name, markdownNumber(f.Baseline, f.Unit), markdownNumber(f.Value, f.Unit), cmp.Or(f.moved(), "—"), of}
		}
		for i := range cells {
			cells[i] = escaped(cells[i])
		}
		fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
}

func markdownNumber(v result.Number, unit string) string {
	if math.IsNaN(float64(v)) {
		return "—"
	}
	return render.Value(float64(v), unit)
}

func markdownAdvice(out *bytes.Buffer, list []Advice) {
	fmt.Fprintf(out, "\n## Recommendations\n\n%s\n\n", adviceSummary(list))
	for _, a := range topics(list) {
		switch a.State {
		case Act:
			gain := ""
			if a.GainNs > 0 {
				gain = fmt.Sprintf(" At most %s of %s.", result.Duration(a.GainNs), a.GainOf)
			}
			fmt.Fprintf(out, "- **%s.** %s%s %s *(Threshold: %s; confidence %s: %s.)*\n", escaped(a.Title), escaped(a.Evidence), escaped(gain), escaped(a.Action),
				escaped(a.Threshold), a.Confidence, escaped(a.Because))
		default:
			fmt.Fprintf(out, "- %s: %s. %s\n", escaped(a.Title), a.State, escaped(a.Evidence))
		}
	}
}

func markdownPart(out *bytes.Buffer, p Part) {
	fmt.Fprintf(out, "\n### %s\n", escaped(p.Title))
	if p.Result == nil {
		fmt.Fprintf(out, "\nCannot tell: %s\n", escaped(sentence(p.Missing)))
		return
	}
	for i, f := range p.Result.Findings {
		if i == 0 {
			out.WriteString("\n")
		}
		fmt.Fprintf(out, "- %s: %s %s\n", f.Severity, escaped(f.Text), escaped(f.Remedy))
	}
	for _, t := range p.Result.Tables {
		out.WriteString("\n" + render.MarkdownTable(t, markdownRows))
	}
	if p.Command != "" {
		fmt.Fprintf(out, "\nAll of it: `%s`\n", strings.ReplaceAll(p.Command, "`", "'"))
	}
}

// escaped keeps text from being markup in Markdown.
func escaped(s string) string { return render.MarkdownText(s) }
