package tokens

import (
	"math"
	"os"

	"profilemate/workbench/artifacts/moe/arrays"
	"profilemate/workbench/fault"
	"profilemate/workbench/routing"
)

// plane is one layer's ids in an array: token t's begin at element first + t × stride.
type plane struct {
	array         *arrays.Array
	first, stride int
}

// idReader reads ids that lie in arrays. Where the arrays hold 8 bits and tokens are
// whole, the bytes of the file are the ids.
type idReader struct {
	file    *os.File // nil where somebody else closes
	shape   routing.Shape
	planes  []plane
	weights []plane // as planes; nil without
	narrow  bool
}

// Close implements reader.
func (r *idReader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// wholeTokens reports whether planes are one array of whole tokens.
func wholeTokens(planes []plane, s routing.Shape) bool {
	for l, p := range planes {
		if p.array != planes[0].array || p.stride != s.Width() || p.first != planes[0].first+l*s.TopK {
			return false
		}
	}
	return true
}

// read implements reader.
func (r *idReader) read(from, to int, b *ids) (err error) {
	n, width := to-from, r.shape.Width()
	if r.narrow {
		b.narrow = resize(b.narrow, n*width)
	} else {
		b.wide = resize(b.wide, n*width)
	}
	switch {
	case !wholeTokens(r.planes, r.shape):
		err = r.readLayers(from, n, b)
	case r.narrow:
		at := r.planes[0].first + from*width
		b.narrow, err = r.planes[0].array.Bytes(at, at+n*width, b.narrow)
	default:
		err = r.planes[0].span(from, n, width, b)
		if err == nil {
			widen(r.planes[0].array.Type, b.room, b.wide)
		}
	}
	if err == nil && r.weights != nil {
		err = r.readWeights(from, n, b)
	}
	return err
}

// widen turns elements into 16-bit ids.
func widen(t arrays.Type, data []byte, to []uint16) {
	for i := range to {
		to[i] = wideID(t.Int(data, i))
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// span reads the elements from token from's first to the last of n tokens.
func (p plane) span(from, n, k int, b *ids) (err error) {
	at := p.first + from*p.stride
	b.room, err = p.array.Bytes(at, at+(n-1)*p.stride+k, b.room)
	return err
}

// readLayers reads arrays in which the ids of a token do not lie together.
func (r *idReader) readLayers(from, n int, b *ids) error {
	k, width := r.shape.TopK, r.shape.Width()
	for l, p := range r.planes {
		if err := p.span(from, n, k, b); err != nil {
			return err
		}
		for t := range n {
			for i := range k {
				id, at := p.array.Type.Int(b.room, t*p.stride+i), t*width+l*k+i
				if r.narrow {
					b.narrow[at] = uint8(id)
				} else {
					b.wide[at] = wideID(id)
				}
			}
		}
	}
	return nil
}

// wideID brings an id into 16 bits. What is no id (-1 for padding, or damage) is
// NoExpert.
func wideID(id int64) uint16 {
	if id < 0 || id >= routing.MostExperts {
		return routing.NoExpert
	}
	return uint16(id)
}

func (r *idReader) readWeights(from, n int, b *ids) error {
	k, width := r.shape.TopK, r.shape.Width()
	b.weights = resize(b.weights, n*width)
	if wholeTokens(r.weights, r.shape) {
		if err := r.weights[0].span(from, n, width, b); err != nil {
			return err
		}
		for i := range b.weights {
			b.weights[i] = float32(r.weights[0].array.Type.Float(b.room, i))
		}
		return nil
	}
	for l, p := range r.weights {
		if err := p.span(from, n, k, b); err != nil {
			return err
		}
		for t := range n {
			for i := range k {
				b.weights[t*width+l*k+i] = float32(p.array.Type.Float(b.room, t*p.stride+i))
			}
		}
	}
	return nil
}

// planesOf lays a layer on each entry of an array of three axes. layerMajor says that the
// first axis is the layer.
func planesOf(a *arrays.Array, layerMajor bool) []plane {
	if !layerMajor {
		list := make([]plane, a.Shape[1])
		for l := range list {
			list[l] = plane{a, l * a.Shape[2], a.Row()}
		}
		return list
	}
	list := make([]plane, a.Shape[0])
	for l := range list {
		list[l] = plane{a, l * a.Row(), a.Shape[2]}
	}
	return list
}

// logitReader turns router logits into ids and weights: the k highest logits, the
// highest first, the lower expert where two are equal.
type logitReader struct {
	file    *os.File
	shape   routing.Shape
	experts int
	scoring string // softmaxScoring or sigmoidScoring
	renorm  bool   // weights of a token add up to 1
	planes  []plane
}

// Close implements reader.
func (r *logitReader) Close() error { return r.file.Close() }

// read implements reader.
func (r *logitReader) read(from, to int, b *ids) error {
	n, width := to-from, r.shape.Width()
	b.wide, b.weights = resize(b.wide, n*width), resize(b.weights, n*width)
	row := make([]float64, r.experts)
	for l, p := range r.planes {
		if err := p.span(from, n, r.experts, b); err != nil {
			return err
		}
		for t := range n {
			for e := range row {
				row[e] = p.array.Type.Float(b.room, t*p.stride+e)
			}
			at := t*width + l*r.shape.TopK
			r.choose(row, b.wide[at:at+r.shape.TopK], b.weights[at:at+r.shape.TopK])
		}
	}
	return nil
}

// choose finds the k highest logits of a row by insertion: k is small. A row with a NaN
// or without k finite logits chose nothing that can be known.
func (r *logitReader) choose(row []float64, best []uint16, weights []float32) {
	top := make([]float64, 0, len(best))
	for e, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 1) {
			top = top[:0]
			break
		}
		if len(top) == len(best) && v <= top[len(top)-1] || math.IsInf(v, -1) {
			continue
		}
		if len(top) < len(best) {
			top = append(top, v)
		}
		i := len(top) - 1
		for ; i > 0 && top[i-1] < v; i-- {
			top[i], best[i] = top[i-1], best[i-1]
		}
		top[i], best[i] = v, uint16(e)
	}
	if len(top) < len(best) {
		for i := range best {
			best[i], weights[i] = routing.NoExpert, float32(math.NaN())
		}
		return
	}
	r.weigh(row, top, weights)
}

// weigh gives the scores of the chosen logits.
func (r *logitReader) weigh(row, top []float64, weights []float32) {
	scores := make([]float64, len(top))
	sum := 0.0
	for i, v := range top {
		scores[i] = 1 / (1 + math.Exp(-v))
		if r.scoring == softmaxScoring {
			scores[i] = math.Exp(v - top[0])
		}
		sum += scores[i]
	}
	switch {
	case r.renorm:
	case r.scoring == softmaxScoring:
		sum = 0
		for _, v := range row {
			sum += math.Exp(v - top[0])
		}
	default:
		sum = 1
	}
	for i, s := range scores {
		weights[i] = float32(s / sum)
	}
}

// oneShape checks that arrays of a kind have one shape.
func oneShape(list []*arrays.Array) error {
	for _, a := range list[1:] {
		if len(a.Shape) != len(list[0].Shape) || a.Shape[0] != list[0].Shape[0] || a.Row() != list[0].Row() {
			return fault.WithRemedy(fault.Errorf(fault.Unsupported, "arrays %q of shape %v and %q of shape %v do not hold the same tokens", list[0].Name, list[0].Shape, a.Name, a.Shape),
				"save one array a layer, each with a row for every token")
		}
	}
	return nil
}
