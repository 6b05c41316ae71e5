package ncu

import "strings"

// Unit is a printed unit reduced to its base: a value in the printed unit times
// 10^Exp is a value in Base.
type Unit struct {
	Base string // "ns", "B", "B/s", "Hz", "inst/cycle", "%"; empty for a plain number
	Exp  int
}

// ParseUnit reduces a cell of the units row. Prefixes are decimal (8,396,320 byte
// prints as 8.396320 Mbyte). Time is in ns, and in seconds below a fraction bar;
// cycles per second are Hz. ok is false for a unit that is not known; its values
// must not be used as if they were in base units.
func ParseUnit(text string) (u Unit, ok bool) {
	over, under, fraction := strings.Cut(strings.TrimSpace(text), "/")
	top, ok := unitWord(over)
	if !ok {
		return Unit{}, false
	}
	if !fraction || under == "" { // "%/" is seen in the wild
		return top, true
	}
	bottom, ok := unitWord(under)
	if !ok {
		return Unit{}, false
	}
	if bottom.Base == "ns" {
		bottom = Unit{Base: "s", Exp: bottom.Exp - nsDigits}
	}
	if bottom.Base == "B" { // ncu prints 2614 %/byte as 2.614 %/Kbyte: the prefix scales the value, not the byte
		bottom.Exp = -bottom.Exp
	}
	u = Unit{Base: top.Base + "/" + bottom.Base, Exp: top.Exp - bottom.Exp}
	if u.Base == "cycle/s" {
		u.Base = "Hz"
	}
	return u, true
}

// nsDigits is how many powers of ten a second has over a nanosecond.
const nsDigits = 9

// unitWord reduces a unit without a fraction bar.
func unitWord(word string) (Unit, bool) {
	if u, ok := wholeWord(word); ok {
		return u, true
	}
	if len(word) < 2 {
		return Unit{}, false
	}
	exp := strings.IndexByte("KMGTP", word[0]) + 1
	if word[0] == 'k' {
		exp = 1
	}
	u, ok := wholeWord(word[1:])
	if exp == 0 || !ok || u.Base == "%" || u.Base == "ns" || u.Base == "" {
		return Unit{}, false
	}
	u.Exp += 3 * exp
	return u, true
}

// wholeWord knows the units as ncu 2020 to 2026 spells them, without prefix.
func wholeWord(word string) (Unit, bool) {
	switch word {
	case "", "%", "inst", "cycle", "request", "warp", "thread", "block", "register", "sample", "pass", "cluster", "SM":
		return Unit{Base: word}, true
	case "sector", "sectors":
		return Unit{Base: "sector"}, true
	case "branch", "branches":
		return Unit{Base: "branch"}, true
	case "byte", "bytes", "B":
		return Unit{Base: "B"}, true
	case "hz", "Hz":
		return Unit{Base: "Hz"}, true
	case "nsecond", "ns", "nanosecond":
		return Unit{Base: "ns"}, true
	case "usecond", "us", "µs", "μs", "microsecond":
		return Unit{Base: "ns", Exp: 3}, true
	case "msecond", "ms", "millisecond":
		return Unit{Base: "ns", Exp: 6}, true
	case "second", "s":
		return Unit{Base: "ns", Exp: nsDigits}, true
	}
	return Unit{}, false
}
