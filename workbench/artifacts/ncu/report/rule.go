package report

import (
	"fmt"
	"math"
	"strings"

	"profilemate/workbench/artifacts/ncu/wire"
)

// Advice is one message of a rule that ncu applied to a result. A rule that had
// nothing to say has none.
type Advice struct {
	Rule, Name  string // identifier and title of the rule
	Section     string // identifier of the section that it belongs to
	Type        string // as print-outs have it: "OPT", "INF", "WRN", "ERR", "OK", "" for none
	Title       string // "" for none
	Text        string // without markup
	Metrics     []string
	Goals       []string // what to do about some of the metrics, and what each is now
	SpeedupKind string   // "local" or "global", "" without an estimate
	Speedup     float64  // estimated, in %
}

// Fields of a rule's result.
const (
	ruleID        = 1
	ruleName      = 2
	ruleBody      = 3
	ruleSection   = 4
	bodyItem      = 1
	itemMessage   = 1
	itemFocus     = 8
	itemSpeedup   = 10
	messageText   = 1
	messageType   = 2
	messageTitle  = 4
	focusMetric   = 2
	focusValue    = 3
	focusGoal     = 5
	speedupKind   = 1
	speedupAmount = 2
)

// Rules returns what the rules say, in the order of the file. Damage is a Corrupt
// fault, and what was read before it is returned.
func (x *Result) Rules() ([]Advice, error) {
	var list []Advice
	for _, data := range x.rules {
		rule, body, err := readRule(data)
		if err != nil {
			return list, err
		}
		items := wire.Read(body)
		for items.Next() {
			if items.Number != bodyItem {
				continue
			}
			advice := rule
			said, err := advice.item(items.Data())
			if err != nil {
				return list, err
			}
			if said {
				list = append(list, advice)
			}
		}
		if items.Err() != nil {
			return list, items.Err()
		}
	}
	return list, nil
}

// readRule reads whose messages a body holds; a rule that said nothing has no body.
func readRule(data []byte) (rule Advice, body []byte, err error) {
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case ruleID:
			rule.Rule = r.String()
		case ruleName:
			rule.Name = r.String()
		case ruleSection:
			rule.Section = r.String()
		case ruleBody:
			body = r.Data()
		}
	}
	return rule, body, r.Err()
}

// item reads a message with what is attached to it. said is false without one.
func (a *Advice) item(data []byte) (said bool, err error) {
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case itemMessage:
			said, err = true, a.message(r.Data())
		case itemFocus:
			err = a.focus(r.Data())
		case itemSpeedup:
			err = a.estimate(r.Data())
		}
		if err != nil {
			return said, err
		}
	}
	return said, r.Err()
}

func (a *Advice) message(data []byte) error {
	types := [...]string{"", "INF", "WRN", "ERR", "OPT"}
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case messageText:
			a.Text = plain(r.String())
		case messageType:
			if n := r.Uint(); n < uint64(len(types)) {
				a.Type = types[n]
			}
		case messageTitle:
			a.Title = r.String()
		}
	}
	return r.Err()
}

func (a *Advice) focus(data []byte) error {
	var metric, goal string
	value := math.NaN()
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case focusMetric:
			metric = r.String()
		case focusValue:
			value = r.Float()
		case focusGoal:
			goal = r.String()
		}
	}
	if metric == "" {
		return r.Err()
	}
	a.Metrics = append(a.Metrics, metric)
	if goal != "" && !math.IsNaN(value) && !math.IsInf(value, 0) {
		goal += fmt.Sprintf(" (%s is %.4g)", metric, value)
	}
	if goal != "" {
		a.Goals = append(a.Goals, goal)
	}
	return r.Err()
}

func (a *Advice) estimate(data []byte) error {
	kinds := [...]string{"", "local", "global"}
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case speedupKind:
			if n := r.Uint(); n < uint64(len(kinds)) {
				a.SpeedupKind = kinds[n]
			}
		case speedupAmount:
			a.Speedup = r.Float()
		}
	}
	return r.Err()
}

// Remark is what a rule says of one instruction.
type Remark struct {
	Address uint64 // of the instruction
	Text    string
}

// Fields of a remark.
const (
	ruleRemark    = 5
	remarkAddress = 3
	remarkText    = 4
)

// Remarks returns what rules say of single instructions, in the order of the file.
// Damage is a Corrupt fault, and what was read before it is returned.
func (x *Result) Remarks() ([]Remark, error) {
	var list []Remark
	for _, data := range x.rules {
		r := wire.Read(data)
		for r.Next() {
			if r.Number != ruleRemark {
				continue
			}
			var remark Remark
			fields := wire.Read(r.Data())
			for fields.Next() {
				switch fields.Number {
				case remarkAddress:
					remark.Address = fields.Uint()
				case remarkText:
					remark.Text = plain(fields.String())
				}
			}
			if fields.Err() != nil {
				return list, fields.Err()
			}
			if remark.Text != "" {
				list = append(list, remark)
			}
		}
		if r.Err() != nil {
			return list, r.Err()
		}
	}
	return list, nil
}

// plain takes the markup out of a message as print-outs do: "@section:ID:words@"
// becomes the words, "@url:words:address@" the words and the address in brackets.
func plain(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "@")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		kind, tail, ok := strings.Cut(rest, ":")
		inside, after, closed := strings.Cut(tail, "@")
		first, second, two := strings.Cut(inside, ":")
		switch {
		case ok && closed && two && kind == "section":
			out.WriteString(second)
		case ok && closed && two && kind == "url":
			out.WriteString(first + " (" + second + ")")
		default:
			out.WriteByte('@')
			text = rest
			continue
		}
		text = after
	}
}
