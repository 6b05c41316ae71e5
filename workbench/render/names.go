package render

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"profilemate/workbench/trace/names"
)

// ShortName shortens a label that is a kernel's name as names.ShortName does, as in
//
//	vectorized_elementwise_kernel<CUDAFunctor_add>
//
// Any other label, such as "layer 3", and one that is short already are returned as
// they are. Different kernels can have the same short name: show the full one beside
// it.
func ShortName(name string) string {
	if len(name) <= shortEnough && !strings.ContainsAny(name, "(") && !strings.Contains(name, "::") {
		return name
	}
	if strings.Contains(name, ";") || strings.HasSuffix(name, "{") {
		return name // a line of source text
	}
	plain := anonymous.Replace(strings.TrimSpace(name))
	head, template, rest := splitTemplate(plain)
	if !looksLikeFunction(plain, head, template, rest) {
		return name
	}
	if short := names.ShortName(plain); short != "" {
		return short
	}
	return name
}

// shortEnough is the length in bytes up to which a name without namespaces and
// arguments needs no shortening.
const shortEnough = 64

// anonymous drops the three ways in which compilers write an unnamed namespace. A
// Replacer is safe for concurrent use.
var anonymous = strings.NewReplacer("(anonymous namespace)::", "", "<unnamed>::", "", "{anonymous}::", "")

// splitTemplate cuts name<template>rest at the first pair of angle brackets outside
// of parentheses; template and rest are empty where there is none.
func splitTemplate(name string) (head, template, rest string) {
	open := strings.IndexAny(name, "<(")
	if open <= 0 || name[open] == '(' {
		return name, "", ""
	}
	if end := closing(name, open); end > 0 {
		return name[:open], name[open+1 : end], name[end+1:]
	}
	return name[:open], name[open+1:], ""
}

// closing returns the index of the bracket that closes the angle bracket at open,
// or -1 in a name that was cut off.
func closing(name string, open int) int {
	depth := 0
	for i := open; i < len(name); i++ {
		switch name[i] {
		case '<':
			depth++
		case '>':
			if name[i-1] == '-' {
				continue
			}
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

var (
	argumentList = regexp.MustCompile(`^\w[\w:~ ]*\((.*)$`)
	typeWord     = regexp.MustCompile(`\b(int|float|double|char|void|long|short|bool|half|__half|unsigned|size_t|const|T\d+)\b|[*&]|^\)$`)
	identifier   = regexp.MustCompile(`[A-Za-z_]\w*`)
)

// looksLikeFunction tells a C++ function from a label that happens to hold brackets.
func looksLikeFunction(name, head, template, rest string) bool {
	if template != "" {
		tight := identifier.MatchString(head[len(head)-1:]) || head[len(head)-1] >= '0' && head[len(head)-1] <= '9'
		return tight && (rest == "" || rest[0] == '(' || strings.HasPrefix(rest, "::"))
	}
	if m := argumentList.FindStringSubmatch(name); m != nil {
		i := strings.IndexByte(name, '(')
		return name[i-1] != ' ' && typeWord.MatchString(m[1])
	}
	return strings.Contains(name, "::") && !strings.Contains(name, " ")
}

// Fold shortens s to at most width runes by replacing what is before its end with
// "…": names differ at both ends, so a third of what fits is kept at the end. A
// width below 3 gives the first runes.
func Fold(s string, width int) string {
	n := utf8.RuneCountInString(s)
	if n <= width {
		return s
	}
	runes := []rune(s)
	if width < 3 {
		return string(runes[:max(width, 0)])
	}
	tail := (width - 1) / 3
	return string(runes[:width-1-tail]) + "…" + string(runes[n-tail:])
}

// distinct mends folded names that became equal although the names differ: kernels
// of one library often differ in a tile size in the middle. Those keep their first
// characters and then what stands around the first difference.
func distinct(names, folded []string) []string {
	groups := map[string][]int{}
	for i, f := range folded {
		groups[f] = append(groups[f], i)
	}
	for f, group := range groups {
		if at := firstDifference(names, group); at >= 0 {
			for _, i := range group {
				folded[i] = foldAround(names[i], at, utf8.RuneCountInString(f))
			}
		}
	}
	return folded
}

// firstDifference returns the position in runes at which the names of a group stop
// being equal, or -1 where all are.
func firstDifference(names []string, group []int) int {
	first, at := []rune(names[group[0]]), -1
	for _, i := range group[1:] {
		if names[i] == names[group[0]] {
			continue
		}
		same := 0
		for k, r := range []rune(names[i]) {
			if k >= len(first) || first[k] != r {
				break
			}
			same++
		}
		if at < 0 || same < at {
			at = same
		}
	}
	return at
}

// foldAround shortens s to width runes so that those from position at on are kept.
func foldAround(s string, at, width int) string {
	runes := []rune(s)
	head := width / 3
	from := at - 2
	if len(runes) <= width || from <= head+1 || width < 9 {
		return Fold(s, width)
	}
	rest := width - head - 1
	if len(runes)-from <= rest {
		from = len(runes) - rest
		return string(runes[:head]) + "…" + string(runes[from:])
	}
	return string(runes[:head]) + "…" + string(runes[from:from+rest-1]) + "…"
}

// shortNames shortens all names and numbers the ones that became equal, so that
// each label stands for one thing.
func shortNames(names []string) []string {
	out := make([]string, len(names))
	seen := map[string]map[string]int{}
	for i, name := range names {
		short := ShortName(name)
		if seen[short] == nil {
			seen[short] = map[string]int{}
		}
		number, known := seen[short][name]
		if !known {
			number = len(seen[short]) + 1
			seen[short][name] = number
		}
		out[i] = short
		if number > 1 {
			out[i] += " #" + strconv.Itoa(number)
		}
	}
	return out
}

// oneLine replaces control characters, which no picture and no terminal should get,
// by spaces.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0x2028 || r == 0x2029 || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
}
