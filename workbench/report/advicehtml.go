package report

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
)

// advice writes what to do, then in folds what cannot be told and what is fine.
func (p *page) advice() {
	p.printf(`<h2 id="advice">Recommendations</h2>` + "\n")
	byState := map[State][]Advice{}
	for _, a := range p.report.Advice {
		byState[a.State] = append(byState[a.State], a)
	}
	p.printf("<p>%s</p>\n", text(adviceSummary(p.report.Advice)))
	if list := byState[Act]; len(list) > 0 {
		p.printf(`<ul class="pm-advice">` + "\n")
		for _, a := range list {
			p.piece(a)
		}
		p.printf("</ul>\n")
	}
	p.folded("Cannot be told", byState[CannotTell])
	p.folded("Within bounds", byState[WithinBound])
}

// adviceSummary counts the outcomes. That nothing passes a threshold is not called good:
// the rules look at what they look at.
func adviceSummary(list []Advice) string {
	count := map[State]int64{}
	for _, a := range list {
		count[a.State]++
	}
	text := fmt.Sprintf("%s asked: there is something to do by %d, %d cannot be told from what was given, and %d found what they look at within bounds.",
		result.Count(int64(len(list)), "rule"), count[Act], count[CannotTell], count[WithinBound])
	if count[Act] > 0 {
		text += " Gains are upper bounds, each by itself: several speak of the same time, so they do not add up."
	}
	return text
}

func (p *page) piece(a Advice) {
	p.printf(`<li class="pm-act" id="rule-%s">`, text(a.Rule))
	if a.GainNs > 0 {
		p.printf(`<span class="pm-gain" title="%d ns">at most %s of %s</span>`, a.GainNs, text(result.Duration(a.GainNs)), text(a.GainOf))
	}
	p.printf(`<p class="pm-head">%s</p><p>%s</p><p>Do: %s</p><p class="pm-remedy">Threshold: %s. Confidence: %s, because %s. From %s.</p></li>`+"\n",
		text(a.Title), text(a.Evidence), text(a.Action), text(a.Threshold), text(string(a.Confidence)), text(a.Because), text(strings.Join(a.Source, " and ")))
}

func (p *page) folded(title string, list []Advice) {
	if len(list) == 0 {
		return
	}
	p.printf(`<details class="pm-chart"><summary>%s (%d)</summary><ul class="pm-advice">`+"\n", text(title), len(list))
	for _, a := range topics(list) {
		p.printf(`<li id="rule-%s"><p class="pm-head">%s</p><p>%s</p><p class="pm-remedy">Would speak up at: %s.</p></li>`+"\n",
			text(a.Rule), text(a.Title), text(a.Evidence), text(a.Threshold))
	}
	p.printf("</ul></details>\n")
}
