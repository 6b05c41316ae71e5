package functions

import (
	"fmt"
	"regexp"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/result"
)

// scalars are the functions of one row.
func scalars() []Function {
	list := []Function{
		{Name: "duration", Signature: "duration(ns)", Doc: "A time in ns in words: \"1.23 ms\".",
			impl: &sqlite.FunctionImpl{NArgs: 1, Scalar: worded("duration", result.Duration)}},
		{Name: "size", Signature: "size(bytes)", Doc: "Bytes in words, in decimal units: \"67.1 MB\".",
			impl: &sqlite.FunctionImpl{NArgs: 1, Scalar: worded("size", result.Size)}},
		{Name: "regexp", Signature: "regexp(pattern, text)", Doc: "Whether a regular expression of Go (RE2) matches within the text; text REGEXP pattern is the same.",
			impl: &sqlite.FunctionImpl{NArgs: 2, Scalar: matches}},
		{Name: "regexp_extract", Signature: "regexp_extract(text, pattern)", Doc: "The first group of a regular expression in the text, or the whole match; missing where it does not match.",
			impl: &sqlite.FunctionImpl{NArgs: 2, Scalar: extract}},
	}
	for i := range list {
		list[i].impl.Deterministic = true
	}
	return list
}

// worded writes a number in words; a missing one stays missing.
func worded(name string, words func(int64) string) func(sqlite.Context, []sqlite.Value) (sqlite.Value, error) {
	return func(_ sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
		switch args[0].Type() {
		case sqlite.TypeNull:
			return sqlite.Value{}, nil
		case sqlite.TypeInteger, sqlite.TypeFloat:
			return sqlite.TextValue(words(args[0].Int64())), nil
		}
		return sqlite.Value{}, fmt.Errorf("%s is of a number, not of the text %q", name, firstOf(args[0].Text()))
	}
}

// compiled returns the pattern of an argument, which SQLite keeps for all rows where
// it is constant.
func compiled(ctx sqlite.Context, at int, v sqlite.Value) (*regexp.Regexp, error) {
	if re, ok := ctx.AuxData(at).(*regexp.Regexp); ok {
		return re, nil
	}
	re, err := regexp.Compile(v.Text())
	if err != nil {
		return nil, fmt.Errorf("%q is no regular expression: %w", firstOf(v.Text()), err)
	}
	ctx.SetAuxData(at, re)
	return re, nil
}

func matches(ctx sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].Type() == sqlite.TypeNull || args[1].Type() == sqlite.TypeNull {
		return sqlite.Value{}, nil
	}
	re, err := compiled(ctx, 0, args[0])
	if err != nil {
		return sqlite.Value{}, err
	}
	if re.MatchString(args[1].Text()) {
		return sqlite.IntegerValue(1), nil
	}
	return sqlite.IntegerValue(0), nil
}

func extract(ctx sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].Type() == sqlite.TypeNull || args[1].Type() == sqlite.TypeNull {
		return sqlite.Value{}, nil
	}
	re, err := compiled(ctx, 1, args[1])
	if err != nil {
		return sqlite.Value{}, err
	}
	found := re.FindStringSubmatch(args[0].Text())
	switch {
	case found == nil:
		return sqlite.Value{}, nil
	case len(found) > 1:
		return sqlite.TextValue(found[1]), nil
	}
	return sqlite.TextValue(found[0]), nil
}
