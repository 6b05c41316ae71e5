// Package history keeps the figures of runs in a SQLite file, and reads that file as an
// artifact, so that analyses and SQL cells see how figures went over time.
package history

import "time"

// Entry is one run as it is kept.
type Entry struct {
	Run     Run      `json:"run"`
	Figures []Figure `json:"figures"`
	Kernels []Kernel `json:"kernels,omitempty"` // those that take most time
}

// Run is what a run was. Empty texts are not known.
type Run struct {
	ID       int64     `json:"id"` // in the file that holds it
	Time     time.Time `json:"time"`
	Name     string    `json:"name"`
	Path     string    `json:"path"`
	Content  string    `json:"content"` // digest of the artifact, or its identity; a run is kept once
	Kind     string    `json:"kind"`
	Model    string    `json:"model"`
	Commit   string    `json:"commit"`
	Flags    string    `json:"flags"`
	Host     string    `json:"host"`
	GPU      string    `json:"gpu"`
	Profiler string    `json:"profiler"`
}

// Figure is a number of a run.
type Figure struct {
	Name   string   `json:"name"`
	Unit   string   `json:"unit"`
	Better string   `json:"better"` // "lower", "higher" or empty
	Value  float64  `json:"value"`
	Error  *float64 `json:"error"` // standard error within the run; nil: not known
}

// Kernel is a kernel name and shape of a run.
type Kernel struct {
	Name   string  `json:"name"`
	Grid   string  `json:"grid"`
	Block  string  `json:"block"`
	Family string  `json:"family"`
	Count  int64   `json:"count"`
	Total  int64   `json:"total"` // ns
	Mean   float64 `json:"mean"`  // ns
	Share  float64 `json:"share"` // % of the run's GPU time
}
