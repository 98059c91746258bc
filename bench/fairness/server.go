// SPDX-License-Identifier: MIT
//
// The server of fairness.c, in Go, on one processor: go run server.go PORT
package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func ok(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "hello world\n")
}

func main() {
	runtime.GOMAXPROCS(1)
	server := &http.Server{Addr: "127.0.0.1:" + os.Args[1]}
	http.HandleFunc("/ok", ok)
	http.HandleFunc("/cpu", func(w http.ResponseWriter, r *http.Request) {
		for end := time.Now().Add(time.Millisecond); time.Now().Before(end); {
		}
		ok(w, r)
	})
	http.HandleFunc("/up", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		ok(w, r)
	})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go server.ListenAndServe()
	<-stop
	ended, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	server.Shutdown(ended)
}
