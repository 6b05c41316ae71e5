package report

import (
	"math"
	"strconv"

	"profilemate/workbench/artifacts/ncu/wire"
)

// Form is how a value is stored.
type Form uint8

// The forms of a value.
const (
	NoValue Form = iota // not measured, or a list only
	Whole               // a whole number
	Real                // a floating-point number
	Text
)

// Value is the value of a metric or of one of its instances. The zero Value is no
// value.
type Value struct {
	Form  Form
	whole uint64
	real  float64
	text  []byte // part of the message it was read from
}

// Fields of a value, of which one is set.
const (
	valueText   = 1
	valueFloat  = 2
	valueDouble = 3
	valueUint32 = 4
	valueUint64 = 5
)

func readValue(data []byte) (v Value, err error) {
	r := wire.Read(data)
	for r.Next() {
		switch {
		case r.Number == valueText && r.Type == wire.Bytes:
			v = Value{Form: Text, text: r.Data()}
		case r.Number == valueFloat && r.Type == wire.Fixed32, r.Number == valueDouble && r.Type == wire.Fixed64:
			v = Value{Form: Real, real: r.Float()}
		case (r.Number == valueUint32 || r.Number == valueUint64) && r.Type == wire.Varint:
			v = Value{Form: Whole, whole: r.Uint()}
		}
	}
	return v, r.Err()
}

// Number returns the value as a number; ok is false for text, for no value, and for
// what is not a number or infinite: ratios of nothing to nothing are stored so.
func (v Value) Number() (f float64, ok bool) {
	switch v.Form {
	case Whole:
		return float64(v.whole), true
	case Real:
		return v.real, !math.IsNaN(v.real) && !math.IsInf(v.real, 0)
	}
	return 0, false
}

// Int returns a value that was stored as a whole number; ok is false for another
// form and beyond int64.
func (v Value) Int() (n int64, ok bool) {
	if v.Form != Whole || v.whole > math.MaxInt64 {
		return 0, false
	}
	return int64(v.whole), true
}

// String returns the value in words: text as it is, numbers in their shortest form,
// "" for no value. The string shares no memory with the report.
func (v Value) String() string {
	switch v.Form {
	case Text:
		return string(v.text)
	case Whole:
		return strconv.FormatUint(v.whole, 10)
	case Real:
		return strconv.FormatFloat(v.real, 'g', -1, 64)
	}
	return ""
}
