// SPDX-License-Identifier: MIT
//
// The rows of `make bench-peers` in Go:
//
//	go ROW     prints "ROW NANOSECONDS" for each unit; nothing for a row that
//	           Go does not have
//	go serve   an echo server, which prints its port
//
// GOMAXPROCS is 1, as a loop of coil has one thread, and 2 in the rows between two
// threads.
package main

import (
	"container/heap"
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func since(start time.Time, count int) float64 {
	return float64(time.Since(start).Nanoseconds()) / float64(count)
}

// Run fn in so many goroutines, and wait for them.
func all(count int, fn func()) {
	var group sync.WaitGroup
	group.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			fn()
			group.Done()
		}()
	}
	group.Wait()
}

func yields(count, times int) float64 {
	start := time.Now()
	all(count, func() {
		for i := times / count; i > 0; i-- {
			runtime.Gosched()
		}
	})
	return since(start, times)
}

func yield2() float64    { return yields(2, 4000000) }
func yield1000() float64 { return yields(1000, 4000000) }

func spawn() float64 {
	const times = 500000
	done := make(chan struct{}, 1)
	start := time.Now()
	for i := 0; i < times; i++ {
		go func() { done <- struct{}{} }()
		<-done
	}
	return since(start, times)
}

func alive() float64 {
	const count = 100000
	event := make(chan struct{})
	var group sync.WaitGroup
	start := time.Now()
	group.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			<-event
			group.Done()
		}()
	}
	runtime.Gosched()
	close(event)
	group.Wait()
	return since(start, count)
}

func lock() float64 {
	const times = 20000000
	var mutex sync.Mutex
	start := time.Now()
	for i := 0; i < times; i++ {
		mutex.Lock()
		mutex.Unlock()
	}
	return since(start, times)
}

func lockContended() float64 {
	const times = 500000
	var mutex sync.Mutex
	start := time.Now()
	all(100, func() {
		for i := 0; i < times/100; i++ {
			mutex.Lock()
			runtime.Gosched()
			mutex.Unlock()
		}
	})
	return since(start, times)
}

func semaphore() float64 {
	const times = 100000
	permits := make(chan struct{}, 3)
	start := time.Now()
	all(1000, func() {
		for i := 0; i < times/1000; i++ {
			permits <- struct{}{}
			runtime.Gosched()
			<-permits
		}
	})
	return since(start, times)
}

func pingPong() float64 {
	const times = 500000
	there := make(chan uint64, 1)
	back := make(chan uint64, 1)
	start := time.Now()
	go func() {
		for i := 0; i < times; i++ {
			back <- <-there
		}
	}()
	for i := uint64(0); i < times; i++ {
		there <- i
		if <-back != i {
			panic("another item")
		}
	}
	return since(start, times)
}

func buffered() float64 {
	const times = 4000000
	queue := make(chan uint64, 1000)
	start := time.Now()
	go func() {
		for i := uint64(0); i < times; i++ {
			queue <- i
		}
	}()
	for i := uint64(0); i < times; i++ {
		if <-queue != i {
			panic("another item")
		}
	}
	return since(start, times)
}

type numbers []uint64

func (n numbers) Len() int            { return len(n) }
func (n numbers) Less(i, j int) bool  { return n[i] < n[j] }
func (n numbers) Swap(i, j int)       { n[i], n[j] = n[j], n[i] }
func (n *numbers) Push(x interface{}) { *n = append(*n, x.(uint64)) }
func (n *numbers) Pop() interface{} {
	last := len(*n) - 1
	x := (*n)[last]
	*n = (*n)[:last]
	return x
}

// A heap of the library, a mutex, and a condition for those that wait.
type priorityQueue struct {
	mutex    sync.Mutex
	nonEmpty *sync.Cond
	heap     numbers
}

func (q *priorityQueue) put(x uint64) {
	q.mutex.Lock()
	heap.Push(&q.heap, x)
	q.mutex.Unlock()
	q.nonEmpty.Signal()
}

func (q *priorityQueue) get() uint64 {
	q.mutex.Lock()
	for len(q.heap) == 0 {
		q.nonEmpty.Wait()
	}
	x := heap.Pop(&q.heap).(uint64)
	q.mutex.Unlock()
	return x
}

var state uint64 = 88172645463325252

func random() uint64 {
	state ^= state << 13
	state ^= state >> 7
	state ^= state << 17
	return state
}

func priority() float64 {
	const times = 300000
	q := &priorityQueue{}
	q.nonEmpty = sync.NewCond(&q.mutex)
	for i := 0; i < 10000; i++ {
		q.put(random())
	}
	start := time.Now()
	for i := 0; i < times; i++ {
		q.put(random())
		q.get()
	}
	return since(start, times)
}

// A goroutine may be preempted anywhere, so a waiter holds the next channel before it
// says that it was woken, and none is missed.
func event() float64 {
	const waiters, rounds = 10000, 30
	events := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	var waiting, woken int64
	var ending int32
	var group sync.WaitGroup
	group.Add(waiters)
	for i := 0; i < waiters; i++ {
		go func() {
			next := events[0]
			atomic.AddInt64(&waiting, 1)
			for round := 1; ; round++ {
				<-next
				if atomic.LoadInt32(&ending) != 0 {
					break
				}
				next = events[round%2]
				atomic.AddInt64(&woken, 1)
			}
			group.Done()
		}()
	}
	for atomic.LoadInt64(&waiting) < waiters {
		runtime.Gosched()
	}
	start := time.Now()
	for round := 0; round < rounds; round++ {
		is := events[round%2]
		events[round%2] = make(chan struct{})
		close(is)
		for atomic.LoadInt64(&woken) < int64(round+1)*waiters {
			runtime.Gosched()
		}
	}
	each := since(start, waiters*rounds)
	atomic.StoreInt32(&ending, 1)
	close(events[0])
	close(events[1])
	group.Wait()
	return each
}

