//go:build !unix || darwin

package artifacts

import (
	"fmt"
	"io/fs"
)

// stamp is what changes when a file is replaced or written to. Size and time are
// what every system has.
func stamp(info fs.FileInfo) string {
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
}
