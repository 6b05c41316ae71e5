package coselection

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"
)

// clusters is an order of a layer's experts in which those that are chosen together lie
// beside each other, and where it falls apart.
type clusters struct {
	order []int   // all experts: cluster by cluster, then those without a partner
	of    []int   // by expert: its cluster, from 0; -1 without a partner
	count int     // 1: the experts do not fall apart; 0: none has a partner
	gap   float64 // between the eigenvalues that set the count; NaN where that was not worked out
}

// It takes fewestClustered experts to speak of clusters, two of two. Beyond mostClustered
// the eigenvectors of a layer take seconds.
const (
	fewestClustered = 4
	mostClustered   = 512
)

// clusterAll orders the experts of each layer, layers side by side on all processors.
func clusterAll(ctx context.Context, layers []*pairing, least float64) ([]clusters, error) {
	list := make([]clusters, len(layers))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, r := range layers {
		group.Go(func() error {
			list[i] = r.cluster(least)
			return ctx.Err()
		})
	}
	return list, group.Wait()
}

// cluster orders the experts by the Fiedler vector of the normalized Laplacian I -
// D^-1/2 W D^-1/2 of their pairs (Shi and Malik 2000; von Luxburg, A Tutorial on
// Spectral Clustering, 2007). W is times chance, so that popular experts do not attract
// others by popularity; least tokens are added to count and expectation, so that rare
// pairs weigh about 1. The number of clusters is where the eigenvalues have a gap that
// stands out, up to half the experts.
func (r *pairing) cluster(least float64) clusters {
	c := clusters{of: make([]int, len(r.together)), gap: math.NaN()}
	var live []int
	for e, n := range r.together {
		c.of[e] = -1
		if n > 0 {
			live = append(live, e)
		}
	}
	fiedler, labels := make([]float64, len(live)), make([]int, len(live))
	if len(live) > 0 {
		c.count = 1
	}
	if len(live) >= fewestClustered && len(live) <= mostClustered {
		if s, ok := newSpectrum(r.weights(live, least)); ok {
			c.count, c.gap = s.eigengap(r.noise(live, least))
			fiedler = s.fiedler()
			labels = partition(s.embedding(c.count), c.count)
		}
	}
	c.arrange(live, fiedler, labels)
	return c
}

// weights returns the times chance of all pairs of some experts, 0 on the diagonal.
func (r *pairing) weights(live []int, least float64) *mat.SymDense {
	place := make([]int, len(r.together))
	for i, e := range live {
		place[e] = i
	}
	w := mat.NewSymDense(len(live), nil)
	ratio := func(n int64, a, b int) float64 {
		expected := r.null.expected(a, b)
		if !(expected+least > 0) {
			return 1 // nothing is expected and nothing is known
		}
		return (float64(n) + least) / (expected + least)
	}
	for i, a := range live {
		for j := i + 1; j < len(live); j++ {
			w.SetSym(i, j, ratio(0, a, live[j]))
		}
	}
	for _, p := range r.pairs {
		w.SetSym(place[p.a], place[p.b], ratio(p.count, p.a, p.b))
	}
	return w
}

// noise is how far apart Poisson's noise spreads the eigenvalues of experts without
// structure: the width of Wigner's semicircle, 4 σ / √n for weights of mean 1 and
// deviation σ.
func (r *pairing) noise(live []int, least float64) float64 {
	squares := 0.0
	for i, a := range live {
		for _, b := range live[i+1:] {
			expected := r.null.expected(a, b)
			if weight := expected + least; weight > 0 {
				squares += expected / (weight * weight)
			}
		}
	}
	n := float64(len(live))
	return 4 * math.Sqrt(squares/(n*(n-1)/2)) / math.Sqrt(n)
}

// spectrum is the eigenvalues, ascending, and eigenvectors of a normalized Laplacian.
type spectrum struct {
	values  []float64
	vectors mat.Dense
	roots   []float64 // of the degrees
}

