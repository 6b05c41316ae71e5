package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"profilemate/workbench/render"
)

// leastScreen is the width below which lines are left to wrap: nothing could be read.
const leastScreen = 40

// textFor says how results are written as text: on a terminal as wide as it is, and
// elsewhere with whole names, in lines that do not depend on who looks.
func textFor(w io.Writer) render.TextOptions {
	file, ok := w.(*os.File)
	if !ok {
		return render.TextOptions{Whole: true}
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width < leastScreen {
		return render.TextOptions{Whole: true}
	}
	return render.TextOptions{Width: width, Fit: true}
}
