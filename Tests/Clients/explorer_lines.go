// Lines that the explorer offers to copy, compiled; Tests/Python/test_explorer.py compares the two.
package main

import (
	"log"
	"net/http"
	"strings"
)

func greet() (*http.Response, error) {
	request, err := http.NewRequest("GET", "http://localhost:5070/api/v1/boilerplate/greeting/Ada?times=2", nil)
	if err != nil {
		log.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	return response, err
}

func create() (*http.Response, error) {
	request, err := http.NewRequest("POST", "http://localhost:5040/api/v1/auth/create", strings.NewReader("{\"user\":\"ada\",\"password\":\"correct horse battery staple\"}"))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	return response, err
}

func currentTime(token string) (*http.Response, error) {
	request, err := http.NewRequest("GET", "http://localhost:5050/api/v1/resource/current_time", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("X-Token", token)
	response, err := http.DefaultClient.Do(request)
	return response, err
}
