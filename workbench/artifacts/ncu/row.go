package ncu

import (
	"math"
	"strconv"
	"strings"
)

// row is one launch, whatever it was read from.
type row struct {
	launch int64 // position among the launches of the file, from 0
	values
}

// values is what a source knows of a launch. It is good until the source's next
// row.
type values interface {
	// cell returns a column that identifies the launch, under the name that raw pages
	// give it ("Kernel Name", "Grid Size"), or the text of a metric; "" for none.
	cell(name string) string
	// parse reads a number in such a text.
	parse(text string) (Decimal, bool)
	// metricOf returns the value of a metric in base units, ok false for none.
	metricOf(name string) (m measure, ok bool)
	// tensorCounters lists the exact counters of tensor operations that the launch may
	// have.
	tensorCounters() []tensorCounter
	// nvtx returns the names of the open push/pop ranges, outermost first.
	nvtx() []string
	// origin names what the values were read from: "report", "raw" or "details".
	origin() string
	// workload tells what was profiled as one: "kernel", "graph" or "range".
	workload() string
	// metrics calls emit with every metric that has a value, in the order of raw pages.
	metrics(emit func(metricCell) error) error
}

// metricCell is a value for the metrics table.
type metricCell struct {
	name, unit int32   // codes in the source's dictionaries
	value      float64 // when text is ""
	text       string
}

// measure is a number that was printed or worked out of printed ones.
type measure struct {
	value    float64
	whole    int64 // the value rounded to a whole number, when isInt
	isInt    bool
	margin   float64 // how far rounding in print may have moved the value
	source   string  // the metric, or the formula over metrics
	estimate bool    // the formula is a guess at what the metrics mean
}

// metric returns the first of the named metrics that has a value, in base units.
// ok is false when none has.
func (r row) metric(names ...string) (m measure, ok bool) {
	for _, name := range names {
		if m, ok := r.metricOf(name); ok {
			return m, true
		}
	}
	return measure{}, false
}

// has reports whether any of the metrics has a value.
func (r row) has(names ...string) bool {
	_, ok := r.metric(names...)
	return ok
}

// isWhole reports whether rounding changed nothing.
func (m measure) isWhole() bool { return m.isInt && float64(m.whole) == m.value }

// times multiplies two measures; margins add as relative ones do.
func (m measure) times(n measure) measure {
	source := m.source
	if strings.Contains(source, " + ") {
		source = "(" + source + ")"
	}
	out := fromFloat(m.value*n.value, source+" × "+n.source)
	out.margin = m.margin*math.Abs(n.value) + n.margin*math.Abs(m.value)
	return out
}

// over divides two measures, the second of which is not 0, and multiplies by factor.
func (m measure) over(n measure, factor float64) measure {
	out := fromFloat(m.value/n.value*factor, m.source+" ÷ "+n.source)
	out.margin = factor * (m.margin + n.margin*math.Abs(m.value/n.value)) / math.Abs(n.value)
	return out
}

// scaled multiplies by a constant and keeps a whole number whole.
func (m measure) scaled(factor int64) measure {
	if factor == 1 {
		return m
	}
	out := fromFloat(m.value*float64(factor), strconv.FormatInt(factor, 10)+" × "+m.source)
	if most := math.MaxInt64 / factor; m.isWhole() && m.whole <= most && m.whole >= -most {
		out.whole, out.isInt = m.whole*factor, true
	}
	out.margin = m.margin * float64(factor)
	return out
}

// plus adds two measures and keeps whole numbers whole.
func (m measure) plus(n measure) measure {
	out := fromFloat(m.value+n.value, m.source+" + "+n.source)
	if sum := m.whole + n.whole; m.isWhole() && n.isWhole() && (sum >= m.whole) == (n.whole >= 0) {
		out.whole, out.isInt = sum, true
	}
	out.margin = m.margin + n.margin
	return out
}

func fromFloat(value float64, source string) measure {
	m := measure{value: value, source: source}
	m.whole, m.isInt = wholeOf(math.Round(value))
	return m
}

// integer and float return the measure as a cell of a frame, nil when it is missing.
func integer(m measure, ok bool) any {
	if !ok || !m.isInt {
		return nil
	}
	return m.whole
}

func float(m measure, ok bool) any {
	if !ok || math.IsNaN(m.value) || math.IsInf(m.value, 0) {
		return nil
	}
	return m.value
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// functionOf shortens a demangled kernel name to its function: return type,
// namespaces, template arguments and parameters go. Mangled names stay.
func functionOf(name string) string {
	var out strings.Builder
	depth := 0
	for _, c := range strings.ReplaceAll(name, "(anonymous namespace)", "") {
		switch {
		case c == '<':
			depth++
		case c == '>' && depth > 0:
			depth--
		case depth > 0:
		case c == '(' && out.Len() > 0:
			return lastName(out.String(), name)
		default:
			out.WriteRune(c)
		}
	}
	return lastName(out.String(), name)
}

func lastName(qualified, whole string) string {
	words := strings.Fields(qualified)
	if len(words) == 0 {
		return whole
	}
	last := words[len(words)-1]
	if at := strings.LastIndex(last, "::"); at >= 0 && at+2 < len(last) {
		last = last[at+2:]
	}
	return last
}
