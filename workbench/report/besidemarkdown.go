package report

import (
	"bytes"
	"fmt"

	"profilemate/workbench/compare"
)

// markdownComparisons writes what was judged of the profile and its baseline.
func markdownComparisons(out *bytes.Buffer, list []Comparison) {
	if len(list) > 0 {
		out.WriteString("\n## Beside the baseline\n")
	}
	for _, c := range list {
		fmt.Fprintf(out, "\n### %s\n", escaped(kindName(c.Kind)))
		if c.Report == nil {
			fmt.Fprintf(out, "\nCannot tell: %s\n", escaped(sentence(c.Missing)))
			continue
		}
		fmt.Fprintf(out, "\n**%s**\n\n", escaped(c.Report.Summary()))
		for _, remark := range c.remarks() {
			fmt.Fprintf(out, "- %s\n", escaped(remark))
		}
		markdownChanges(out, c.Report)
	}
}

func markdownChanges(out *bytes.Buffer, r *compare.Report) {
	list, left := r.Listed()
	if len(list) > 0 {
		out.WriteString("\n| verdict | figure | baseline | now | change | 95 % interval |\n| --- | --- | ---: | ---: | ---: | ---: |\n")
	}
	for _, c := range list {
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", c.Verdict, escaped(c.Label()), escaped(markdownNumber(c.Baseline, c.Unit)), escaped(markdownNumber(c.Current, c.Unit)),
			escaped(c.Moved()), escaped(c.Interval()))
	}
	if left > 0 {
		fmt.Fprintf(out, "\nAnd %d more: `profilemate check --format json` prints all.\n", left)
	}
}
