// SPDX-License-Identifier: MIT
//
// The server and the client of https.c, in Go (net/http), called in the same way.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const document = `{"args": {"a": "1"}, "headers": {"Host": "127.0.0.1", ` +
	`"User-Agent": "coil", "Accept": "*/*"}, ` +
	`"origin": "127.0.0.1", "url": "http://127.0.0.1/get?a=1", ` +
	`"padding": "...................................."}` + "\n"

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(chain, key string) {
	big := make([]byte, 1<<20)
	http.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, document)
	})
	http.HandleFunc("/big", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(big)))
		w.Write(big)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{}
	if chain == "" {
		check(server.Serve(listener))
	}
	check(server.ServeTLS(listener, chain, key))
}

func ownTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

var resumed int64

func fetch(client *http.Client, url string, width, count int) {
	var group sync.WaitGroup
	left := int64(count)
	for i := 0; i < width; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for atomic.AddInt64(&left, -1) >= 0 {
				response, err := client.Get(url)
				check(err)
				_, err = io.Copy(io.Discard, response.Body)
				check(err)
				response.Body.Close()
				if response.TLS.DidResume {
					atomic.AddInt64(&resumed, 1)
				}
			}
		}()
	}
	group.Wait()
}

func measure(mode string, width, count int, url, ca string) {
	text, err := os.ReadFile(ca)
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	config := &tls.Config{RootCAs: pool}
	if mode == "resumed" {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:     config,
		ForceAttemptHTTP2:   mode == "http2",
		DisableKeepAlives:   mode != "kept" && mode != "http2",
		DisableCompression:  true,
		MaxIdleConns:        width,
		MaxIdleConnsPerHost: width,
		MaxConnsPerHost:     width,
	}}
	fetch(client, url, width, width+10)
	resumed = 0
	before := ownTime()
	fetch(client, url, width, count)
	each := float64(ownTime()-before) / 1000 / float64(count)
	if mode == "kept" || mode == "http2" {
		resumed = 0
	}
	fmt.Printf("%.2f 0 %d\n", each, resumed)
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "server" {
		serve("", "")
	}
	if len(os.Args) == 4 && os.Args[1] == "server" {
		serve(os.Args[2], os.Args[3])
	}
	if len(os.Args) < 7 || os.Args[1] != "client" {
		fmt.Fprintln(os.Stderr, "usage: peer server [CHAIN KEY]")
		fmt.Fprintln(os.Stderr, "       peer client MODE WIDTH COUNT URL CA")
		os.Exit(2)
	}
	width, err := strconv.Atoi(os.Args[3])
	check(err)
	count, err := strconv.Atoi(os.Args[4])
	check(err)
	measure(os.Args[2], width, count, os.Args[5], os.Args[6])
}
