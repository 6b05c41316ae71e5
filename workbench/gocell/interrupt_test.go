package gocell_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/fault"
)

// interrupt runs a cell and interrupts it after a while.
func (s session) interrupt(code string, after time.Duration) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), after)
	defer cancel()
	return s.Execute(ctx, code, &shown{})
}

// A cell that is stopped changes nothing of what functions of earlier cells do.
func TestFunctionsAfterInterrupt(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	cells := []step{
		{code: "k := 3\nf := func() int { return 7 + k }\nfunc counter() func() int { n := 5; return func() int { n++; return n } }\ng := counter()"},
		{code: "type T struct{ n int }\nfunc (t T) Get() int { return t.n }\nm := T{9}.Get\nc := make(chan int, 1)\nh := func() int { c <- 4; return <-c }"},
		{code: "f()", value: "10"}, {code: "g()", value: "6"}, {code: "h()", value: "4"}, {code: "m()", value: "9"},
	}
	for _, step := range cells {
		got, err := s.execute(step.code)
		checkStep(t, step, got, err)
	}
	for _, loop := range []string{"for { }", "<-make(chan int)", "made := func() int { c <- 1; return <-c }\nselect {}", "for { f() }"} {
		if err := s.interrupt(loop, 50*time.Millisecond); fault.KindOf(err) != fault.Canceled {
			t.Errorf("%q ended with %v", loop, err)
		}
	}
	after := []step{{code: "f()", value: "10"}, {code: "g()", value: "7"}, {code: "h()", value: "4"}, {code: "m()", value: "9"}, {code: "counter()()", value: "6"}, {code: "made()", value: "1"}}
	for _, step := range after {
		got, err := s.execute(step.code)
		checkStep(t, step, got, err)
	}
}

// A channel that a function of an earlier cell waits for is given up too.
func TestInterruptOfEarlierFunction(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	if _, err := s.execute("c := make(chan int)\nwait := func() int { return <-c }"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := s.interrupt("wait()", 50*time.Millisecond); fault.KindOf(err) != fault.Canceled {
		t.Errorf("the cell ended with %v", err)
	}
	got, err := s.execute("1")
	checkStep(t, step{code: "1", value: "1"}, got, err)
	if took := time.Since(began); took > time.Second {
		t.Errorf("the interrupt and the next cell took %v", took)
	}
}

// A cell in a call that nothing stops is left behind, and no other cell runs beside
// it.
func TestCellThatCannotBeStopped(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	if _, err := s.execute("var lock sync.Mutex\nlock.Lock()\nn := 1"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := s.interrupt("go func() { time.Sleep(4 * time.Second); lock.Unlock() }()\nlock.Lock()\nn = 2", 50*time.Millisecond); fault.KindOf(err) != fault.Canceled {
		t.Errorf("the cell ended with %v", err)
	}
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("the interrupt took %v", took)
	}
	_, err := s.execute("n")
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "restart the kernel") {
		t.Errorf("the next cell ended with %v", err)
	}
	if err := s.interrupt("n", 50*time.Millisecond); err == nil {
		t.Error("a cell that waits for the one left behind is not interrupted")
	}
}

// What cannot be stopped may end by itself; then cells run again, and the stopped
// one has done nothing more.
func TestCellThatEndsLate(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	if _, err := s.execute("n := 1\nvar group sync.WaitGroup\ngroup.Add(1)\ndone := group.Done"); err != nil {
		t.Fatal(err)
	}
	if err := s.interrupt("time.AfterFunc(time.Second, done)\ngroup.Wait()\nn = 2", 50*time.Millisecond); fault.KindOf(err) != fault.Canceled {
		t.Errorf("the cell ended with %v", err)
	}
	got, err := s.execute("n")
	checkStep(t, step{code: "n", value: "1"}, got, err)
}

// Goroutines end with their cell, as the end of main ends them.
func TestGoroutinesEndWithTheCell(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	for _, body := range []string{"for { n++ }", "time.Sleep(time.Hour)", "<-make(chan int)", "for { time.Sleep(time.Millisecond); n++ }"} {
		got, err := s.execute("n := 0\ngo func() { " + body + " }()\ntime.Sleep(5 * time.Millisecond)")
		if err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if note := got.stderr(); !strings.Contains(note, "ended with the cell") {
			t.Errorf("%s: the note is %q", body, note)
		}
		got, err = s.execute("before := n\ntime.Sleep(5 * time.Millisecond)\nn - before")
		checkStep(t, step{code: body, value: "0"}, got, err)
	}
}

func TestSleepIsInterrupted(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	began := time.Now()
	if err := s.interrupt("time.Sleep(time.Hour)", 50*time.Millisecond); fault.KindOf(err) != fault.Canceled {
		t.Errorf("the cell ended with %v", err)
	}
	got, err := s.execute("time.Sleep(time.Millisecond)\n2")
	checkStep(t, step{code: "2", value: "2"}, got, err)
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
}
