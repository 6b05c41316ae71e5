//go:build unix && !darwin

package artifacts

import (
	"fmt"
	"io/fs"
	"syscall"
)

// stamp is what changes when a file is replaced or written to.
func stamp(info fs.FileInfo) string {
	s := fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s += fmt.Sprintf(" %d %d %d.%09d", st.Dev, st.Ino, st.Ctim.Sec, st.Ctim.Nsec)
	}
	return s
}
