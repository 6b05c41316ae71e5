package names

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// wrappers are functions whose own name says nothing: what they run stands in
// their first template argument or in the name space around them.
var wrappers = []string{"device_kernel", "kernel", "Kernel", "Kernel2", "kernel_entry"}

// telling finds the identifiers in template arguments that say what a generic
// kernel does: functors, operations, and the functions whose lambda it runs.
var telling = regexp.MustCompile(`\b(\w*Functor\w*|\w*_functor|\w+Ops?|\w+_kernel(?:_cuda|_impl)?|\w+_cuda_out|\w*Flash\w+|\w*GemmUniversal\w*)\b`)

// generic are the identifiers that stand around the telling one.
var generic = []string{"BinaryFunctor", "AUnaryFunctor", "BUnaryFunctor", "UnaryFunctor", "TrivialOffsetFunctor", "ReduceOp", "elementwise_kernel", "index_kernel", "gpu_index_kernel"}

// shortName returns the function with the telling part of its template arguments:
// "vectorized_elementwise_kernel<silu_kernel>".
func shortName(s signature) string {
	base := s.path[len(s.path)-1]
	if base == "" {
		return strings.Join(s.path, "::")
	}
	if slices.Contains(wrappers, base) {
		return wrapperName(s, base)
	}
	if what := tellingPart(s.args); what != "" {
		return base + "<" + what + ">"
	}
	return base
}

func wrapperName(s signature, base string) string {
	if what := tellingPart(s.args); what != "" {
		return base + "<" + what + ">"
	}
	if len(s.path) > 1 {
		base = s.path[len(s.path)-2] + "::" + base
	}
	if len(s.args) > 0 {
		first, _, _ := strings.Cut(s.args[0], "<")
		return base + "<" + first + ">"
	}
	return base
}

// tellingPart returns the first telling identifier that is not itself generic.
func tellingPart(args []string) string {
	for _, found := range telling.FindAllString(strings.Join(args, ", "), -1) {
		if !slices.Contains(generic, found) {
			return found
		}
	}
	return ""
}

// ShortName returns the form of a kernel's demangled name that a person says: the
// function without result, name spaces and parameters, with the telling part of its
// template arguments, as in "vectorized_elementwise_kernel<silu_kernel>". A name that is
// no C++ signature is returned as it is. Different kernels can have the same; see
// ShortNames.
func ShortName(name string) string { return shortName(parseSignature(name)) }

// ShortNames returns for each name what ShortName does. Equal names get equal short
// ones, and different names different ones: where the telling part is the same, the
// template arguments that differ are added, and the whole name stands where those
// are the same too. What a name is shortened to depends on the others in the list,
// not on their order. It takes O(total length), apart from names that differ in
// nothing but their parameters.
func ShortNames(names []string) []string {
	unique, place := distinctNames(names)
	signatures := make([]signature, len(unique))
	short := make([]string, len(unique))
	same := map[string][]int{}
	for i, name := range unique {
		signatures[i] = parseSignature(name)
		short[i] = shortName(signatures[i])
		same[short[i]] = append(same[short[i]], i)
	}
	for base, list := range same {
		if len(list) > 1 {
			for n, text := range distinguish(base, list, signatures) {
				short[list[n]] = text
			}
		}
	}
	spellOut(short, unique)
	out := make([]string, len(names))
	for i := range names {
		out[i] = short[place[i]]
	}
	return out
}

// distinctNames lists each name once, and the place of every name in that list.
func distinctNames(names []string) (unique []string, place []int) {
	known := make(map[string]int, len(names))
	place = make([]int, len(names))
	for i, name := range names {
		at, ok := known[name]
		if !ok {
			at = len(unique)
			known[name] = at
			unique = append(unique, name)
		}
		place[i] = at
	}
	return unique, place
}

// distinguish adds to a short name, for each kernel that has it, the template
// arguments in which they differ: whole simple ones or, where there are none, the
// words within nested ones.
func distinguish(short string, list []int, signatures []signature) []string {
	args, nested := make([][]string, len(list)), make([][]string, len(list))
	for n, i := range list {
		args[n], nested[n] = signatures[i].args, words(signatures[i].args)
	}
	args, nested = differing(args), differing(nested)
	out := make([]string, len(list))
	for n := range list {
		parts := slices.DeleteFunc(args[n], func(arg string) bool { return strings.ContainsAny(arg, "<([") })
		if len(parts) == 0 {
			parts = nested[n]
		}
		out[n] = withArguments(short, parts)
	}
	return out
}

func withArguments(short string, args []string) string {
	if len(args) == 0 {
		return short
	}
	if head, ok := strings.CutSuffix(short, ">"); ok {
		return head + ", " + strings.Join(args, ", ") + ">"
	}
	return short + "<" + strings.Join(args, ", ") + ">"
}

// differing keeps of each list the parts, each once, that do not stand in the same
// place of all others.
func differing(lists [][]string) [][]string {
	same := make([]bool, len(lists[0])) // a place beyond differs
	for at := range same {
		same[at] = !slices.ContainsFunc(lists, func(l []string) bool { return at >= len(l) || l[at] != lists[0][at] })
	}
	out := make([][]string, len(lists))
	for n, list := range lists {
		for at, part := range list {
			if at < len(same) && same[at] || slices.Contains(out[n], part) {
				continue
			}
			out[n] = append(out[n], part)
		}
	}
	return out
}

func words(args []string) []string {
	return strings.FieldsFunc(strings.Join(args, " "), func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// spellOut writes in full the names that are still not told apart, and again those
// that equal one written in full: whole names differ, so this ends.
func spellOut(short, full []string) {
	for again := true; again; {
		again = false
		count := make(map[string]int, len(short))
		for _, s := range short {
			count[s]++
		}
		for i, s := range short {
			if count[s] > 1 && s != full[i] {
				short[i], again = full[i], true
			}
		}
	}
}
