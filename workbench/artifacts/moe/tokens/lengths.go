package tokens

// answer names one response of one file.
type answer struct {
	path   string
	number int
}

// lengths holds the tokens that responses have ids for against their usage fields.
type lengths map[answer]*length

// length is one response: usage counts the prompt once and the output of all choices
// together, so that only their sum can be held against it.
type length struct {
	output   int64 // tokens that the ids imply
	usage    usage
	choices  int // with ids that can be read
	expected int
}

// add takes the tokens of one choice. The last token of a choice was never routed.
func (l lengths) add(p payload, tokens int) {
	if p.usage.Prompt == nil || p.usage.Output == nil {
		return
	}
	key := answer{p.path, p.answer}
	if l[key] == nil {
		l[key] = &length{usage: p.usage, expected: p.choices}
	}
	l[key].output += p.start + int64(tokens) + 1 - *p.usage.Prompt
	l[key].choices++
}

// short counts the responses whose tokens are not those of their usage. One of whose
// choices some cannot be read is not held against it.
func (l lengths) short() int {
	n := 0
	for _, r := range l {
		if r.choices == r.expected && r.output != *r.usage.Output {
			n++
		}
	}
	return n
}

// many counts the responses with several choices.
func (l lengths) many() int {
	n := 0
	for _, r := range l {
		if r.expected > 1 {
			n++
		}
	}
	return n
}
