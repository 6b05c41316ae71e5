package routing

import "profilemate/workbench/fault"

// Weights says how large an expert is, by its size or by its shape. The zero Weights is
// an unknown size.
type Weights struct {
	Size                 int    // bytes of one expert of one layer; 0: by shape
	Hidden, Intermediate int    // width of the model, and of the expert; 0: unknown
	Precision            string // of the weights: one of Precisions
}

// Precisions are the number formats of weights, as parameters spell them.
const Precisions = "fp32,bf16,fp8,fp4"

// Bytes is the weights of one expert of one layer: Size, or 3·Hidden·Intermediate
// numbers, the gate, up and down projections of a gated expert, without biases and the
// scales of quantized blocks. It is 0 where the size is unknown, and Misuse where the
// parameters contradict each other or one of a shape's sides is missing.
func (w Weights) Bytes() (int64, error) {
	shaped := w.Hidden > 0 || w.Intermediate > 0
	switch {
	case w.Size > 0 && shaped:
		return 0, fault.Errorf(fault.Misuse, "parameter expert-size: it stands beside hidden and intermediate; give one or the other")
	case w.Size > 0 || !shaped:
		return int64(w.Size), nil
	case w.Hidden <= 0 || w.Intermediate <= 0:
		return 0, fault.Errorf(fault.Misuse, "parameter hidden: give both hidden and intermediate, or neither")
	}
	bits := map[string]int64{"fp32": 32, "bf16": 16, "fp8": 8, "fp4": 4}[w.Precision]
	if bits == 0 {
		return 0, fault.Errorf(fault.Misuse, "parameter precision: %q is none of %s", w.Precision, Precisions)
	}
	return 3 * int64(w.Hidden) * int64(w.Intermediate) * bits / 8, nil
}
