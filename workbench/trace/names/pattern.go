package names

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern matches text as a regular expression does, faster for the patterns that
// rules are made of: words, one of which must occur. Each alternative is a text that
// has to be there and, where that is not all, an expression for the rest.
type pattern []alternative

type alternative struct {
	text string
	rest *regexp.Regexp // nil where the text is all there is to it
}

// mostTexts is how many texts one alternative may stand for before it is left to
// the expression.
const mostTexts = 64

// compilePattern fails as regexp.Compile does.
func compilePattern(expression string) (pattern, error) {
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, err
	}
	list := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpAlternate {
		list = tree.Sub
	}
	var out pattern
	for _, sub := range list {
		if texts, ok := textsOf(sub); ok {
			for _, text := range texts {
				out = append(out, alternative{text: text})
			}
			continue
		}
		rest, err := regexp.Compile(sub.String())
		if err != nil {
			return nil, err
		}
		out = append(out, alternative{needed(sub), rest})
	}
	return out, nil
}

func (p pattern) matches(text string) bool {
	for i := range p {
		if strings.Contains(text, p[i].text) && (p[i].rest == nil || p[i].rest.MatchString(text)) {
			return true
		}
	}
	return false
}

// textsOf lists the texts that an expression stands for, where these are few.
func textsOf(tree *syntax.Regexp) ([]string, bool) {
	switch tree.Op {
	case syntax.OpLiteral:
		return []string{string(tree.Rune)}, tree.Flags&syntax.FoldCase == 0
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpCapture:
		return textsOf(tree.Sub[0])
	case syntax.OpQuest:
		texts, ok := textsOf(tree.Sub[0])
		return append(texts, ""), ok
	case syntax.OpCharClass:
		return textsOfClass(tree.Rune)
	case syntax.OpAlternate:
		return textsOfAny(tree.Sub)
	case syntax.OpConcat:
		return textsOfAll(tree.Sub)
	}
	return nil, false
}

func textsOfClass(ranges []rune) (texts []string, ok bool) {
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if texts = append(texts, string(r)); len(texts) > mostTexts {
				return nil, false
			}
		}
	}
	return texts, true
}

func textsOfAny(subs []*syntax.Regexp) (texts []string, ok bool) {
	for _, sub := range subs {
		more, ok := textsOf(sub)
		if texts = append(texts, more...); !ok || len(texts) > mostTexts {
			return nil, false
		}
	}
	return texts, true
}

func textsOfAll(subs []*syntax.Regexp) ([]string, bool) {
	texts := []string{""}
	for _, sub := range subs {
		ends, ok := textsOf(sub)
		if !ok || len(texts)*len(ends) > mostTexts {
			return nil, false
		}
		var longer []string
		for _, text := range texts {
			for _, end := range ends {
				longer = append(longer, text+end)
			}
		}
		texts = longer
	}
	return texts, true
}

// needed returns a text without which the expression cannot match, the longest that
// is easy to see, and "" where none is.
func needed(tree *syntax.Regexp) string {
	switch tree.Op {
	case syntax.OpLiteral:
		if tree.Flags&syntax.FoldCase == 0 {
			return string(tree.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needed(tree.Sub[0])
	case syntax.OpConcat:
		longest := ""
		for _, sub := range tree.Sub {
			if text := needed(sub); len(text) > len(longest) {
				longest = text
			}
		}
		return longest
	}
	return ""
}
