package moe

import _ "embed" // for the converter

//go:embed python/convert_sglang.py
var convertSGLang string

// SGLangConverter is a Python program that turns dumps of SGLang's expert distribution
// recorder (.pt) into files that this package and its folder tokens read. It needs
// PyTorch and NumPy.
func SGLangConverter() string { return convertSGLang }
