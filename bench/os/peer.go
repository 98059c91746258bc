// SPDX-License-Identifier: MIT
//
// What process_start.c and the server of udp_echo.c do, in Go (os/exec, net):
//
//	peer process WIDTH COUNT MEGABYTES
//	peer udp one
package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const warmUp = 20

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	check(err)
	return n
}

// Have so many megabytes of memory, each page of which is in use.
func touch(megabytes int) {
	if megabytes == 0 {
		return
	}
	memory, err := syscall.Mmap(-1, 0, megabytes<<20,
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	check(err)
	for at := 0; at < len(memory); at += 4096 {
		memory[at] = 1
	}
}

func run(width, count int) {
	var group sync.WaitGroup
	left := int64(count)
	for i := 0; i < width; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for atomic.AddInt64(&left, -1) >= 0 {
				command := exec.Command("/bin/true")
				command.Stdin = os.Stdin
				command.Stdout = os.Stdout
				command.Stderr = os.Stderr
				check(command.Run())
			}
		}()
	}
	group.Wait()
}

func usage(who int) time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(who, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

const children = -1 // RUSAGE_CHILDREN

func runProcesses(width, count, megabytes int) {
	touch(megabytes)
	run(width, width+warmUp)
	clock, parent, child := time.Now(), usage(syscall.RUSAGE_SELF), usage(children)
	run(width, count)
	each := func(d time.Duration) float64 {
		return float64(d.Nanoseconds()) / 1000 / float64(count)
	}
	fmt.Printf("%.2f %.2f %.2f\n", each(time.Since(clock)),
		each(usage(syscall.RUSAGE_SELF)-parent), each(usage(children)-child))
}

func serve() {
	local := netip.MustParseAddrPort("127.0.0.1:0")
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(local))
	check(err)
	fmt.Println(socket.LocalAddr().(*net.UDPAddr).Port)
	buffer := make([]byte, 65536)
	for {
		n, from, err := socket.ReadFromUDPAddrPort(buffer)
		check(err)
		_, err = socket.WriteToUDPAddrPort(buffer[:n], from)
		check(err)
	}
}

func main() {
	switch {
	case len(os.Args) == 5 && os.Args[1] == "process":
		runProcesses(number(os.Args[2]), number(os.Args[3]), number(os.Args[4]))
	case len(os.Args) == 3 && os.Args[1] == "udp":
		serve()
	default:
		fmt.Fprintln(os.Stderr, "usage: peer process WIDTH COUNT MEGABYTES")
		fmt.Fprintln(os.Stderr, "       peer udp one")
		os.Exit(2)
	}
}
