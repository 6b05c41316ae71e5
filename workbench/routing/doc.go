// Package routing is what analyses of a mixture-of-experts router share: the router
// itself, counts of tokens by step, layer and expert, the figures that say how evenly
// these lie, what chance alone gives each figure, the distance of two distributions,
// and the placement of experts on GPUs.
//
// Counts include experts without tokens. A figure that cannot be had is NaN, never 0.
package routing
