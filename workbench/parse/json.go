package parse

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"profilemate/workbench/fault"
)

// writeJSON writes v, indented, as the file name in dir, whole or not at all.
func writeJSON(dir, name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	temp := filepath.Join(dir, "."+name)
	if err := os.WriteFile(temp, append(data, '\n'), 0o644); err != nil {
		return fault.Errorf(fault.Denied, "writing %s: %w", name, err)
	}
	if err := os.Rename(temp, filepath.Join(dir, name)); err != nil {
		return fault.Errorf(fault.Denied, "writing %s: %w", name, err)
	}
	return nil
}
