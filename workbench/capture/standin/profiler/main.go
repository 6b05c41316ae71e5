// Command profiler is a stand-in for nsys and ncu in tests, by the name that it is
// called by; see package standin.
package main

import (
	"os"

	"profilemate/workbench/capture/standin"
)

func main() { os.Exit(standin.Main(os.Args, os.Stdout)) }
