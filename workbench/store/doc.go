// Package store keeps results on disk under keys made from all that they depend on,
// so that the same question is answered without computing again, and so that a big
// table can be paged without holding it.
//
// Put writes a result, Get opens one; the Entry gives the result, or one table, or
// one page of a table. A folder may be shared by several processes and may stand on
// a network file system: entries are written beside and renamed into place, are
// checked by checksums when they are read, and are never changed. What is damaged
// is removed and reported as Corrupt; what is long unused goes first when the folder
// is full. Losing an entry only costs the time to compute it again.
//
// The folder holds results/KEY (see format.go for the form of the file), pins/KEY@…
// (an open document refers to the result), notes/HASH (see Remember) and tmp.
package store
