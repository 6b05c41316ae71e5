package report

import (
	"maps"
	"slices"
	"strings"

	"profilemate/workbench/result"
)

// rows says all that is known of an input, as pairs of what and value.
func (in Input) rows() [][2]string {
	rows := [][2]string{{"kind", kindName(in.Kind)}, {"format", in.Format}, {"holds", in.Summary}}
	if in.Producer != "" {
		rows = append(rows, [2]string{"written by", in.Producer})
	}
	if in.Bytes > 0 {
		rows = append(rows, [2]string{"size", result.Size(in.Bytes)})
	}
	if in.Digest != "" {
		rows = append(rows, [2]string{"digest", in.Digest})
	}
	for _, key := range slices.Sorted(maps.Keys(in.Metadata)) {
		if in.Metadata[key] != "" {
			rows = append(rows, [2]string{strings.ReplaceAll(key, "_", " "), in.Metadata[key]})
		}
	}
	return rows
}
