// Package stats makes the reports of nsys stats from an open nsys artifact: the same
// headers, numbers, order of rows and ways of writing as Nsight Systems 2023.4.4,
// several reports in one pass over each table.
//
// It departs from nsys where nsys is wrong: an API call that backtraces recorded
// twice counts once, so does a call of a thread that was renamed and a range whose
// domain was declared twice, and a GPU is named by the ordinal that events use.
// Summaries leave out rows whose times or sizes cannot be, and say how many. CSV
// quotes every field that needs it, and JSON every name, also one of digits.
package stats
