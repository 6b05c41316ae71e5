package tokens

import (
	"context"
	"slices"

	"profilemate/workbench/routing"
)

// chunkBytes bounds the ids that a worker holds at once: enough that a layer's matrix of
// pairs is loaded seldom, few enough that memory stays bounded.
const chunkBytes = 8 << 20

// ids is a run of whole tokens, in 8 bits or in 16.
type ids struct {
	narrow  []uint8  // nil where ids are wide
	wide    []uint16 // nil where they are narrow
	weights []float32
	room    []byte // what the values are read into
}

// reader gives the tokens of a segment. It is used by one worker.
type reader interface {
	// read puts tokens [from, to) of the segment into b, whose slices it reuses.
	read(from, to int, b *ids) error
	Close() error
}

// segment is a run of tokens that one response or one array holds.
type segment struct {
	name    string // for messages
	request int64  // number of the response or the array
	first   int64  // position of its first token in its request
	prompt  int64  // tokens of the prompt; -1: unknown
	tokens  int
	steps   []int64 // of each token; nil: unknown
	open    func() (reader, error)
}

// window is a run of tokens whose counts are one step.
type window struct {
	number   int64
	from, to int // of all tokens
}

// recording is what a file or folder holds, before anything is counted.
type recording struct {
	shape    routing.Shape
	layers   []int64 // number of each layer
	segments []segment
	starts   []int // first token of each segment, and the number of all
	windows  []window
	facts    facts
}

// tokens is how many tokens the segments have.
func (r *recording) tokens() int { return r.starts[len(r.starts)-1] }

// close fixes where segments begin; none is added afterwards.
func (r *recording) close() {
	r.starts = []int{0}
	for _, s := range r.segments {
		r.starts = append(r.starts, r.starts[len(r.starts)-1]+s.tokens)
	}
}

// each passes tokens [from, to) in order, in chunks that lie in one segment. at is the
// place of the chunk's first token in its segment.
func (r *recording) each(ctx context.Context, from, to int, b *ids, f func(s *segment, at int) error) error {
	step := max(chunkBytes/max(r.shape.Width(), 1), 1)
	i, found := slices.BinarySearch(r.starts, from)
	if !found {
		i--
	}
	for ; i < len(r.segments) && r.starts[i] < to; i++ {
		s := &r.segments[i]
		low, high := max(from-r.starts[i], 0), min(to-r.starts[i], s.tokens)
		if low >= high {
			continue
		}
		in, err := s.open()
		if err != nil {
			return err
		}
		for at := low; at < high && err == nil; at += step {
			if err = ctx.Err(); err == nil {
				err = in.read(at, min(at+step, high), b)
			}
			if err == nil {
				err = f(s, at)
			}
		}
		in.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	leastWindow = 1024 // tokens of a window where no step is known
	mostWindows = 128
	// stepRows bounds the rows of the steps: 32 bytes each.
	stepRows = 8 << 20
)

// divide makes the windows: the steps where the recording has them, runs of whole
// requests where it has many, and else runs of tokens. It says in a word what a window
// is.
func (r *recording) divide() (means string) {
	switch {
	case r.segments[0].steps != nil:
		return r.divideSteps()
	case len(r.segments) >= 8:
		return r.divideRequests()
	}
	size := max(leastWindow, (r.tokens()+mostWindows-1)/mostWindows)
	for at := 0; at < r.tokens(); at += size {
		r.windows = append(r.windows, window{int64(len(r.windows)), at, min(at+size, r.tokens())})
	}
	return windowsOfTokens
}

// What a step of the table steps is; the values of the metadata key step_means.
const (
	windowsOfTokens   = "window of tokens"
	requestsAsSteps   = "request"
	windowsOfRequests = "window of requests"
	recordedSteps     = "step"
	windowsOfSteps    = "window of steps"
)

func (r *recording) divideRequests() string {
	r.windows = make([]window, len(r.segments))
	for i, s := range r.segments {
		r.windows[i] = window{s.request, r.starts[i], r.starts[i+1]}
	}
	if r.join() {
		return windowsOfRequests
	}
	return requestsAsSteps
}

// divideSteps takes each run of tokens of one step as a window.
func (r *recording) divideSteps() string {
	for i, s := range r.segments {
		for t, step := range s.steps {
			at := r.starts[i] + t
			if t == 0 || step != s.steps[t-1] {
				r.windows = append(r.windows, window{step, at, at})
			}
			r.windows[len(r.windows)-1].to = at + 1
		}
	}
	if r.join() {
		return windowsOfSteps
	}
	return recordedSteps
}

// join takes windows together where their counts would be too many rows, and reports
// whether it did. A joined window has the number of its first one.
func (r *recording) join() bool {
	rows := 0
	for _, w := range r.windows {
		rows += r.shape.Layers * min(256, (w.to-w.from)*r.shape.TopK)
	}
	together := (rows + stepRows - 1) / stepRows
	if together <= 1 {
		return false
	}
	joined := r.windows[:0:0]
	for i := 0; i < len(r.windows); i += together {
		last := r.windows[min(i+together, len(r.windows))-1]
		joined = append(joined, window{r.windows[i].number, r.windows[i].from, last.to})
	}
	r.windows = joined
	return true
}
