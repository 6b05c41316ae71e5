package main

import (
	"io"

	"profilemate/workbench/artifacts/moe"
)

// convertSGLangCmd prints the converter of SGLang's own dumps, which only PyTorch reads.
type convertSGLangCmd struct{}

// Run prints the program.
func (*convertSGLangCmd) Run(a *app) error {
	_, err := io.WriteString(a.out, moe.SGLangConverter())
	return err
}
