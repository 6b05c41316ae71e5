// Package names says what a kernel's or a range's name tells: its short form, its
// family or component by rules that a person can edit, its layer, and the words it is
// made of.
//
// Everything here is a pure function over text. Rules are read-only once made, and
// then safe for concurrent use.
package names