func timers() float64 {
	const times = 1000000
	start := time.Now()
	for i := 0; i < times; i++ {
		time.AfterFunc(time.Second, func() {}).Stop()
	}
	return since(start, times)
}

func timeout() float64 {
	const times = 300000
	background := context.Background()
	start := time.Now()
	for i := 0; i < times; i++ {
		scope, cancel := context.WithTimeout(background, time.Second)
		check(scope.Err())
		cancel()
	}
	return since(start, times)
}

func timeoutYield() float64 {
	const times = 200000
	background := context.Background()
	start := time.Now()
	all(2, func() {
		for i := 0; i < times/2; i++ {
			scope, cancel := context.WithTimeout(background, time.Second)
			runtime.Gosched()
			check(scope.Err())
			cancel()
		}
	})
	return since(start, times)
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func sleepers(count int) float64 {
	start := cpuTime()
	all(count, func() { time.Sleep(time.Duration(random() % 1e9)) })
	return float64(cpuTime()-start) / float64(count)
}

// A field of /proc/self/status, in bytes.
func field(name string) int {
	status, err := os.ReadFile("/proc/self/status")
	check(err)
	var kilobytes int
	for at := 0; at+len(name) < len(status); at++ {
		if string(status[at:at+len(name)]) == name {
			_, err = fmt.Sscan(string(status[at+len(name):]), &kilobytes)
			check(err)
		}
	}
	return kilobytes * 1024
}

func memory() int { return field("VmRSS:") + field("VmPTE:") }

func taskBytes() float64 {
	const count = 100000
	event := make(chan struct{})
	before := memory()
	for i := 0; i < count; i++ {
		go func() { <-event }()
	}
	runtime.Gosched()
	each := float64(memory()-before) / count
	close(event)
	return each
}

func echo(connection net.Conn) {
	buffer := make([]byte, 4096)
	for {
		n, err := connection.Read(buffer)
		if err != nil {
			break
		}
		if _, err = connection.Write(buffer[:n]); err != nil {
			break
		}
	}
	connection.Close()
}

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		connection, err := listener.Accept()
		check(err)
		go echo(connection)
	}
}

type processors [16]uint64

func affinity(call uintptr, set *processors) {
	_, _, err := syscall.RawSyscall(call, 0, unsafe.Sizeof(*set),
		uintptr(unsafe.Pointer(set)))
	if err != 0 {
		check(err)
	}
}

// The processors that the process may use, read before a thread is kept on one.
var usable = func() (cpus []int) {
	var set processors
	affinity(syscall.SYS_SCHED_GETAFFINITY, &set)
	for cpu := 0; cpu < 64*len(set); cpu++ {
		if set[cpu/64]>>(cpu%64)&1 != 0 {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}()

// Keep this goroutine in a thread of its own, on number nth of the processors, counted
// round.
func pin(nth int) {
	var one processors
	cpu := usable[nth%len(usable)]
	one[cpu/64] = 1 << (cpu % 64)
	runtime.LockOSThread()
	affinity(syscall.SYS_SCHED_SETAFFINITY, &one)
}

// Run both, and wait for them.
func beside(one, other func()) {
	var group sync.WaitGroup
	group.Add(2)
	for _, fn := range []func(){one, other} {
		fn := fn
		go func() {
			fn()
			group.Done()
		}()
	}
	group.Wait()
}

func crossItems(times int, keep func(nth int)) float64 {
	runtime.GOMAXPROCS(2)
	queue := make(chan uint64, 64)
	start := time.Now()
	beside(func() {
		keep(0)
		for i := 0; i < times; i++ {
			queue <- uint64(i)
		}
	}, func() {
		keep(1)
		for i := 0; i < times; i++ {
			if <-queue != uint64(i) {
				panic("another item")
			}
		}
	})
	return since(start, times)
}

func crossPingPong() float64 {
	const times = 20000
	runtime.GOMAXPROCS(2)
	there := make(chan uint64, 64)
	back := make(chan uint64, 64)
	start := time.Now()
	beside(func() {
		pin(0)
		for i := uint64(0); i < times; i++ {
			there <- i
			if <-back != i {
				panic("another item")
			}
		}
	}, func() {
		pin(1)
		for i := 0; i < times; i++ {
			back <- <-there
		}
	})
	return since(start, times)
}

// Once to warm up, and once.
var rows = map[string]func() float64{
	"yield_2":             yield2,
	"yield_1000":          yield1000,
	"spawn":               spawn,
	"alive_warm":          alive,
	"lock":                lock,
	"lock_contended":      lockContended,
	"semaphore_contended": semaphore,
	"queue_ping_pong":     pingPong,
	"queue_buffered":      buffered,
	"queue_priority":      priority,
	"event":               event,
	"timers":              timers,
	"timeout":             timeout,
	"timeout_yield":       timeoutYield,
	"sleepers":            func() float64 { return sleepers(100000) },
	"cross_items":         func() float64 { return crossItems(300000, pin) },
	"cross_anywhere":      func() float64 { return crossItems(1000000, func(int) {}) },
	"cross_ping_pong":     crossPingPong,
}

// Once only.
var cold = map[string]func() float64{
	"alive_cold":  alive,
	"sleepers_1m": func() float64 { return sleepers(1000000) },
	"task_bytes":  taskBytes,
}

func main() {
	runtime.GOMAXPROCS(1)
	name := os.Args[1]
	if name == "serve" {
		serve()
	}
	fn := cold[name]
	if fn == nil {
		fn = rows[name]
		if fn == nil {
			return
		}
		fn()
	}
	fmt.Printf("%s %.2f\n", name, fn())
}
