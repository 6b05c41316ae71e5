package names

import (
	"strconv"
	"strings"
	"unicode"
)

// PlainName returns a range's name without what differs from call to call: of the
// texts that PyTorch's emit_nvtx writes ("aten::mul, op_id = 3, seq = 1, sizes = …")
// the operation, and of the Python dictionaries that layer-wise tracing writes
// ("{'Module': 'top.model.layers.0.mlp', …}") the module's path. Any other name is
// returned as it is.
func PlainName(name string) string {
	if rest, ok := strings.CutPrefix(name, "{'Module': '"); ok {
		if path, _, closed := strings.Cut(rest, "'"); closed {
			return path
		}
	}
	for _, detail := range []string{", op_id = ", ", seq = ", ", sizes = "} {
		name, _, _ = strings.Cut(name, detail)
	}
	return name
}

// Words returns the words of a name in lower case, one space between them: runs of
// letters or of digits, cut where lower case turns to upper ("LayerNorm") and before
// the last capital of an abbreviation that a word follows ("RMSNorm"). Plurals of
// digits and letters that belong together stay so: "MoE" is one word, "fc1" is two.
func Words(name string) string {
	runes := []rune(strings.ReplaceAll(name, "MoE", "Moe"))
	var b strings.Builder
	for i, r := range runes {
		letter, digit := unicode.IsLetter(r), unicode.IsDigit(r)
		if !letter && !digit {
			continue
		}
		if b.Len() > 0 && wordBegins(runes, i) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// wordBegins reports whether the letter or digit at i, which is not the first, is
// in another word than the one before.
func wordBegins(runes []rune, i int) bool {
	before, here := runes[i-1], runes[i]
	switch {
	case !unicode.IsLetter(before) && !unicode.IsDigit(before):
		return true
	case unicode.IsDigit(before) != unicode.IsDigit(here):
		return true
	case unicode.IsLower(before) && unicode.IsUpper(here):
		return true
	}
	return unicode.IsUpper(before) && unicode.IsUpper(here) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
}

// pathParts cuts a name where a path of modules or name spaces is.
func pathParts(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '/' || r == ':' })
}

// Layer returns the number of the layer that a range's name gives, as in
// "layer_0.moe", "model.layers.12.mlp" and "transformer.h.3.attn".
func Layer(name string) (layer int, ok bool) {
	words := strings.Fields(Words(PlainName(name)))
	for i := 1; i < len(words); i++ {
		switch words[i-1] {
		case "layer", "layers", "h", "block", "blocks":
			if n, err := strconv.Atoi(words[i]); err == nil {
				return n, true
			}
		}
	}
	return 0, false
}
