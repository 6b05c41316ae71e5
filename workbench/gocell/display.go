package gocell

import (
	"fmt"
	"go/types"

	"profilemate/workbench/kernel"
)

func (s *Session) display(out kernel.Emitter, v any, t types.Type) {
	out.Display("", kernel.Data{"text/plain": fmt.Sprint(v)})
}

func (s *Session) result(out kernel.Emitter, v any, t types.Type) {
	out.Result(kernel.Data{"text/plain": fmt.Sprint(v)})
}
