// Package frames holds tables of profile data: typed columns with units and
// missing values, delivered in batches or kept as frames.
//
// A caller can build a frame (Builder, New), look at it (Column, Row, Batches),
// derive another from it (Filter, Sort, GroupBy, Join, Select), and write it as
// CSV or Arrow IPC. Every operation has a form without type parameters, so that
// interpreted Go can call it.
//
// A String column is always dictionary-coded: comparing and grouping work on
// codes. Time is Int64 in ns and sizes are Int64 in bytes; nothing is narrowed in
// memory, so nothing wraps.
package frames
