package tokens

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/artifacts/moe/arrays"
	"profilemate/workbench/fault"
	"profilemate/workbench/routing"
)

// contents are the arrays of one file by what they mean.
type contents struct {
	path    string
	ids     []*arrays.Array // one of three axes, or one of two for each layer
	logits  []*arrays.Array // likewise
	weights []*arrays.Array // as ids
	columns map[string]*arrays.Array
	config  config
	passed  []string // names of arrays that mean nothing here
	tracked []int64  // numbers of the layers, as a tracker's metadata say; nil: not said
}

// The columns of one value a token that a .npz file may hold beside its ids, and the
// numbers of its layers.
const (
	stepColumn   = "step"
	layersColumn = "layers"
)

// readContents opens an array file and sorts its arrays. The file stays closed: each
// worker opens it for itself.
func readContents(path string, form form) (*contents, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	defer file.Close()
	list, metadata, err := readArrays(file, form)
	if err != nil {
		return nil, err
	}
	c := &contents{path: path, columns: map[string]*arrays.Array{}}
	c.config.fromMetadata(metadata)
	for _, a := range list {
		if err := c.sort(a); err != nil {
			return nil, err
		}
	}
	for _, group := range [][]*arrays.Array{c.ids, c.logits, c.weights} {
		sortLayers(group)
		if len(group) > 1 {
			if err := oneShape(group); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// readArrays reads the headers of a file.
func readArrays(file *os.File, form form) ([]*arrays.Array, map[string]string, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, nil, fault.Errorf(fault.Denied, "%w", err)
	}
	switch form {
	case npzForm:
		list, err := arrays.ReadNpz(file, info.Size())
		return list, nil, err
	case safetensorsForm:
		return arrays.ReadSafetensors(file, info.Size())
	}
	a, err := arrays.ReadNpy(file, info.Size())
	return []*arrays.Array{a}, nil, err
}

// sort puts an array where its name and shape say.
func (c *contents) sort(a *arrays.Array) error {
	name := strings.ToLower(a.Name)
	axes := len(a.Shape)
	weights := strings.Contains(name, "weight") || strings.Contains(name, "score") || strings.Contains(name, "prob")
	switch {
	case axes == 0:
		return c.declare(name, a)
	case axes == 1 && a.Type.Integer():
		c.columns[name] = a
	case axes != 2 && axes != 3 || a.Len() == 0:
		c.passed = append(c.passed, a.Name)
	case a.Type.Integer():
		c.ids = append(c.ids, a)
	case weights:
		c.weights = append(c.weights, a)
	default:
		c.logits = append(c.logits, a)
	}
	return nil
}

// declare takes a single number, such as numpy.savez(…, top_k=8) writes.
func (c *contents) declare(name string, a *arrays.Array) error {
	data, err := a.Bytes(0, 1, nil)
	if err != nil {
		return err
	}
	v := a.Type.Int(data, 0)
	switch {
	case name == "top_k" && v > 0 && v <= mostTopK:
		c.config.topK, c.config.from = int(v), "top_k of the file"
	case name == "num_experts" && v > 0 && v <= routing.MostExperts:
		c.config.experts = int(v)
	case name == "norm_topk_prob":
		c.config.renorm = v != 0
	default:
		c.passed = append(c.passed, a.Name)
	}
	return nil
}

// layerNumber is the last number in an array's name: that of model.layers.3.mlp.gate,
// layer_3 or arr_3. ok is false where there is none.
func layerNumber(name string) (n int64, ok bool) {
	numbers := regexp.MustCompile(`\d+`).FindAllString(name, -1)
	if len(numbers) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(numbers[len(numbers)-1], 10, 32)
	return n, err == nil
}

func sortLayers(list []*arrays.Array) {
	slices.SortStableFunc(list, func(a, b *arrays.Array) int {
		x, _ := layerNumber(a.Name)
		y, _ := layerNumber(b.Name)
		return cmp.Compare(x, y)
	})
}

// mostAxisLayers is more layers than any model has, so that a longer first axis counts
// tokens.
const mostAxisLayers = 512

// layout is how the rows of layers lie in one array or in several.
type layout struct {
	planes []plane
	tokens int
	row    int // elements of a row: choices, or experts
	order  string
}

// The orders of axes.
const (
	oneEach     = "one array a layer"
	tokensFirst = "token, layer, choice or expert"
	layersFirst = "layer, token, choice or expert"
)

// layOut finds tokens and layers. An array of three axes has tokens first, as vLLM
// returns ids, or layers first, as Hugging Face stacks router logits; which it is is
// clear where only one of the two can be layers, and else as said.
func layOut(list []*arrays.Array, layerMajor bool) layout {
	a := list[0]
	if len(a.Shape) == 2 {
		l := layout{tokens: a.Shape[0], row: a.Shape[1], order: oneEach}
		for _, a := range list {
			l.planes = append(l.planes, plane{a, 0, a.Shape[1]})
		}
		return l
	}
	if a.Shape[0] > mostAxisLayers {
		layerMajor = false
	} else if a.Shape[1] > mostAxisLayers {
		layerMajor = true
	}
	if layerMajor {
		return layout{planesOf(a, true), a.Shape[1], a.Shape[2], layersFirst}
	}
	return layout{planesOf(a, false), a.Shape[0], a.Shape[2], tokensFirst}
}

// part is what one file adds to a recording.
type part struct {
	shape   routing.Shape
	layers  []int64
	segment segment
	narrow  bool
	weights bool
	order   string
}

// part turns the contents into a segment.
func (c *contents) part(model config) (*part, error) {
	c.config = c.config.or(model)
	switch {
	case len(c.ids) > 0:
		return c.idPart()
	case len(c.logits) > 0:
		return c.logitPart()
	}
	return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "%s has no array of expert ids or router logits", filepath.Base(c.path)),
		"save ids with the axes token, layer, choice, or one array of logits a layer with the axes token, expert")
}

