package ncu

import (
	"math"
	"strconv"
	"strings"
)

// Convention is how a print-out writes numbers, which follows the locale of the
// shell that ran ncu.
type Convention uint8

// The conventions. Ungrouped numbers (locale C) are read by either.
const (
	PointDecimal Convention = iota // 8,396,320.25: C and en_US
	CommaDecimal                   // 8.396.320,25 or 8 396 320,25: de_DE, fr_FR
)

// String names the convention by the locales that use it.
func (c Convention) String() string {
	if c == CommaDecimal {
		return "decimal comma"
	}
	return "decimal point"
}

// Decimal is a number as it was printed: its digits and the power of ten of the
// last one. Nothing is lost to binary fractions, so a count that was printed whole
// stays whole. The zero Decimal is 0.
type Decimal struct {
	digits string // optional sign and digits, no leading zeros
	exp    int    // value = digits × 10^exp
	step   int    // power of ten of the last digit before any Scale, for Margin
}

// ParseDecimal reads a printed number. A list of instances after it, "1694 (50;
// 50)", is ignored. It reports false for text, and for what stands for a missing
// value: nothing, "n/a", "nan", "inf", "no data", a cell marked "(!)".
//
// Exactly six decimals after a point are a plain number in every convention: on
// the raw page ncu writes metric values so, whatever the locale.
func ParseDecimal(text string, c Convention) (Decimal, bool) {
	if at := strings.Index(text, " ("); at > 0 {
		text = text[:at]
	}
	text = strings.TrimSpace(text)
	if c == CommaDecimal && !isSixDecimals(text) {
		plain, ok := ungroup(text, isCommaGroup, ',')
		if !ok {
			return Decimal{}, false
		}
		return plainDecimal(plain)
	}
	plain, ok := ungroup(text, isPointGroup, '.')
	if !ok {
		return Decimal{}, false
	}
	return plainDecimal(plain)
}

func isPointGroup(r rune) bool { return r == ',' }

func isCommaGroup(r rune) bool {
	return r == '.' || r == ' ' || r == '\u00a0' || r == '\u202f'
}

func isSixDecimals(text string) bool {
	whole, fraction, ok := strings.Cut(text, ".")
	return ok && len(fraction) == 6 && isDigits(fraction) && isDigits(strings.TrimPrefix(whole, "-"))
}

// ungroup takes the separators of groups out and makes the decimal mark a point.
// The first group has one to three digits, those after it three, and none stands
// in the fraction.
func ungroup(text string, group func(rune) bool, mark byte) (string, bool) {
	whole, fraction, marked := strings.Cut(text, string(mark))
	if strings.IndexFunc(whole, group) >= 0 {
		sign := ""
		if rest, ok := strings.CutPrefix(whole, "-"); ok {
			sign, whole = "-", rest
		}
		const separator = "\x00"
		parts := strings.Split(strings.Map(func(r rune) rune {
			if group(r) {
				return 0
			}
			return r
		}, whole), separator)
		for i, part := range parts {
			if part == "" || len(part) > 3 || i > 0 && len(part) != 3 || !isDigits(part) {
				return "", false
			}
		}
		whole = sign + strings.Join(parts, "")
	}
	if marked {
		return whole + "." + fraction, true
	}
	return whole, true
}

// maxExponent bounds what an exponent may do: nothing that ncu counts is larger.
const maxExponent = 300

// plainDecimal reads [-]digits[.digits][e±digits].
func plainDecimal(text string) (Decimal, bool) {
	var d Decimal
	mantissa := text
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		exp, err := strconv.Atoi(text[at+1:])
		if err != nil || exp > maxExponent || exp < -maxExponent {
			return d, false
		}
		mantissa, d.exp = text[:at], exp
	}
	sign := ""
	if rest, ok := strings.CutPrefix(mantissa, "-"); ok {
		sign, mantissa = "-", rest
	}
	whole, fraction, marked := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !isDigits(whole) || !isDigits(fraction) || (marked && fraction == "") {
		return Decimal{}, false
	}
	d.exp -= len(fraction)
	d.step = d.exp
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		digits, sign = "0", ""
	}
	d.digits = sign + digits
	return d, true
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// Scale returns the number times 10^exp, exactly.
func (d Decimal) Scale(exp int) Decimal {
	d.exp += exp
	return d
}

// Float returns the nearest float64, infinite beyond its range.
func (d Decimal) Float() float64 {
	if d.digits == "" {
		return 0
	}
	f, _ := strconv.ParseFloat(d.digits+"e"+strconv.Itoa(d.exp), 64) // out of range is the only error
	return f
}

// Int returns the number as a whole one, rounded half away from zero; ok is false
// when it does not fit int64.
func (d Decimal) Int() (n int64, ok bool) {
	digits, exp := d.digits, d.exp
	for exp < 0 && strings.HasSuffix(digits, "0") && len(digits) > 1 {
		digits, exp = digits[:len(digits)-1], exp+1
	}
	if exp < 0 {
		return wholeOf(math.Round(d.Float()))
	}
	if digits == "" || digits == "0" {
		return 0, true
	}
	if exp > 18 {
		return 0, false
	}
	n, err := strconv.ParseInt(digits+strings.Repeat("0", exp), 10, 64)
	return n, err == nil
}

// Margin returns how far the printed number may be from the measured one: half of
// its last decimal, in the unit after Scale. It is 0 for a number printed without
// decimals, which ncu does for whole numbers only.
func (d Decimal) Margin() float64 {
	if d.step >= 0 {
		return 0
	}
	return 0.5 * math.Pow10(d.exp)
}

// wholeOf converts a whole float; ok is false beyond int64 and for NaN.
func wholeOf(f float64) (n int64, ok bool) {
	if math.IsNaN(f) || f >= math.MaxInt64 || f <= math.MinInt64 {
		return 0, false
	}
	return int64(f), true
}
