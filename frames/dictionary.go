package frames

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// Dictionary is the set of distinct strings that String columns refer to by code.
// Codes count from 0 in the order of first use and never change; the batches of
// one table share one dictionary. Code is not safe for concurrent use; String and
// Len are, while nobody calls Code.
type Dictionary struct {
	values []string
	codes  map[string]int32
}

// NewDictionary returns an empty dictionary.
func NewDictionary() *Dictionary { return &Dictionary{codes: map[string]int32{}} }

// Code returns the code of s, adding s if it is new. It panics past 2^31-1
// distinct strings, which no table in memory reaches.
func (d *Dictionary) Code(s string) int32 {
	if code, ok := d.codes[s]; ok {
		return code
	}
	if len(d.values) == math.MaxInt32 {
		panic("frames: dictionary is full")
	}
	code := int32(len(d.values))
	d.codes[s] = code
	d.values = append(d.values, s)
	return code
}

// copyCode is Code for a string that is part of a larger one, which the dictionary
// must not keep in memory.
func (d *Dictionary) copyCode(s string) int32 {
	if code, ok := d.codes[s]; ok {
		return code
	}
	return d.Code(strings.Clone(s))
}

// Lookup returns the code of s and whether the dictionary has it.
func (d *Dictionary) Lookup(s string) (int32, bool) {
	code, ok := d.codes[s]
	return code, ok
}

// String returns the string of a code, and "" for a code outside the dictionary.
func (d *Dictionary) String(code int32) string {
	if d == nil || code < 0 || int(code) >= len(d.values) {
		return ""
	}
	return d.values[code]
}

// Len returns the number of distinct strings.
func (d *Dictionary) Len() int { return len(d.values) }

func (d *Dictionary) clone() *Dictionary {
	return &Dictionary{values: slices.Clone(d.values), codes: maps.Clone(d.codes)}
}
