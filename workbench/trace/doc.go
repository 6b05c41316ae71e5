// Package trace holds the algorithms that analyses of a timeline share: unions and
// overlaps of intervals, the nesting of NVTX ranges, which ranges the work of a GPU
// belongs to, what ran on each device and in each thread's calls, steps of an engine,
// exact statistics of very many values, and which rows are believed. What names say is
// in package names below it.
//
// Everything here is a pure function over columns: no I/O, no clock, no goroutine,
// no state but what the caller holds. Times are int64 nanoseconds on one clock, in any
// order, and must lie within ±2^62 so that a difference cannot wrap. Rows are named
// by their index as int32, -1 for none, so a column holds at most 2^31-1 of them.
// Slices passed in are read and, where a type says so, kept; they are never changed
// unless a comment says it.
package trace
