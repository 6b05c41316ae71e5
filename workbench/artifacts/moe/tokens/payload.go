package tokens

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"profilemate/workbench/artifacts/moe/arrays"
	"profilemate/workbench/fault"
	"profilemate/workbench/routing"
)

// The most that a shape may have; more is damage.
const (
	mostTopK   = 64
	mostLayers = 1024
)

// checkShape refuses what is no router's shape.
func checkShape(s routing.Shape) error {
	if s.Layers < 1 || s.Layers > mostLayers || s.TopK < 1 || s.TopK > mostTopK {
		return fault.WithRemedy(fault.Errorf(fault.Unsupported, "no routing has %d layers with %d choices each", s.Layers, s.TopK),
			"save ids with the axes token, layer, choice")
	}
	return nil
}

// decode gives the ids of a payload as planes of one array. s is the shape of flat ids;
// a .npy blob says its own.
func (p payload) decode(s routing.Shape) (planes []plane, shape routing.Shape, tokens int, err error) {
	data, err := p.load()
	if err != nil {
		return nil, s, 0, err
	}
	var a *arrays.Array
	if p.flat {
		if a, err = flatArray(data, s); err != nil {
			return nil, s, 0, err
		}
	} else if a, err = arrays.ReadNpy(bytes.NewReader(data), int64(len(data))); err != nil {
		return nil, s, 0, err
	}
	if !a.Type.Integer() || len(a.Shape) != 3 {
		return nil, s, 0, fault.Errorf(fault.Unsupported, "routed experts of type %s and shape %v", a.Type, a.Shape)
	}
	shape = routing.Shape{Layers: a.Shape[1], TopK: a.Shape[2]}
	if err := checkShape(shape); err != nil {
		return nil, s, 0, err
	}
	return planesOf(a, false), shape, a.Shape[0], nil
}

// int32LE is the type of SGLang's flat ids.
func int32LE() arrays.Type {
	return arrays.Type{Kind: arrays.Signed, Bytes: 4, Order: binary.LittleEndian}
}

func flatArray(data []byte, s routing.Shape) (*arrays.Array, error) {
	token := 4 * s.Width()
	if token == 0 || len(data)%token != 0 {
		return nil, fault.Errorf(fault.Corrupt, "%d bytes of routed experts are no whole tokens of %d layers and top-%d", len(data), s.Layers, s.TopK)
	}
	return arrays.Raw(int32LE(), []int{len(data) / token, s.Layers, s.TopK}, bytes.NewReader(data)), nil
}

// width returns the ids of one token of flat routed experts: the ids of all choices of a
// response over the tokens that usage gives. Usage counts the prompt once and the output
// of every choice, and the last token of a choice was never routed.
func (p payload) width(ids int) (int, error) {
	if p.usage.Prompt == nil || p.usage.Output == nil {
		return 0, fault.WithRemedy(fault.Errorf(fault.Missing, "%s has no prompt_tokens and completion_tokens, so that the shape of its ids is not known", p.name()),
			"keep the usage fields of the response")
	}
	tokens := int64(max(p.choices, 1))*(*p.usage.Prompt-1-p.start) + *p.usage.Output
	if tokens <= 0 || ids == 0 || int64(ids)%tokens != 0 || int64(ids)/tokens > mostLayers*mostTopK {
		return 0, fault.Errorf(fault.Corrupt, "%s has %d ids for %d tokens", p.name(), ids, tokens)
	}
	return int(int64(ids) / tokens), nil
}

// leastEvidence is the fewest tokens that top-k is inferred from.
const leastEvidence = 32

// inferTopK finds top-k from flat ids: the largest divisor of a token's width for which
// no row names an expert twice. Rows that reach over two layers soon do. 0 where there
// are too few tokens to tell.
func inferTopK(data []byte, width int) int {
	if width < 1 || len(data)/4/width < leastEvidence {
		return 0
	}
	for k := min(mostTopK, width); k > 1; k-- {
		if width%k != 0 || width/k > mostLayers {
			continue
		}
		if highest, distinct := rowsDistinct(data, k); distinct {
			if repeatsExpected(len(data)/4/k, k, highest+1) < leastRepeats {
				return 0
			}
			return k
		}
	}
	if width <= mostLayers {
		return 1
	}
	return 0
}

// leastRepeats is how many repeats must be missing for a row to be one layer's: chance
// leaves out 10 expected ones once in 22,000 times.
const leastRepeats = 10

// repeatsExpected is how often rows of k ids would name one of so many experts twice if
// they were rows of several layers, as few as can be.
func repeatsExpected(rows, k int, experts int64) float64 {
	part := k - 1
	for k%part != 0 {
		part--
	}
	groups := float64(k / part)
	return float64(rows) * groups * (groups - 1) / 2 * float64(part*part) / float64(experts)
}

// rowsDistinct reports the highest id and whether all rows of k ids name each expert
// once, but for rows of nothing but expert 0, or of padding.
func rowsDistinct(data []byte, k int) (highest int64, distinct bool) {
	row, t := make([]int64, k), int32LE()
	for ; len(data) >= 4*k; data = data[4*k:] {
		same := true
		for i := range row {
			row[i] = t.Int(data, i)
			highest = max(highest, row[i])
			same = same && row[i] == row[0]
		}
		if same && row[0] <= 0 {
			continue
		}
		for i, a := range row {
			for _, b := range row[:i] {
				if a == b {
					return highest, false
				}
			}
		}
	}
	return highest, true
}

// segment makes the segment of a decoded payload.
func (p payload) segment(request int64, s routing.Shape, tokens int) segment {
	prompt := int64(-1)
	if p.usage.Prompt != nil {
		prompt = *p.usage.Prompt
	}
	return segment{name: p.name(), request: request, first: p.start, prompt: prompt, tokens: tokens, open: func() (reader, error) {
		planes, shape, n, err := p.decode(s)
		if err == nil && (shape != s || n != tokens) {
			err = fmt.Errorf("%s: the file changed while it was read", p.name())
		}
		if err != nil {
			return nil, err
		}
		return &idReader{shape: s, planes: planes}, nil
	}}
}