func (c *contents) idPart() (*part, error) {
	if len(c.ids) > 1 && len(c.ids[0].Shape) == 3 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "arrays %q and %q both look like ids", c.ids[0].Name, c.ids[1].Name), "keep one of them in the file")
	}
	l := layOut(c.ids, false)
	p := &part{shape: routing.Shape{Layers: len(l.planes), TopK: l.row}, order: l.order}
	if err := checkShape(p.shape); err != nil {
		return nil, err
	}
	t := c.ids[0].Type
	p.narrow = t.Kind == arrays.Unsigned && t.Bytes == 1
	var weights []plane
	if len(c.weights) > 0 {
		if w := layOut(c.weights, l.order == layersFirst); w.tokens == l.tokens && w.row == l.row && len(w.planes) == len(l.planes) {
			weights, p.weights = w.planes, true
		} else {
			c.passed = append(c.passed, c.weights[0].Name)
		}
	}
	var err error
	if p.layers, err = c.numbers(c.ids, len(l.planes)); err != nil {
		return nil, err
	}
	p.segment = segment{tokens: l.tokens, open: c.opener(func(file *os.File, again func([]plane) []plane) reader {
		return &idReader{file: file, shape: p.shape, planes: again(l.planes), weights: again(weights), narrow: p.narrow}
	})}
	return p, c.addSteps(&p.segment)
}

func (c *contents) logitPart() (*part, error) {
	l := layOut(c.logits, true)
	k := c.config.topK
	if k == 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Missing, "%s holds router logits of %d experts, but nothing says how many a token chooses", filepath.Base(c.path), l.row),
			"declare it: numpy.savez(file, top_k=8, …), or metadata={\"top_k\": \"8\"} in safetensors, or open a folder that holds the model's config.json too")
	}
	p := &part{shape: routing.Shape{Layers: len(l.planes), TopK: k}, order: l.order, weights: true}
	if err := checkShape(p.shape); err != nil {
		return nil, err
	}
	if l.row < k || l.row > routing.MostExperts {
		return nil, fault.Errorf(fault.Unsupported, "%s: logits of %d experts for top-%d", filepath.Base(c.path), l.row, k)
	}
	c.config.experts = l.row
	if c.config.scoring == "" {
		c.config.scoring = softmaxScoring
	}
	if s := c.config.scoring; s != softmaxScoring && s != sigmoidScoring {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "scoring %q of router logits", s), "declare softmax or sigmoid")
	}
	var err error
	if p.layers, err = c.numbers(c.logits, len(l.planes)); err != nil {
		return nil, err
	}
	scoring, renorm := c.config.scoring, c.config.renorm
	p.segment = segment{tokens: l.tokens, open: c.opener(func(file *os.File, again func([]plane) []plane) reader {
		return &logitReader{file: file, shape: p.shape, experts: l.row, scoring: scoring, renorm: renorm, planes: again(l.planes)}
	})}
	return p, c.addSteps(&p.segment)
}

// opener makes the function that opens the file for one worker. again moves planes to
// the newly opened file.
func (c *contents) opener(make func(file *os.File, again func([]plane) []plane) reader) func() (reader, error) {
	return func() (reader, error) {
		file, err := os.Open(c.path)
		if err != nil {
			return nil, fault.Errorf(fault.Denied, "%w", err)
		}
		moved := map[*arrays.Array]*arrays.Array{}
		return make(file, func(planes []plane) []plane {
			var list []plane
			for _, p := range planes {
				if moved[p.array] == nil {
					moved[p.array] = p.array.On(file)
				}
				list = append(list, plane{moved[p.array], p.first, p.stride})
			}
			return list
		}), nil
	}
}

// numbers gives the number of each layer: the column layers, the numbers in the arrays'
// names, those that a tracker's metadata give to so many layers, or 0 and on.
func (c *contents) numbers(list []*arrays.Array, layers int) ([]int64, error) {
	numbers := make([]int64, layers)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	if len(c.tracked) == layers {
		copy(numbers, c.tracked)
	}
	if column := c.columns[layersColumn]; column != nil && column.Len() == layers {
		return c.column(layersColumn, layers)
	}
	if len(list) != layers || layers == 1 && !strings.Contains(list[0].Name, "layer") {
		return numbers, nil
	}
	seen := map[int64]bool{}
	named := make([]int64, layers)
	for i, a := range list {
		n, ok := layerNumber(a.Name)
		if !ok || seen[n] {
			return numbers, nil
		}
		named[i], seen[n] = n, true
	}
	return named, nil
}

// addSteps gives a segment the steps of its tokens, where the file has them.
func (c *contents) addSteps(s *segment) (err error) {
	if column := c.columns[stepColumn]; column != nil && column.Len() == s.tokens {
		s.steps, err = c.column(stepColumn, s.tokens)
	}
	return err
}

// column reads a column of n integers.
func (c *contents) column(name string, n int) ([]int64, error) {
	file, err := os.Open(c.path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	defer file.Close()
	a := c.columns[name].On(file)
	data, err := a.Bytes(0, n, nil)
	if err != nil {
		return nil, fmt.Errorf("column %q: %w", name, err)
	}
	values := make([]int64, n)
	for i := range values {
		if values[i] = a.Type.Int(data, i); values[i] < 0 {
			return nil, fault.Errorf(fault.Corrupt, "column %q: value %d is %d", name, i, values[i])
		}
	}
	return values, nil
}
