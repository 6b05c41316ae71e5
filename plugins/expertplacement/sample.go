package expertplacement

import (
	"fmt"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// mostSampled is how many tokens are kept with their choices. The mean fan-out of so many
// is good to about a hundredth of a GPU.
const mostSampled = 1 << 14

// tokenKey names a token of a recording.
type tokenKey struct{ request, position int64 }

// choice is one expert that a token chose.
type choice struct{ layer, expert int32 }

// sample keeps the choices of tokens that lie evenly over a recording: those whose hash
// begins with so many zero bits as it takes to keep few enough. Which ones does not
// depend on the order in which they come, nor on who saw them.
type sample struct {
	zeros uint // bits; 0: every token is kept
	kept  map[tokenKey][]choice
}

func newSample() *sample { return &sample{kept: map[tokenKey][]choice{}} }

// belongs reports whether a token is in the sample.
func (s *sample) belongs(k tokenKey) bool { return hash(k)>>(64-s.zeros) == 0 }

// hash mixes the bits of a token's numbers (splitmix64).
func hash(k tokenKey) uint64 {
	h := uint64(k.request)*0x9e3779b97f4a7c15 + uint64(k.position)
	for range 2 {
		h += 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

// thin asks for more zero bits until few enough tokens are left.
func (s *sample) thin() {
	for len(s.kept) > mostSampled {
		s.zeros++
		for k := range s.kept {
			if !s.belongs(k) {
				delete(s.kept, k)
			}
		}
	}
}

// add takes the rows of a batch, those of one token behind each other.
func (s *sample) add(b *frames.Batch) {
	request, position, layer, expert := b.Ints("request"), b.Ints("position"), b.Ints("layer"), b.Ints("expert")
	var last tokenKey
	var choices []choice
	in, begun := false, false
	put := func() {
		if in && begun {
			s.kept[last] = choices
		}
	}
	for i := range request {
		k := tokenKey{request[i], position[i]}
		if !begun || k != last {
			put()
			s.thin()
			last, in, begun = k, s.belongs(k), true
			if in {
				choices = s.kept[k]
			}
		}
		if in && expert[i] >= 0 {
			choices = append(choices, choice{int32(layer[i]), int32(expert[i])})
		}
	}
	put()
	s.thin()
}

// merge adds what another worker kept.
func (s *sample) merge(o *sample) {
	s.zeros = max(s.zeros, o.zeros)
	for k, choices := range o.kept {
		s.kept[k] = append(s.kept[k], choices...)
	}
	for k := range s.kept {
		if !s.belongs(k) {
			delete(s.kept, k)
		}
	}
	s.thin()
}

// layers returns the experts of each token, layer by layer.
func (s *sample) layers() map[int64][][]int {
	out := map[int64][][]int{}
	for _, choices := range s.kept {
		byLayer := map[int64][]int{}
		for _, c := range choices {
			byLayer[int64(c.layer)] = append(byLayer[int64(c.layer)], int(c.expert))
		}
		for l, experts := range byLayer {
			out[l] = append(out[l], experts)
		}
	}
	return out
}

// source says in words which tokens the sample has.
func (s *sample) source() string {
	if s.zeros == 0 {
		return fmt.Sprintf("all %s recorded one by one", result.Count(int64(len(s.kept)), "token"))
	}
	return fmt.Sprintf("%s that lie evenly over the recording", result.Count(int64(len(s.kept)), "token"))
}

// fold gathers tokens, and places experts when all have been seen.
type fold struct {
	params Params
	tokens *sample
}

// Scan implements analysis.Fold.
func (f *fold) Scan(_, _ string, b *frames.Batch) error {
	f.tokens.add(b)
	return nil
}

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) error {
	f.tokens.merge(after.(*fold).tokens)
	return nil
}
