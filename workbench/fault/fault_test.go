package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"profilemate/workbench/fault"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	corrupt := fault.Errorf(fault.Corrupt, "page 7: %w", io.ErrUnexpectedEOF)
	for name, tc := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"plain":             {errors.New("x"), fault.Internal},
		"own":               {corrupt, fault.Corrupt},
		"wrapped":           {fmt.Errorf("reading: %w", corrupt), fault.Corrupt},
		"nearest surface":   {fault.Errorf(fault.Missing, "no table: %w", corrupt), fault.Missing},
		"with remedy":       {fault.WithRemedy(corrupt, "copy it again"), fault.Corrupt},
		"canceled context":  {fmt.Errorf("scan: %w", context.Canceled), fault.Canceled},
		"deadline":          {context.DeadlineExceeded, fault.Canceled},
		"kind over context": {fault.Errorf(fault.Corrupt, "x: %w", context.Canceled), fault.Corrupt},
	} {
		if got := fault.KindOf(tc.err); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	if !errors.Is(corrupt, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"no table":                    fault.Errorf(fault.Missing, "no table"),
		"no table; capture it":        fault.WithRemedy(fault.Errorf(fault.Missing, "no table"), "capture %s", "it"),
		"It was cut off. Copy again.": fault.WithRemedy(errors.New("It was cut off."), "Copy again."),
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}
