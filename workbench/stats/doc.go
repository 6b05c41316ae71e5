// Package stats makes the reports of nsys stats from an open nsys artifact: the same
// headers, numbers, order of rows and ways of writing as Nsight Systems 2023.4.4,
// several reports in one pass over each table.
//
// It departs from nsys where nsys is wrong: an API call that backtraces recorded
// twice counts once, a GPU is named by the ordinal that events use, a call of a
// thread that was renamed is listed once, an open NVTX range of a renamed thread or
// a domain declared twice counts once, and rows whose times cannot be are left out
// and counted. CSV quotes a field that holds a quote.
package stats
