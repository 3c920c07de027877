// Go's net/rpc and net/http as peers of `star bench`; the article "Peers" of Measuring says how they are spoken to.
// One of the two is chosen when it is built: -ldflags "-X main.kind=rpc", or http.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

var kind = "rpc"

const now = "2026-11-23T12:00:00+00:00"

type order struct {
	Payload        int     `json:"payload"`
	Callers        int     `json:"callers"`
	CallsPerSecond float64 `json:"calls_per_second"`
	Milliseconds   float64 `json:"milliseconds"`
}

// Time is the service of net/rpc.
type Time struct{}

// Text is its input and its output.
type Text struct{ Text string }

// Current returns the time for an empty text, and any other text as it is.
func (Time) Current(in Text, out *Text) error {
	*out = in
	if in.Text == "" {
		out.Text = now
	}
	return nil
}

type envelope[Data any] struct {
	Data Data `json:"data"`
}

type timeAnswer struct {
	CurrentTime string `json:"current_time"`
}

type textAnswer struct {
	Text string `json:"text"`
}

func main() {
	signal.Ignore(syscall.SIGINT)
	var err error
	if len(os.Args) > 1 {
		err = serve()
	} else {
		err = measure()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve announces its address, and ends when standard input does.
func serve() error {
	listener, err := listen()
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	if kind == "http" {
		http.HandleFunc("/time", func(w http.ResponseWriter, _ *http.Request) {
			write(w, timeAnswer{now})
		})
		http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
			var in textAnswer
			if json.NewDecoder(r.Body).Decode(&in) != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			write(w, in)
		})
		go http.Serve(listener, nil)
	} else {
		if err := rpc.Register(Time{}); err != nil {
			return err
		}
		go rpc.Accept(listener)
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// listen picks a Unix socket for net/rpc, as ours is, and TCP for HTTP.
func listen() (net.Listener, error) {
	if kind == "http" {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	return net.Listen("unix", os.Args[1])
}

func write[Data any](w http.ResponseWriter, data Data) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(envelope[Data]{data})
}

func measure() error {
	folder, err := os.MkdirTemp("", "peer-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	server := exec.Command("/proc/self/exe", folder+"/rpc.sock")
	server.Stderr = os.Stderr
	input, err := server.StdinPipe()
	if err != nil {
		return err
	}
	output, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer server.Wait()
	defer input.Close()
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return err
	}
	call, err := connect(strings.TrimSpace(address))
	if err != nil {
		return err
	}
	say := json.NewEncoder(os.Stdout)
	say.Encode(map[string]any{
		"name": "Go net/" + kind, "version": runtime.Version(), "callers": []int{os.Getpid()},
		"servers": []int{server.Process.Pid},
	})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var order order
		if err := json.Unmarshal(lines.Bytes(), &order); err != nil {
			return err
		}
		say.Encode(turn(order, call))
	}
	return lines.Err()
}

func connect(address string) (func(text string) error, error) {
	if kind == "http" {
		client := &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: 10 * time.Second,
		}
		return func(text string) error { return callHTTP(client, "http://"+address, text) }, nil
	}
	client, err := rpc.Dial("unix", address)
	if err != nil {
		return nil, err
	}
	return func(text string) error {
		var out Text
		return client.Call("Time.Current", Text{text}, &out)
	}, nil
}

func callHTTP(client *http.Client, address, text string) error {
	var response *http.Response
	var err error
	if text == "" {
		response, err = client.Get(address + "/time")
	} else {
		var body []byte
		if body, err = json.Marshal(textAnswer{text}); err != nil {
			return err
		}
		response, err = client.Post(address+"/echo", "application/json", bytes.NewReader(body))
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	if text == "" {
		return read[timeAnswer](response.Body)
	}
	return read[textAnswer](response.Body)
}

// read reads to the end, without which the connection is not kept.
func read[Data any](body io.Reader) error {
	var out envelope[Data]
	if err := json.NewDecoder(body).Decode(&out); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, body)
	return err
}

// turn takes one: see the article.
func turn(order order, call func(string) error) map[string]any {
	text := strings.Repeat("x", order.Payload)
	length := time.Duration(order.Milliseconds * float64(time.Millisecond))
	start := time.Now()
	tallies := make([]tally, order.Callers)
	var group sync.WaitGroup
	for caller := range tallies {
		group.Add(1)
		go func(caller int) {
			defer group.Done()
			tallies[caller].run(caller, order, start, length, func() error { return call(text) })
		}(caller)
	}
	group.Wait()
	elapsed := time.Since(start)
	if order.CallsPerSecond > 0 && elapsed < length {
		elapsed = length
	}
	failures, counts := 0, map[int64]int{}
	for _, tally := range tallies {
		failures += tally.failures
		for _, took := range tally.times {
			counts[rounded(took)]++
		}
	}
	times := make([][2]int64, 0, len(counts))
	for took, count := range counts {
		times = append(times, [2]int64{took, int64(count)})
	}
	return map[string]any{"elapsed_ns": elapsed.Nanoseconds(), "failures": failures, "times_ns": times}
}

type tally struct {
	times    []time.Duration
	failures int
}

func (t *tally) run(caller int, order order, start time.Time, length time.Duration, call func() error) {
	interval := time.Duration(0)
	if order.CallsPerSecond > 0 {
		interval = time.Duration(float64(order.Callers) / order.CallsPerSecond * float64(time.Second))
	}
	due := start.Add(interval * time.Duration(caller) / time.Duration(order.Callers))
	end := start.Add(length)
	wasBusy := false
	for {
		from := time.Now()
		if interval == 0 {
			if !from.Before(end) {
				return
			}
		} else {
			if !due.Before(end) {
				return
			}
			if !from.Before(end.Add(length)) {
				t.failures += int((end.Sub(due) + interval - 1) / interval)
				return
			}
			if from.Before(due) {
				time.Sleep(due.Sub(from))
				wasBusy = false
				from = time.Now()
			}
			if wasBusy || from.Sub(due) > time.Millisecond {
				from = due
			}
			due = due.Add(interval)
		}
		if call() != nil {
			t.failures++
		} else {
			t.times = append(t.times, time.Since(from))
		}
		wasBusy = true
	}
}

// rounded keeps three digits.
func rounded(took time.Duration) int64 {
	unit := int64(1)
	for took.Nanoseconds()/unit >= 10000 {
		unit *= 10
	}
	return took.Nanoseconds() / unit * unit
}
