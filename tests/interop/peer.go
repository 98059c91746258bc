// SPDX-License-Identifier: MIT

// peer.go - Go's net/http, as a server and as a client
//
//	peer serve ROOT PORT [CHAIN KEY]
//	peer fetch CA           told line by line, as client.c
package main

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ---- the server

func sendFile(root string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Join(root, filepath.Base(r.URL.Path))
		w.Header().Set("ETag", `"`+filepath.Base(name)+`"`)
		http.ServeFile(w, r, name)
	}
}

func sendChunked(root string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		file, err := os.Open(filepath.Join(root, filepath.Base(r.URL.Path)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer file.Close()
		io.Copy(w, file)
	}
}

func sendPacked(root string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := os.ReadFile(filepath.Join(root, "text.txt"))
		check(err)
		w.Header().Set("Content-Encoding", "gzip")
		packer := gzip.NewWriter(w)
		packer.Write(text)
		packer.Close()
	}
}

func sendHash(w http.ResponseWriter, r *http.Request) {
	digest := sha256.New()
	if _, err := io.Copy(digest, r.Body); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	fmt.Fprintf(w, "%x", digest.Sum(nil))
}

func sendEcho(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	w.Write(body)
}

func serve(arguments []string) {
	root, address := arguments[0], "127.0.0.1:"+arguments[1]
	http.HandleFunc("/files/", sendFile(root))
	http.HandleFunc("/chunked/", sendChunked(root))
	http.HandleFunc("/gzip", sendPacked(root))
	http.HandleFunc("/hash", sendHash)
	http.HandleFunc("/echo", sendEcho)
	http.Handle("/redirect", http.RedirectHandler("/files/1.bin", 302))
	if len(arguments) > 2 {
		check(http.ListenAndServeTLS(address, arguments[2], arguments[3], nil))
	}
	check(http.ListenAndServe(address, nil))
}

// ---- the client

func makeClient(caFile string, version int) *http.Client {
	ca, err := os.ReadFile(caFile)
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	if version == 1 {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	return &http.Client{Transport: transport}
}

// The body of "<FILE" and "<<FILE", the latter in chunks.
func upload(request *http.Request, name string) error {
	isChunked := strings.HasPrefix(name, "<")
	file, err := os.Open(strings.TrimPrefix(name, "<"))
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	request.Body = file
	request.ContentLength = info.Size()
	if isChunked {
		request.ContentLength = -1
	}
	return nil
}

func obey(client *http.Client, version int, line string) error {
	fields := strings.Split(line, "\t")
	request, err := http.NewRequest(fields[0], fields[1], nil)
	if err != nil {
		return err
	}
	reused := 0
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if info.Reused {
			reused = 1
		}
	}}
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
	hops := 0
	client.CheckRedirect = func(*http.Request, []*http.Request) error {
		hops++
		return nil
	}
	for _, field := range fields[2:] {
		if strings.HasPrefix(field, "<") {
			if err := upload(request, field[1:]); err != nil {
				return err
			}
			continue
		}
		name, value, _ := strings.Cut(field, ": ")
		// Go decodes what it has asked for itself.
		if name != "Accept-Encoding" || value != "gzip" {
			request.Header.Set(name, value)
		}
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.ProtoMajor != version {
		return fmt.Errorf("it was %s", response.Proto)
	}
	digest := sha256.New()
	size, err := io.Copy(digest, response.Body)
	if err != nil {
		return err
	}
	fmt.Printf("status=%d\tsize=%d\tsha256=%x\thops=%d\treused=%d\turl=%s",
		response.StatusCode, size, digest.Sum(nil), hops, reused, response.Request.URL)
	if response.Uncompressed {
		fmt.Print("\tx-decoded=1")
	}
	for name, values := range response.Header {
		fmt.Printf("\th.%s=%s", strings.ToLower(name), values[0])
	}
	fmt.Println()
	return nil
}

func fetch(caFile string, version int) {
	client := makeClient(caFile, version)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := obey(client, version, lines.Text()); err != nil {
			fmt.Printf("error=%s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		}
	}
}

func main() {
	switch os.Args[1] {
	case "serve":
		serve(os.Args[2:])
	case "fetch":
		fetch(os.Args[2], 1)
	case "fetch2":
		fetch(os.Args[2], 2)
	}
}
