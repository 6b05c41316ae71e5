package main

import (
	"fmt"
	"runtime"
)

// versionCmd prints the version.
type versionCmd struct{}

// Run prints the version, the Go release and the platform.
func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintf(a.out, "profilemate %s (%s %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
