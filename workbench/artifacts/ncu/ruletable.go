package ncu

import (
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu/report"
)

// rulesInfo describes the rules table of reports and of details pages; the page
// lacks the titles, the metrics and the goals.
func rulesInfo() artifacts.TableInfo {
	return artifacts.TableInfo{Name: "rules", Doc: "one row a launch and message of a rule that ncu applied to it",
		Schema: frames.Schema{
			{Name: "launch", Kind: frames.Int64, Doc: "key of launches"},
			{Name: "rule", Kind: frames.String, Doc: "identifier of the rule"},
			{Name: "name", Kind: frames.String, Doc: "title of the rule"},
			{Name: "section", Kind: frames.String, Doc: "identifier of the section that it belongs to"},
			{Name: "type", Kind: frames.String, Doc: "OPT (a way to optimize), INF, WRN or ERR"},
			{Name: "title", Kind: frames.String, Doc: "title of the message"},
			{Name: "message", Kind: frames.String, Doc: "what ncu says"},
			{Name: "speedup_kind", Kind: frames.String, Doc: "global: of the launch; local: of the part that the rule looks at"},
			{Name: "speedup", Kind: frames.Float64, Unit: "%", Doc: "estimated speed-up; missing without an estimate"},
			{Name: "metrics", Kind: frames.String, Doc: "metrics that the message is about, joined by commas"},
			{Name: "goals", Kind: frames.String, Doc: "what to do about them and what they are now, joined by semicolons; only a report file has it"},
		}}
}

func fillAdvice(b *batcher, launch int64, a report.Advice) error {
	return b.row(launch, a.Rule, text(a.Name), text(a.Section), text(a.Type), text(a.Title), text(a.Text),
		text(a.SpeedupKind), float(measure{value: a.Speedup}, a.SpeedupKind != ""), text(strings.Join(a.Metrics, ", ")), text(strings.Join(a.Goals, "; ")))
}

// sectionsInfo describes the sections table of reports.
func sectionsInfo() artifacts.TableInfo {
	return artifacts.TableInfo{Name: "sections", Doc: "one row a launch, section and metric at the head of it: how ncu's details page is laid out",
		Schema: frames.Schema{
			{Name: "launch", Kind: frames.Int64, Doc: "key of launches"},
			{Name: "section", Kind: frames.String, Doc: "identifier of the section"},
			{Name: "name", Kind: frames.String, Doc: "title of the section"},
			{Name: "order", Kind: frames.Int64, Doc: "place on the page, the lowest first"},
			{Name: "metric", Kind: frames.String, Doc: "name of the metric; missing for a section without"},
			{Name: "label", Kind: frames.String, Doc: "what the page calls the metric"},
		}}
}

// printedRules is the rules table of a details page.
func printedRules() table {
	info := rulesInfo()
	info.Rows = -1
	return table{info, func() func(row, *batcher) error {
		return func(r row, b *batcher) error {
			for _, a := range r.values.(*detailed).advice {
				if err := fillAdvice(b, r.launch, a); err != nil {
					return err
				}
			}
			return nil
		}
	}}
}

// labelsTable tells how a details page calls its metrics. It is no sections table:
// a section shows on the page only where it has a metric or a rule has spoken.
func labelsTable() table {
	info := artifacts.TableInfo{Name: "labels", Rows: -1, Doc: "one row a launch and metric of the page: under which section and label it stands",
		Schema: frames.Schema{
			{Name: "launch", Kind: frames.Int64, Doc: "key of launches"},
			{Name: "section", Kind: frames.String, Doc: "title of the section"},
			{Name: "label", Kind: frames.String, Doc: "what the page calls the metric"},
			{Name: "metric", Kind: frames.String, Doc: "name of the metric; its label where the name is not known"},
		}}
	return table{info, func() func(row, *batcher) error {
		return func(r row, b *batcher) error {
			for _, e := range r.values.(*detailed).entries {
				if err := b.row(r.launch, text(e.section), e.label, e.metric); err != nil {
					return err
				}
			}
			return nil
		}
	}}
}
