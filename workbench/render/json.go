package render

import (
	"encoding/json"
	"fmt"
	"io"

	"profilemate/workbench/result"
)

// JSON writes a bundle as indented JSON with its values as they are: unscaled, in
// the units of the columns, null for missing, and lists that are never null. An
// integer beyond ±2^53 is a string, as in result.Preview.
func JSON(w io.Writer, b result.Bundle) error {
	b.Inputs = present(b.Inputs)
	b.Findings = present(b.Findings)
	b.Tables = present(b.Tables)
	b.Charts = present(b.Charts)
	if b.Params == nil {
		b.Params = map[string]string{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(b); err != nil {
		return fmt.Errorf("writing the result of %s as JSON: %w", b.Analysis, err)
	}
	return nil
}

func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
