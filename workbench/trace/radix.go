package trace

import (
	"math/bits"
	"slices"
)

const (
	digitBits = 11
	digits    = 1 << digitBits
	// fewWords are sorted faster by comparing.
	fewWords = 512
)

// sortWords returns the values of list in ascending order, in the memory of list or
// of spare, which is as long. It takes a pass for each 11 bits of the largest value:
// durations of kernels need two.
func sortWords(list, spare []uint32) []uint32 {
	if len(list) < fewWords {
		slices.Sort(list)
		return list
	}
	width := bits.Len32(slices.Max(list))
	for shift := 0; shift < width; shift += digitBits {
		sortDigit(list, spare, shift)
		list, spare = spare, list
	}
	return list
}

// sortDigit copies list to out by the digit at a bit, equal ones in the order of
// list.
func sortDigit(list, out []uint32, shift int) {
	var next [digits]int
	for _, v := range list {
		next[v>>shift%digits]++
	}
	at := 0
	for digit, n := range next {
		next[digit] = at
		at += n
	}
	for _, v := range list {
		digit := v >> shift % digits
		out[next[digit]] = v
		next[digit]++
	}
}
