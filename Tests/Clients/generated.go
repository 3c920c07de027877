// Uses what openapi-generator's go has generated.
package main

import (
	"context"
	"log"
	"os"

	"star.example/star/auth"
	_ "star.example/star/boilerplate"
	"star.example/star/resource"
	_ "star.example/star/webapp"
)

func main() {
	configuration := auth.NewConfiguration()
	configuration.Servers = auth.ServerConfigurations{{URL: os.Getenv("AUTH_URL")}}
	client := auth.NewAPIClient(configuration).AuthAPI
	nobody := context.Background()

	// Without a body this generator sends null.
	guest, _, err := client.AuthCreate(nobody).Execute()
	expect(err == nil && guest.Data.ExpiresIn > 0, "a guest's login", err)
	credentials := auth.NewCredentials()
	credentials.SetUser(os.Getenv("USER_NAME"))
	credentials.SetPassword(os.Getenv("PASSWORD"))
	grant, _, err := client.AuthCreate(nobody).Credentials(*credentials).Execute()
	expect(err == nil, "a user's login", err)

	keys := map[string]auth.APIKey{"token": {Key: grant.Data.Token}}
	me, _, err := client.AuthMe(context.WithValue(nobody, auth.ContextAPIKeys, keys)).Execute()
	expect(err == nil && me.Data.User == os.Getenv("USER_NAME"), "auth.me", err)
	_, response, err := client.AuthMe(nobody).Execute()
	expect(err != nil && response.StatusCode == 401, "auth.me without a token", err)

	settings := resource.NewConfiguration()
	settings.Servers = resource.ServerConfigurations{{URL: os.Getenv("RESOURCE_URL")}}
	caller := context.WithValue(nobody, resource.ContextAccessToken, grant.Data.Token)
	time, _, err := resource.NewAPIClient(settings).ResourceAPI.ResourceEpochTime(caller).Execute()
	expect(err == nil && time.Data.EpochTime > 1574653197, "resource.epoch_time", err)
}

func expect(holds bool, what string, err error) {
	if !holds {
		log.Fatalf("%s: %v", what, err)
	}
}
