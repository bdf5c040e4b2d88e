// The Go side of go.ts: goroutines and channels, behind a loop that reads what to do from standard input.
//
// A line says a work, a capacity, how many producers and consumers, and a count. It is answered with a line: how many
// values were received and what they add up to in 32 bits; or, for round trips, their p50 and p99 in nanoseconds.
// Which goroutine runs where is Go's business; GOMAXPROCS in the environment says on how many threads.

package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sort"
	"sync"
	"time"
)

type object struct {
	kind string
	n    int
}

type tally struct {
	count int
	sum   int32
}

// Fills a channel from several goroutines with the numbers in a range, and closes it when all of them are done.
func produce[T any](to chan<- T, producers, from, until int, build func(int) T) {
	var all sync.WaitGroup
	share := func(p int) int { return from + (until-from)*p/producers }
	for p := 0; p < producers; p++ {
		all.Add(1)
		go func(n, until int) {
			defer all.Done()
			for ; n < until; n++ {
				to <- build(n)
			}
		}(share(p), share(p+1))
	}
	all.Wait()
	close(to)
}

// Empties a channel until it is closed.
func consume[T any](from <-chan T, read func(T) int, done chan<- tally) {
	var got tally
	for value := range from {
		got.count++
		got.sum += int32(read(value))
	}
	done <- got
}

func together(done <-chan tally, consumers int) tally {
	var all tally
	for c := 0; c < consumers; c++ {
		got := <-done
		all.count += got.count
		all.sum += got.sum
	}
	return all
}

func pass[T any](capacity, producers, consumers, count int, build func(int) T, read func(T) int) tally {
	values := make(chan T, capacity)
	done := make(chan tally)
	for c := 0; c < consumers; c++ {
		go consume(values, read, done)
	}
	go produce(values, producers, 0, count, build)
	return together(done, consumers)
}

func same(n int) int         { return n }
func newObject(n int) object { return object{"add", n} }
func numberIn(it object) int { return it.n }

// Receives from whichever of two channels has something.
func selectReceive(capacity, count int) tally {
	a := make(chan int, capacity)
	b := make(chan int, capacity)
	go produce(a, 1, 0, count/2, same)
	go produce(b, 1, count/2, count, same)
	var got tally
	for a != nil || b != nil {
		var n int
		var open bool
		select {
		case n, open = <-a:
			if !open {
				a = nil
				continue
			}
		case n, open = <-b:
			if !open {
				b = nil
				continue
			}
		}
		got.count++
		got.sum += int32(n)
	}
	return got
}

// Sends to whichever of two channels has room.
func selectSend(capacity, count int) tally {
	a := make(chan int, capacity)
	b := make(chan int, capacity)
	done := make(chan tally)
	go consume(a, same, done)
	go consume(b, same, done)
	for n := 0; n < count; n++ {
		select {
		case a <- n:
		case b <- n:
		}
	}
	close(a)
	close(b)
	return together(done, 2)
}

// A number there and the next one back, over two channels without a buffer.
func roundTrips(locked bool, count int) []time.Duration {
	there := make(chan int)
	back := make(chan int)
	if locked {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	go func() {
		if locked {
			runtime.LockOSThread()
		}
		for n := range there {
			back <- n + 1
		}
	}()
	defer close(there)
	samples := make([]time.Duration, count)
	before := time.Now()
	for n := range samples {
		there <- n
		if reply := <-back; reply != n+1 {
			panic(fmt.Sprintf("%d was answered with %d", n, reply))
		}
		after := time.Now()
		samples[n] = after.Sub(before)
		before = after
	}
	sort.Slice(samples, func(a, b int) bool { return samples[a] < samples[b] })
	return samples
}

func main() {
	orders := bufio.NewReader(os.Stdin)
	for {
		var work string
		var capacity, producers, consumers, count int
		if _, err := fmt.Fscanln(orders, &work, &capacity, &producers, &consumers, &count); err != nil {
			return
		}
		var got tally
		switch work {
		case "numbers":
			got = pass(capacity, producers, consumers, count, same, same)
		case "objects":
			got = pass(capacity, producers, consumers, count, newObject, numberIn)
		case "select":
			got = selectReceive(capacity, count)
		case "select-send":
			got = selectSend(capacity, count)
		case "round-trips", "round-trips-locked":
			samples := roundTrips(work == "round-trips-locked", count)
			fmt.Println(samples[count/2].Nanoseconds(), samples[count*99/100].Nanoseconds())
			continue
		default:
			panic("there is no work " + work)
		}
		fmt.Println(got.count, got.sum)
	}
}
