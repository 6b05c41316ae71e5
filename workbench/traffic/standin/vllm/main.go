// Command vllm is a stand-in for vLLM's server in tests. It takes vLLM's command
// line and behaves as the environment variable STANDIN_VLLM says; see
// standin.Options.
package main

import (
	"os"

	"profilemate/workbench/traffic/standin"
)

func main() { os.Exit(standin.Main(os.Args[1:], os.Stdout)) }
