package result

import (
	"math"
	"strconv"
	"strings"
)

// Findings are sentences, and these write the numbers in them. Tables and charts
// hold plain numbers, which the drawing code scales.

// Duration writes a time in ns in the unit that suits it, with three digits:
// "1.23 ms", "12.3 µs", "964 ns". It goes no further than seconds.
func Duration(ns int64) string {
	return scaled(float64(ns), []scale{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}, {"ns", 1}})
}

// Size writes bytes in decimal units, as nsys counts them (1 MB is 10^6 bytes),
// with three digits: "67.1 MB", "64 B".
func Size(bytes int64) string {
	return scaled(float64(bytes), []scale{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}})
}

// Rate writes bytes per second in decimal units with three digits: "54.9 GB/s".
func Rate(bytesPerSecond float64) string {
	return scaled(bytesPerSecond, []scale{{"TB/s", 1e12}, {"GB/s", 1e9}, {"MB/s", 1e6}, {"kB/s", 1e3}, {"B/s", 1}})
}

// Count writes a number of things with its noun, commas between thousands: "1
// launch", "1,056 launches", "2 copies". The noun is given in the singular.
func Count(n int64, noun string) string { return Grouped(n) + " " + Plural(n, noun) }

// Plural returns the noun, given in the singular, as it stands after n.
func Plural(n int64, noun string) string {
	switch {
	case n == 1:
		return noun
	case strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "s"):
		return noun + "es"
	case strings.HasSuffix(noun, "y") && !strings.ContainsAny(noun[max(0, len(noun)-2):], "aeo"):
		return strings.TrimSuffix(noun, "y") + "ies"
	}
	return noun + "s"
}

// Grouped writes a whole number with commas between thousands: "289,062".
func Grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for at := len(s) - 3; at > first; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// Share returns part of whole in percent, 0 where there is no whole.
func Share(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

type scale struct {
	unit string
	size float64
}

// scaled writes v in the largest unit that it reaches, the last at least. Three
// digits may round up to the next unit: 999,999 ns are 1.00 ms.
func scaled(v float64, units []scale) string {
	last := len(units) - 1
	for i, u := range units[:last] {
		if math.Abs(v) >= u.size*(1-0.0005) {
			return significant(v/units[i].size) + " " + u.unit
		}
	}
	whole := v / units[last].size
	if whole == math.Trunc(whole) {
		return strconv.FormatFloat(whole, 'f', 0, 64) + " " + units[last].unit
	}
	return significant(whole) + " " + units[last].unit
}

// significant writes at least three digits, and all those before the point.
func significant(v float64) string {
	digits := 2
	for size := math.Abs(v); size >= 9.995 && digits > 0; size /= 10 {
		digits--
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}
