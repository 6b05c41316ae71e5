package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// length is a length in px of 1/96 inch, given with its unit.
type length float64

// UnmarshalText reads "3.3in", "84mm", "8.4cm", "240pt", "720px" or "720".
func (l *length) UnmarshalText(text []byte) error {
	word := strings.TrimSpace(string(text))
	unit := strings.TrimLeft(word, "+-.0123456789")
	factors := map[string]float64{"": 1, "px": 1, "pt": 96.0 / 72, "in": 96, "mm": 96 / 25.4, "cm": 960 / 25.4}
	factor, known := factors[strings.ToLower(strings.TrimSpace(unit))]
	v, err := strconv.ParseFloat(strings.TrimSuffix(word, unit), 64)
	if err != nil || !known || math.IsInf(v, 0) || v <= 0 {
		return fmt.Errorf("%q is no length: write a number and its unit, such as 3.3in, 84mm, 240pt or 720px", word)
	}
	*l = length(v * factor)
	return nil
}
