package traffic

import (
	"math/rand/v2"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Prompt is what a request asks. Exactly one of Text and IDs is set.
type Prompt struct {
	Text   string
	IDs    []int // tokens
	Output int   // tokens of the answer; 0: not said
}

// Token ids of random prompts: every vocabulary has them, and they are neither
// special tokens, which stand at its ends, nor single bytes.
const (
	firstID = 1000
	lastID  = 30_000
)

// words make random prompts where a server takes no token ids. Each is one token in
// most vocabularies.
var words = strings.Fields(`time people water house world school state family student group country problem hand
part place case week company system program question work government number night point home room mother area money
story fact month lot right study book eye job word business issue side kind head far black long little very after
own such before high great small large next early young important few public same able`)

// warmupStream begins the numbers of warm-up requests, so that they share no prompt
// with those that are measured.
const warmupStream = 1 << 32

// source makes the prompts of a run. Request i gets the same prompt whatever was sent
// before it.
type source struct {
	prompts []Prompt
	shapes  []shape
	seed    uint64
	text    bool // the server takes no token ids
}

// defaultOutput is the length of an answer to a data set's prompt that gives none,
// in tokens.
const defaultOutput = 128

// newSource fits the shapes of the options into a context of most tokens, 0 for
// unknown. Lengths that were asked for and do not fit are Misuse.
func newSource(o Options, most int) (source, error) {
	s := source{prompts: o.Prompts, seed: o.Seed}
	for _, sh := range o.Mode.shapes() {
		if o.InputLen > 0 {
			sh.input = o.InputLen
		}
		if o.OutputLen > 0 {
			sh.output = o.OutputLen
		}
		if most > 0 && len(o.Prompts) == 0 && sh.input+sh.output > most {
			if o.InputLen > 0 || sh.output >= most {
				return s, fault.Errorf(fault.Misuse, "prompts of %s and answers of %d do not fit into the model's context of %d; shorten them with --input-len and --output-len",
					result.Count(int64(sh.input), "token"), sh.output, most)
			}
			sh.input = most - sh.output
		}
		s.shapes = append(s.shapes, sh)
	}
	if len(o.Prompts) > 0 {
		s.shapes = []shape{{output: o.OutputLen}}
	}
	return s, nil
}

// prompt returns that of request i.
func (s source) prompt(i uint64) Prompt {
	random := rand.New(rand.NewPCG(s.seed, i))
	if n := uint64(len(s.prompts)); n > 0 {
		return s.fromData(s.prompts[i%n], i/n > 0, random)
	}
	sh := s.shapes[i%uint64(len(s.shapes))]
	p := Prompt{Output: sh.output}
	if s.text {
		p.Text = randomText(random, sh.input)
		return p
	}
	p.IDs = make([]int, sh.input)
	for k := range p.IDs {
		p.IDs[k] = firstID + random.IntN(lastID-firstID)
	}
	return p
}

// fromData gives a prompt of a data set the length of its answer. One that was sent
// before gets a random beginning: the server would have its prefix in the cache.
func (s source) fromData(p Prompt, again bool, random *rand.Rand) Prompt {
	if again {
		p.Text = randomText(random, 8) + "\n" + p.Text
	}
	if s.shapes[0].output > 0 {
		p.Output = s.shapes[0].output
	} else if p.Output == 0 {
		p.Output = defaultOutput
	}
	return p
}

func randomText(random *rand.Rand, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = words[random.IntN(len(words))]
	}
	return strings.Join(list, " ")
}
