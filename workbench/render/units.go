package render

import (
	"math"
	"strconv"
	"strings"
)

// seconds gives each unit of time its length.
func seconds(unit string) (float64, bool) {
	switch unit {
	case "ns":
		return 1e-9, true
	case "us", "µs", "μs":
		return 1e-6, true
	case "ms":
		return 1e-3, true
	case "s":
		return 1, true
	}
	return 0, false
}

// prefixed reports whether a unit takes an SI prefix: bytes, operations, hertz and
// their rates do; counts, ratios and percents do not. The page has the same list.
func prefixed(unit string) bool {
	switch strings.TrimSuffix(unit, "/s") {
	case "B", "FLOP", "OP", "Hz", "bit", "inst", "W", "J":
		return true
	}
	return false
}

type prefix struct {
	power float64
	name  string
}

func siPrefixes() []prefix {
	return []prefix{{1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}
}

// ScaleUnit picks the unit in which a value of the given magnitude reads best:
// shown = value × factor, in the unit that is returned. Time goes from ns to s;
// bytes, FLOP, Hz and their rates take decimal prefixes, as the profilers print
// them; every other unit is left alone with a factor of 1. A magnitude of 0 or NaN
// leaves the unit alone too.
func ScaleUnit(unit string, magnitude float64) (factor float64, shown string) {
	magnitude = math.Abs(magnitude)
	if magnitude == 0 || math.IsNaN(magnitude) || math.IsInf(magnitude, 0) {
		return 1, unit
	}
	if length, ok := seconds(unit); ok {
		return scaleTime(length, magnitude*length)
	}
	if !prefixed(unit) {
		return 1, unit
	}
	for _, p := range siPrefixes() {
		if magnitude >= p.power*(1-1e-9) {
			return 1 / p.power, p.name + unit
		}
	}
	return 1, unit
}

func scaleTime(length, magnitude float64) (float64, string) {
	steps := []prefix{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}}
	for _, s := range steps {
		// A magnitude that is 1 of the unit but for rounding belongs to it.
		if magnitude >= s.power*(1-1e-9) {
			return exactRatio(length, s.power), s.name
		}
	}
	return exactRatio(length, 1e-9), "ns"
}

// exactRatio divides two powers of ten without the error of 1e-9/1e-6.
func exactRatio(a, b float64) float64 {
	return math.Pow10(int(math.Round(math.Log10(a) - math.Log10(b))))
}

// fixed formats v with the given number of decimals and groups its integer part.
func fixed(v float64, decimals int, group string) string {
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	whole, fraction, hasFraction := strings.Cut(text, ".")
	text = groupDigits(whole, group)
	if hasFraction {
		text += "." + fraction
	}
	return text
}

// groupDigits puts sep between groups of three digits: 1234567 → 1,234,567.
func groupDigits(digits, sep string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= 4 && sep != "," || len(digits) <= 3 {
		return sign + digits
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// decimalsFor gives a number of the given magnitude about four significant digits,
// or two decimals at most for one that is at least 1.
func decimalsFor(magnitude float64) int {
	if magnitude == 0 || math.IsNaN(magnitude) {
		return 0
	}
	digits := int(math.Floor(math.Log10(math.Abs(magnitude))))
	switch {
	case digits >= 3:
		return 0
	case digits >= 0:
		return min(3-digits, 2)
	}
	return min(2-digits, 9)
}

// short formats one number with about three significant digits, a prefix and its
// unit: "1.23 ms", "412 GB/s", "12.3k".
func short(v float64, unit string) string { return shortIn(v, unit, significant) }

// shortIn is short with the numeral as write has it.
func shortIn(v float64, unit string, write func(float64) string) string {
	factor, shown := ScaleUnit(unit, v)
	v *= factor
	suffix := ""
	if !prefixed(unit) && math.Abs(v) >= 1e6 {
		for _, p := range siPrefixes() {
			if math.Abs(v) >= p.power {
				v, suffix = v/p.power, p.name
				break
			}
		}
	}
	text := write(v)
	switch {
	case shown == "":
		return text + suffix
	case shown == "%":
		return text + suffix + " %"
	}
	return text + suffix + " " + shown
}

// significant formats v with three significant digits at most and no exponent
// within readable bounds.
func significant(v float64) string {
	text := threeDigits(v)
	if strings.Contains(text, ".") && !strings.ContainsAny(text, "eE") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// threeDigits is significant with the zeros that end a fraction.
func threeDigits(v float64) string {
	size := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case size >= 1e15 || size < 1e-6:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case size >= 1000:
		return fixed(v, 0, thinSpace)
	}
	return fixed(v, max(2-int(math.Floor(math.Log10(size))), 0), thinSpace)
}

const thinSpace = "\u2009"

// Value writes one number with three significant digits at least, a prefix that suits it
// and its unit, for a place of its own: "1.42 ms", "30.6 %". A missing one is a dash.
func Value(v float64, unit string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return missing
	}
	return shortIn(v, unit, threeDigits)
}
