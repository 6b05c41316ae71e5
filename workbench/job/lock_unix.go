//go:build linux || darwin || freebsd || netbsd || openbsd

package job

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"profilemate/workbench/fault"
)

// tryLock locks a file, which is made, for as long as the returned file is open. It
// returns nil when another holder has it. The lock goes with the process, however
// that ends.
func tryLock(path string, shared bool) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "locking %s: %w", path, err)
	}
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	return flock(file, how)
}

// flock locks an open file, or closes it and returns nil when another holder has it.
func flock(file *os.File, how int) (*os.File, error) {
	err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fault.Errorf(fault.Unsupported, "locking %s: %w", file.Name(), err)
}

// tryShared locks a file in a folder that everybody writes to, as tryLock does. The
// file may be somebody else's: it is only ever read, no link is followed, and what is
// no plain file is refused. It is never removed, since somebody may be about to lock it.
func tryShared(path string) (*os.File, error) {
	const flags = os.O_RDONLY | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	file, err := os.OpenFile(path, flags, 0)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) { // another one was faster
			file, err = os.OpenFile(path, flags, 0)
		}
	}
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "locking %s: %w", path, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no plain file")
	}
	if err == nil && info.Mode().Perm()&0o444 != 0o444 && os.Geteuid() == owner(info) {
		err = file.Chmod(0o644) // the umask must not keep others from waiting for us
	}
	if err != nil {
		file.Close()
		return nil, fault.Errorf(fault.Denied, "locking %s: %w", path, err)
	}
	return flock(file, syscall.LOCK_EX)
}

// owner is the user that a file belongs to, -1 where that is not known.
func owner(info fs.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}
