package gocell

import (
	"fmt"
	"reflect"
	"sync/atomic"
	"unsafe"

	"github.com/traefik/yaegi/interp"
)

// brake stops what the interpreter runs, and lets it run again.
//
// The interpreter has a stop of its own, but nothing goes on after it: functions of
// earlier cells carry the number of their run and are skipped from then on, so that
// they return zero. Its context also gives up on a cell that still runs. The brake
// changes the number of the run for as long as the stopped cell takes to end, and
// wakes those who wait for a channel, without closing what later cells wait on.
type brake struct {
	run  *uint64       // number of the run: whoever has another one stops
	wake chan struct{} // a channel operation that receives from it gives up
}

// newBrake finds the two fields in the interpreter, once it has a channel.
func newBrake(i *interp.Interpreter) (*brake, error) {
	of := reflect.ValueOf(i).Elem()
	id, done := of.FieldByName("id"), of.FieldByName("done")
	if !id.IsValid() || id.Kind() != reflect.Uint64 || !done.IsValid() || done.Type() != reflect.TypeFor[chan struct{}]() || done.IsNil() {
		return nil, fmt.Errorf("this version of the interpreter cannot be stopped")
	}
	return &brake{run: (*uint64)(unsafe.Pointer(id.UnsafeAddr())), wake: *(*chan struct{})(unsafe.Pointer(done.UnsafeAddr()))}, nil
}

// stop stops all that runs until ended is closed. Then it lets go and closes released.
func (b *brake) stop(ended <-chan struct{}, released chan<- struct{}) {
	atomic.AddUint64(b.run, 1)
	go func() {
		defer close(released)
		defer atomic.AddUint64(b.run, ^uint64(0))
		for {
			select {
			case b.wake <- struct{}{}:
			case <-ended:
				return
			}
		}
	}()
}
