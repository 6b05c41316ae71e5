package trace

import (
	"errors"

	"profilemate/frames"
)

// OneDictionary returns the dictionary that all batches of a table share, by whose
// codes a fold finds its groups: have, or next while have is nil. A nil next is that
// of a worker without rows. Two different ones are an error, since the codes of one
// mean nothing in the other: a reader has broken its contract.
func OneDictionary(have, next *frames.Dictionary) (*frames.Dictionary, error) {
	switch {
	case have == nil:
		return next, nil
	case next != nil && next != have:
		return nil, errors.New("the batches of one table have different dictionaries")
	}
	return have, nil
}

// Grown returns list with room for n elements at least, new ones zero.
func Grown[T any](list []T, n int) []T {
	if missing := n - len(list); missing > 0 {
		list = append(list, make([]T, missing)...)
	}
	return list
}