// newSpectrum is not ok where a node has no weight or the values do not converge.
func newSpectrum(w *mat.SymDense) (spectrum, bool) {
	n := w.SymmetricDim()
	s := spectrum{roots: make([]float64, n)}
	for i := range n {
		degree := 0.0
		for j := range n {
			degree += w.At(i, j)
		}
		if !(degree > 0) {
			return s, false
		}
		s.roots[i] = math.Sqrt(degree)
	}
	laplacian := mat.NewSymDense(n, nil)
	for i := range n {
		laplacian.SetSym(i, i, 1)
		for j := i + 1; j < n; j++ {
			laplacian.SetSym(i, j, -w.At(i, j)/(s.roots[i]*s.roots[j]))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(laplacian, true) {
		return s, false
	}
	s.values = eigen.Values(nil)
	eigen.VectorsTo(&s.vectors)
	return s, true
}

// tie is what eigenvalues and places may differ by and still count as equal: rounding
// differs between processors.
const tie = 1e-6

// eigengap returns the number of clusters and the gap behind their eigenvalues, the
// largest one and the lowest of equals. The gap behind the first, 0, is not looked at:
// it is wide whenever all experts meet at all, and says nothing of how they do. Clusters
// stand out where the gap is wider than half of what lies behind it, which holds the
// experts' differences within them, and wider than what noise spreads the values over.
func (s spectrum) eigengap(noise float64) (count int, gap float64) {
	count = 1
	for k := 2; k <= len(s.values)/2; k++ {
		if g := s.values[k] - s.values[k-1]; k == 2 || g > gap+tie {
			count, gap = k, g
		}
	}
	last := s.values[len(s.values)-1]
	if count > 1 && (gap <= noise || gap <= (last-s.values[count])/2) {
		count = 1
	}
	return count, math.Round(gap*1e6) / 1e6
}

// fiedler returns the places of the nodes on a line: the eigenvector of the second
// eigenvalue over the roots of the degrees, turned so that the first node that is not in
// the middle lies below.
func (s spectrum) fiedler() []float64 {
	places, sign := mat.Col(nil, 1, &s.vectors), 0.0
	for i := range places {
		places[i] /= s.roots[i]
	}
	room := tie * max(slices.Max(places), -slices.Min(places))
	for i, v := range places {
		if sign == 0 && math.Abs(v) > room {
			sign = -math.Copysign(1, v)
		}
		places[i] = math.Round(sign*v/room) * room
	}
	return places
}

// embedding returns each node's row of the first k eigenvectors, at length 1 (Ng, Jordan
// and Weiss 2001).
func (s spectrum) embedding(k int) [][]float64 {
	rows := make([][]float64, len(s.roots))
	for i := range rows {
		row, square := make([]float64, k), 0.0
		for j := range row {
			row[j] = s.vectors.At(i, j)
			square += row[j] * row[j]
		}
		for j := range row {
			row[j] /= math.Sqrt(square)
		}
		rows[i] = row
	}
	return rows
}

// mostRounds is more than k-means takes to settle.
const mostRounds = 100

// partition is k-means from centers that lie far from each other: the first point, then
// each time the one farthest from those chosen. It uses no chance.
func partition(points [][]float64, k int) []int {
	labels := make([]int, len(points))
	centers := farApart(points, k)
	for range mostRounds {
		changed := false
		for i, p := range points {
			best := labels[i]
			for c := range centers {
				if distance(p, centers[c]) < distance(p, centers[best])-tie {
					best = c
				}
			}
			changed = changed || best != labels[i]
			labels[i] = best
		}
		if !changed {
			break
		}
		recenter(points, labels, centers)
	}
	return labels
}

func farApart(points [][]float64, k int) [][]float64 {
	centers := [][]float64{slices.Clone(points[0])}
	for len(centers) < k {
		far, at := -1.0, 0
		for i, p := range points {
			nearest := math.Inf(1)
			for _, c := range centers {
				nearest = min(nearest, distance(p, c))
			}
			if nearest > far+tie {
				far, at = nearest, i
			}
		}
		centers = append(centers, slices.Clone(points[at]))
	}
	return centers
}

// recenter moves each center to the mean of its points; one without any stays.
func recenter(points [][]float64, labels []int, centers [][]float64) {
	for c := range centers {
		sum, n := make([]float64, len(centers[c])), 0.0
		for i, p := range points {
			if labels[i] == c {
				n++
				for j, v := range p {
					sum[j] += v
				}
			}
		}
		for j := range sum {
			if n > 0 {
				centers[c][j] = sum[j] / n
			}
		}
	}
}

// distance is the square of the distance of two points.
func distance(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return sum
}

// arrange orders the experts: clusters by their mean place, experts within one by their
// own, equals by index. Clusters are numbered in that order.
func (c *clusters) arrange(live []int, places []float64, labels []int) {
	type group struct {
		members []int // indexes of live
		place   float64
	}
	groups := make([]group, c.count)
	for i := range live {
		g := &groups[labels[i]]
		g.members = append(g.members, i)
		g.place += places[i]
	}
	groups = slices.DeleteFunc(groups, func(g group) bool { return len(g.members) == 0 })
	c.count = len(groups)
	slices.SortStableFunc(groups, func(a, b group) int {
		near := a.place/float64(len(a.members)) - b.place/float64(len(b.members))
		if math.Abs(near) <= tie {
			near = 0
		}
		return cmp.Or(cmp.Compare(near, 0), cmp.Compare(a.members[0], b.members[0]))
	})
	for number, g := range groups {
		slices.SortStableFunc(g.members, func(a, b int) int { return cmp.Or(cmp.Compare(places[a], places[b]), cmp.Compare(a, b)) })
		for _, i := range g.members {
			c.order = append(c.order, live[i])
			c.of[live[i]] = number
		}
	}
	for e, of := range c.of {
		if of < 0 {
			c.order = append(c.order, e)
		}
	}
}
