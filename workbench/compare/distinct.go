package compare

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"profilemate/workbench/artifacts"
)

// Distinct leaves each run out whose artifact holds the same bytes as one before it: it
// is no second run. The first one keeps a note of it. Faults are those of reading the
// artifacts.
func Distinct(ctx context.Context, runs []*Run) ([]*Run, error) {
	sizes := map[int64]int{}
	for _, r := range runs {
		sizes[artifacts.Size(r.Path)]++
	}
	first, again := map[string]*Run{}, map[*Run][]string{}
	var list []*Run
	for _, r := range runs {
		if sizes[artifacts.Size(r.Path)] == 1 { // no other can be the same
			list = append(list, r)
			continue
		}
		digest, err := artifacts.Digest(ctx, r.Path)
		if err != nil {
			return nil, err
		}
		if same := first[digest]; same != nil {
			again[same] = append(again[same], r.Name)
			continue
		}
		first[digest] = r
		list = append(list, r)
	}
	for _, r := range list {
		if names := again[r]; len(names) > 0 {
			r.Notes = append(slices.Clone(r.Notes), fmt.Sprintf("The same bytes are given %d times on a side and count as one run: %s.", len(names)+1, strings.Join(append([]string{r.Name}, names...), ", ")))
		}
	}
	return list, nil
}
