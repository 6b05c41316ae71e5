// Package pages reads the plain tables of a SQLite file straight from its b-tree
// pages, several times faster than a SQL engine steps through them: leaf pages are
// read in long runs by several workers, and only the wanted columns are decoded,
// into slices that are used again.
//
// A caller opens a file (Open, OpenFile), asks for a table (File.Table), and scans
// some of its columns (Table.Scan). What this reader does not read (a write-ahead
// log, WITHOUT ROWID tables, generated columns, values of another type than asked)
// is declined with a *Declined error, and a SQL engine has to do it; a scan that is
// declined midway says which rowids are left. Damaged pages are stepped over and
// reported as a *Damage error once everything readable has been delivered. No input
// makes it panic, read outside the file or loop.
//
// The format is described at https://sqlite.org/fileformat2.html; section numbers in
// comments refer to that page.
package pages
