package traffic

import (
	"math/rand/v2"
	"time"
)

// Schedule returns when each of n requests is due, from the first one on: evenly at
// a rate a second, or with the exponential gaps of a Poisson process. The rate must
// be above 0.
func Schedule(n int, rate float64, poisson bool, seed uint64) []time.Duration {
	random := rand.New(rand.NewPCG(seed, scheduleStream))
	due := make([]time.Duration, n)
	at := 0.0 // in gaps, so that rounding does not add up
	for i := range due {
		due[i] = time.Duration(at / rate * float64(time.Second))
		if poisson {
			at += random.ExpFloat64()
		} else {
			at++
		}
	}
	return due
}

// scheduleStream keeps the random numbers of the schedule apart from those of
// prompts, whose streams are numbers of requests.
const scheduleStream = 1 << 63
