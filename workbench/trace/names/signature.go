package names

import "strings"

// signature is a demangled kernel name taken apart: "void ns::f<A, B>(int)" has
// the path ["ns", "f"] and the arguments ["A", "B"].
type signature struct {
	path []string // name spaces, then the function
	args []string // its template arguments
}

// unnamed drops the three ways in which compilers write a name space without name.
// A Replacer is safe for concurrent use.
var unnamed = strings.NewReplacer("(anonymous namespace)::", "", "<unnamed>::", "", "{anonymous}::", "")

// parseSignature takes a name apart. A name that is no C++ signature, such as
// nvjet_sm90_tst_64x8, is a path of one.
func parseSignature(name string) signature {
	head := functionPart(unnamed.Replace(name))
	var s signature
	for _, part := range splitTop(head, "::") {
		base, args := cutTemplate(part)
		s.path, s.args = append(s.path, base), args
	}
	return s
}

// functionPart drops the result type before and the parameters after the function.
func functionPart(name string) string {
	depth, start := 0, 0
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '(' && depth == 0 && i > start:
			return name[start:i]
		case c == '<' || c == '(' || c == '[':
			depth++
		case c == '>' || c == ')' || c == ']':
			depth--
		case c == ' ' && depth == 0:
			start = i + 1
		}
	}
	if start >= len(name) {
		return name
	}
	return name[start:]
}

// splitTop splits text at a separator that stands outside all brackets.
func splitTop(text, separator string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '<', '(', '[', '{':
			depth++
		case '>', ')', ']', '}':
			depth--
		}
		if depth == 0 && strings.HasPrefix(text[i:], separator) {
			parts = append(parts, text[start:i])
			i += len(separator) - 1
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// cutTemplate takes the template arguments off a function. Of a name that was cut
// off within them, as some tools do at 80 characters, those that are there count.
func cutTemplate(part string) (base string, args []string) {
	at := strings.IndexByte(part, '<')
	cutOff := strings.Count(part, "<") > strings.Count(part, ">")
	if at <= 0 || !cutOff && !strings.HasSuffix(part, ">") {
		return part, nil
	}
	for _, arg := range splitTop(strings.TrimSuffix(part[at+1:], ">"), ",") {
		args = append(args, simplify(strings.TrimSpace(arg)))
	}
	return part[:at], args
}

// simplify shortens a template argument without losing what it says: casts of
// numbers and the name spaces of types go.
func simplify(arg string) string {
	for _, cast := range []string{"(int)", "(bool)", "(unsigned int)", "(unsigned long)", "(long)"} {
		arg = strings.ReplaceAll(arg, cast, "")
	}
	for _, space := range []string{"at::native::", "at::cuda::", "at::", "c10::", "std::", "cutlass::", "binary_internal::"} {
		arg = strings.ReplaceAll(arg, space, "")
	}
	return arg
}
