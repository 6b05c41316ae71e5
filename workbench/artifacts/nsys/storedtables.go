package nsys

import (
	"maps"
	"slices"
	"strings"

	"profilemate/frames"
)

// storedPrefix begins the name of a table that is delivered as it is stored, for
// questions that no other table answers: raw.CUPTI_ACTIVITY_KIND_KERNEL. Numbers
// keep their units, numbers of strings stay numbers, bytes are hexadecimal digits.
const storedPrefix = "raw."

// IsStored reports whether a table is delivered as the export stores it.
func IsStored(name string) bool { return strings.HasPrefix(name, storedPrefix) }

// storedTables declares every stored table as it is.
func storedTables(s schema) []table {
	var list []table
	for _, name := range slices.Sorted(maps.Keys(s)) {
		t := table{name: storedPrefix + name, source: name, doc: "the table " + name + " as the export stores it"}
		for _, c := range s[name] {
			f := storedField(name, c)
			t.serial = t.serial || f.Kind == frames.String
			t.fields = append(t.fields, f)
		}
		if len(t.fields) > 0 {
			list = append(list, t)
		}
	}
	return list
}

func storedField(table string, c want) field {
	f := field{Field: frames.Field{Name: c.column, Kind: frames.String}, from: []want{c}}
	switch {
	case c.as == whole:
		f.Kind, f.make = frames.Int64, numberCell
	case c.as == real:
		f.Kind, f.make = frames.Float64, realCell
	case c.as == blob:
		f.make = blobCell
	default:
		f.make = plainTextCell
	}
	switch {
	case table == stringSource && c.column == "value": // some of them are whole files
		f.from, f.make, f.prepare = wholes("id"), nameCell, needNames
	case table == processSource && c.column == "name":
		f.make = programCell
	case f.Kind == frames.String && isPrivate(table, c.column):
		f.from, f.make = []want{{"name", words}, c}, privateCell(table)
	}
	return f
}
